"""Messages of vision_msgs, of classes that are built from their published definitions."""

from functools import cache

from rosbags.typesys import Stores, get_types_from_msg, get_typestore

# The fields of vision_msgs 4.1.1.
DEFINITIONS = {
    'Point2D': 'float64 x\nfloat64 y',
    'Pose2D': 'vision_msgs/Point2D position\nfloat64 theta',
    'BoundingBox2D': 'vision_msgs/Pose2D center\nfloat64 size_x\nfloat64 size_y',
    'ObjectHypothesis': 'string class_id\nfloat64 score',
    'ObjectHypothesisWithPose': (
        'ObjectHypothesis hypothesis\ngeometry_msgs/PoseWithCovariance pose'
    ),
    'Detection2D': (
        'std_msgs/Header header\nObjectHypothesisWithPose[] results\nBoundingBox2D bbox\nstring id'
    ),
    'Detection2DArray': 'std_msgs/Header header\nDetection2D[] detections',
}


@cache
def types():
    store = get_typestore(Stores.ROS2_JAZZY)
    for name, definition in DEFINITIONS.items():
        store.register(get_types_from_msg(definition, f'vision_msgs/msg/{name}'))
    return store.types


def kind(name):
    return types()[name]


def detection(x, y, width, height, *classes):
    """Return a ``Detection2D`` around a centre, with hypotheses as pairs of class and score."""
    results = [
        kind('vision_msgs/msg/ObjectHypothesisWithPose')(
            hypothesis=kind('vision_msgs/msg/ObjectHypothesis')(class_id=name, score=score),
            pose=None,
        )
        for name, score in classes
    ]
    point = kind('vision_msgs/msg/Point2D')(x=x, y=y)
    box = kind('vision_msgs/msg/BoundingBox2D')(
        center=kind('vision_msgs/msg/Pose2D')(position=point, theta=0.0),
        size_x=width,
        size_y=height,
    )
    return kind('vision_msgs/msg/Detection2D')(header=None, results=results, bbox=box, id='')


def detections(stamp_ns, *found):
    """Return a ``Detection2DArray``."""
    sec, nanosec = divmod(stamp_ns, 1_000_000_000)
    stamp = kind('builtin_interfaces/msg/Time')(sec=sec, nanosec=nanosec)
    header = kind('std_msgs/msg/Header')(stamp=stamp, frame_id='camera_optical')
    return kind('vision_msgs/msg/Detection2DArray')(header=header, detections=list(found))
