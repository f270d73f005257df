"""Message classes of packages that need not be installed, made from their definitions.

They are called like those of rclpy: omitted fields are zero or empty, and unknown ones are an
error.
"""

from types import SimpleNamespace

import numpy as np
from rosbags.interfaces import Nodetype
from rosbags.typesys import Stores, get_types_from_msg, get_typestore

# As in hri_msgs 2.3 and vision_msgs 4.1.
DEFINITIONS = {
    'hri_msgs/msg/IdsList': 'std_msgs/Header header\nstring[] ids\n',
    'hri_msgs/msg/NormalizedRegionOfInterest2D': (
        'std_msgs/Header header\nfloat32 xmin\nfloat32 ymin\nfloat32 xmax\nfloat32 ymax\n'
        'float32 c\n'
    ),
    'hri_msgs/msg/NormalizedPointOfInterest2D': 'float32 x\nfloat32 y\nfloat32 c\n',
    'hri_msgs/msg/FacialLandmarks': (
        'std_msgs/Header header\nNormalizedPointOfInterest2D[70] landmarks\n'
        'uint32 height\nuint32 width\n'
    ),
    'hri_msgs/msg/Expression': (
        'std_msgs/Header header\nstring expression\nfloat32 valence\nfloat32 arousal\n'
        'float32 confidence\n'
    ),
    'vision_msgs/msg/Point2D': 'float64 x\nfloat64 y\n',
    'vision_msgs/msg/Pose2D': 'vision_msgs/Point2D position\nfloat64 theta\n',
    'vision_msgs/msg/BoundingBox2D': (
        'vision_msgs/Pose2D center\nfloat64 size_x\nfloat64 size_y\n'
    ),
    'vision_msgs/msg/ObjectHypothesis': 'string class_id\nfloat64 score\n',
    'vision_msgs/msg/ObjectHypothesisWithPose': (
        'ObjectHypothesis hypothesis\ngeometry_msgs/PoseWithCovariance pose\n'
    ),
    'vision_msgs/msg/Detection2D': (
        'std_msgs/Header header\nObjectHypothesisWithPose[] results\nBoundingBox2D bbox\n'
        'string id\n'
    ),
    'vision_msgs/msg/Detection2DArray': ('std_msgs/Header header\nDetection2D[] detections\n'),
}
STORE = get_typestore(Stores.ROS2_JAZZY)
for _name, _text in DEFINITIONS.items():
    STORE.register(get_types_from_msg(_text, _name))


def new(name, **fields):
    """Return a message of a type; other fields are zero or empty."""
    given = {field: _zero(kind) for field, kind in STORE.get_msgdef(name).fields}
    assert set(fields) <= set(given), (name, fields)
    return STORE.types[name](**{**given, **fields})


def _zero(kind):
    node, detail = kind
    if node == Nodetype.NAME:
        return new(detail)
    if node == Nodetype.BASE:
        return '' if detail[0] == 'string' else 0
    if node == Nodetype.ARRAY:
        item, count = detail
        zeros = [_zero(item) for _ in range(count)]
        return np.array(zeros, item[1][0]) if item[0] == Nodetype.BASE else zeros
    return []


def types_of(*packages):
    """Return a namespace with all message classes of some packages."""
    names = [name for name in STORE.types if name.split('/')[0] in packages]
    return SimpleNamespace(**{name.split('/')[-1]: _maker(name) for name in names})


def _maker(name):
    return lambda **fields: new(name, **fields)


def header(sec=12, nanosec=500_000_000, frame_id='camera_optical'):
    stamp = new('builtin_interfaces/msg/Time', sec=sec, nanosec=nanosec)
    return new('std_msgs/msg/Header', stamp=stamp, frame_id=frame_id)


def sent(msg):
    """Return a message after serialisation, which fails if it does not fit its definition."""
    name = msg.__msgtype__
    return STORE.deserialize_cdr(STORE.serialize_cdr(msg, name), name)
