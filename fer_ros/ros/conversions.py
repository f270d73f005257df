"""Messages ↔ arrays and records: pure functions, one per direction."""

import array
from functools import cache
from typing import Any

import numpy as np
from builtin_interfaces.msg import Time
from geometry_msgs.msg import Point
from sensor_msgs.msg import CompressedImage, Image, RegionOfInterest
from std_msgs.msg import Header

from fer_ros.errors import ImageError
from fer_ros.messages import images as image_message
from fer_ros.messages.emotions import frame_fields
from fer_ros.messages.images import MAX_PIXELS, Converter, rosbags_converter
from fer_ros.msg import FaceEmotion, FaceEmotionArray
from fer_ros.structures import FrameEmotions, ImageArray

# The classes of messages.emotions.NESTED.
_NESTED = {'first_seen': Time, 'roi': RegionOfInterest, 'position': Point}


def gray_from_msg(msg: Image | CompressedImage, max_pixels: int = MAX_PIXELS) -> ImageArray:
    """Return a message's image as ``(H, W)`` uint8 gray; see ``image_message.gray_from_msg``."""
    return image_message.gray_from_msg(msg, max_pixels, image_converter)


def bgr_from_msg(msg: Image | CompressedImage, max_pixels: int = MAX_PIXELS) -> ImageArray:
    """Return a message's image as ``(H, W, 3)`` uint8 BGR; see ``image_message.bgr_from_msg``."""
    return image_message.bgr_from_msg(msg, max_pixels, image_converter)


def bgr_to_msg(bgr: ImageArray, header: Header) -> Image:
    """Return a ``bgr8`` message with a copy of ``bgr``'s pixels.

    Args:
        bgr: ``(H, W, 3)`` uint8.
        header: Used as it is.
    """
    height, width, _ = bgr.shape
    # rclpy checks bytes and lists element by element, but takes an array as it is.
    data = array.array('B')
    data.frombytes(np.ascontiguousarray(bgr).data)
    return Image(
        header=header,
        height=height,
        width=width,
        encoding='bgr8',
        is_bigendian=0,
        step=width * 3,
        data=data,
    )


def frame_to_msg(
    frame: FrameEmotions, header: Header, image_topic: str, landmarks: bool = True
) -> FaceEmotionArray:
    """Return the message for one image; ``messages.emotions.frame_from_msg`` is the way back.

    Args:
        frame: All faces of the image.
        header: The image's.
        image_topic: Where the image is from.
        landmarks: Whether landmarks are filled in.
    """
    fields = frame_fields(frame, image_topic, landmarks)
    faces = [_face_to_msg(face) for face in fields.pop('faces')]
    return FaceEmotionArray(header=header, faces=faces, **fields)


def _face_to_msg(fields: dict[str, Any]) -> FaceEmotion:
    nested = {name: kind(**fields.pop(name)) for name, kind in _NESTED.items()}
    # rclpy checks lists element by element, but takes an array as it is.
    arrays = {
        name: array.array('f', value.tobytes())
        for name, value in fields.items()
        if isinstance(value, np.ndarray)
    }
    return FaceEmotion(**{**fields, **arrays, **nested})


@cache
def image_converter() -> Converter:
    """Return the function that converts an image message to another encoding.

    That of ``cv_bridge`` where it is installed and fits the installed OpenCV, else that of
    ``rosbags-image``.

    Raises:
        ImageError: Neither is there.
    """
    for find in (cv_bridge_converter, rosbags_converter):
        convert = find()
        if convert is not None:
            return convert
    raise ImageError(
        'this encoding needs cv_bridge (of a ROS distribution, fitting the installed OpenCV) or '
        'the pip package rosbags-image'
    )


def cv_bridge_converter() -> Converter | None:
    """Return ``cv_bridge``'s conversion, or None where it is missing or fails on a tiny image."""
    probe = Image(height=2, width=2, encoding='bgra8', step=8, data=array.array('B', [0] * 16))
    try:
        from cv_bridge import CvBridge

        bridge = CvBridge()
        bridge.imgmsg_to_cv2(probe, 'bgr8')
    # Built for another OpenCV or NumPy it fails in many ways (ImportError, KeyError, TypeError).
    except Exception:
        return None
    return lambda msg, encoding: bridge.imgmsg_to_cv2(msg, encoding)
