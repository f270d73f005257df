"""Images with boxes drawn over them, for display in Foxglove."""

import re
from collections.abc import Sequence
from functools import cache
from typing import Any

import cv2
import numpy as np

from fer_ros.errors import ImageError
from fer_ros.media.annotate import label_of
from fer_ros.media.class_colors import Rgb, class_color, text_color
from fer_ros.media.image_stream import StampedImage
from fer_ros.messages.definitions import typestore
from fer_ros.structures import FaceEmotion, FrameEmotions, ImageArray

IMAGE_TYPE = 'sensor_msgs/msg/CompressedImage'
ANNOTATIONS_TYPE = 'foxglove_msgs/msg/ImageAnnotations'

# Fields common to all releases of foxglove_msgs; a bag contains its definitions, which Foxglove
# uses to read it.
_DEFINITIONS = {
    'Point2': 'float64 x\nfloat64 y\n',
    'Color': 'float64 r\nfloat64 g\nfloat64 b\nfloat64 a\n',
    'CircleAnnotation': (
        'builtin_interfaces/Time timestamp\nfoxglove_msgs/Point2 position\nfloat64 diameter\n'
        'float64 thickness\nfoxglove_msgs/Color fill_color\nfoxglove_msgs/Color outline_color\n'
    ),
    'PointsAnnotation': (
        'builtin_interfaces/Time timestamp\n'
        'uint8 UNKNOWN=0\nuint8 POINTS=1\nuint8 LINE_LOOP=2\nuint8 LINE_STRIP=3\n'
        'uint8 LINE_LIST=4\n'
        'uint8 type\nfoxglove_msgs/Point2[] points\nfoxglove_msgs/Color outline_color\n'
        'foxglove_msgs/Color[] outline_colors\nfoxglove_msgs/Color fill_color\n'
        'float64 thickness\n'
    ),
    'TextAnnotation': (
        'builtin_interfaces/Time timestamp\nfoxglove_msgs/Point2 position\nstring text\n'
        'float64 font_size\nfoxglove_msgs/Color text_color\n'
        'foxglove_msgs/Color background_color\n'
    ),
    'ImageAnnotations': (
        'foxglove_msgs/CircleAnnotation[] circles\nfoxglove_msgs/PointsAnnotation[] points\n'
        'foxglove_msgs/TextAnnotation[] texts\n'
    ),
}
_POINTS, _LINE_LOOP = 1, 2
_JPEG_QUALITY = 80


@cache
def foxglove_types() -> Any:
    """Return the type store extended by foxglove_msgs."""
    from rosbags.typesys import get_types_from_msg

    store = typestore()
    types: dict[str, Any] = {}
    for name, text in _DEFINITIONS.items():
        types.update(get_types_from_msg(text, f'foxglove_msgs/msg/{name}'))
    store.register(types)
    return store


def channels(topics: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Return the topics for the images and the annotations of each of a recording's topics.

    For a single camera they are the topics that ``config/foxglove.json`` shows; for several, they
    contain the name of the camera's topic.

    Args:
        topics: Topics of the images, or the name of their file.
    """
    bases: dict[str, str] = {}
    for topic in topics:
        # No part of a topic name may begin with a digit.
        base = '/emotion/of_' + re.sub(r'\W+', '_', topic).strip('_')
        # /a/b and /a_b are different topics.
        while base in bases.values():
            base += '_2'
        bases[topic] = base if len(topics) > 1 else '/emotion'
    return {topic: (f'{base}/image', f'{base}/annotations') for topic, base in bases.items()}


def jpeg_message(image: StampedImage, header: Any) -> Any:
    """Return an image as a JPEG in a ``sensor_msgs/CompressedImage``.

    Raises:
        ImageError: The image cannot be encoded.
    """
    bgr: ImageArray = image.decode_bgr()
    done, data = cv2.imencode('.jpg', bgr, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
    if not done:
        raise ImageError(f'image of {bgr.shape[1]} x {bgr.shape[0]} pixels cannot be a JPEG')
    return foxglove_types().types[IMAGE_TYPE](header=header, format='jpeg', data=data.ravel())


def annotations_message(frame: FrameEmotions, stamp: Any) -> Any:
    """Return the ``foxglove_msgs/ImageAnnotations`` of an image: box, label and landmarks of each
    face.

    Args:
        frame: All faces of the image.
        stamp: Stamp of the image.
    """
    points, texts = [], []
    for face in frame.faces:
        color = class_color(face.emotion, frame.classes)
        points.append(_box(face, color, stamp))
        if face.landmarks is not None:
            points.append(_landmarks(face, color, stamp))
        texts.append(_text(face, color, frame.size_wh, stamp))
    return _new('ImageAnnotations', circles=[], points=points, texts=texts)


def _new(kind: str, **fields: Any) -> Any:
    return foxglove_types().types[f'foxglove_msgs/msg/{kind}'](**fields)


def _box(face: FaceEmotion, color: Rgb, stamp: Any) -> Any:
    box = face.box
    corners = [(box.x0_px, box.y0_px), (box.x1_px, box.y0_px)]
    corners += [(box.x1_px, box.y1_px), (box.x0_px, box.y1_px)]
    return _lines(_LINE_LOOP, np.array(corners), color, 3.0, stamp)


def _landmarks(face: FaceEmotion, color: Rgb, stamp: Any) -> Any:
    assert face.landmarks is not None, 'the face has no landmarks'
    # Landmarks count from the centre of the first pixel, annotations from its corner.
    points = face.landmarks.points_px.astype(np.float64) + 0.5
    return _lines(_POINTS, points, color, max(1.0, face.box.width_px / 60), stamp)


def _lines(kind: int, points: Any, color: Rgb, thickness: float, stamp: Any) -> Any:
    return _new(
        'PointsAnnotation',
        timestamp=stamp,
        type=kind,
        points=[_new('Point2', x=x, y=y) for x, y in points.tolist()],
        outline_color=_color(color),
        outline_colors=[],
        fill_color=_new('Color', r=0.0, g=0.0, b=0.0, a=0.0),
        thickness=thickness,
    )


def _text(face: FaceEmotion, color: Rgb, size_wh: tuple[int, int], stamp: Any) -> Any:
    # Above the box, or inside the image if the box begins above it.
    size_px = max(12.0, min(size_wh) / 30)
    at_y = max(face.box.y0_px - 3, size_px)
    return _new(
        'TextAnnotation',
        timestamp=stamp,
        position=_new('Point2', x=max(face.box.x0_px, 0.0), y=at_y),
        text=label_of(face),
        font_size=size_px,
        text_color=_color(text_color(color)),
        background_color=_color(color),
    )


def _color(color: Rgb) -> Any:
    red, green, blue = color
    return _new('Color', r=red / 255, g=green / 255, b=blue / 255, a=1.0)
