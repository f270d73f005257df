"""Arrays and records → messages. Pure functions; their inverses are in ``fer_ros.messages``."""

import array
from typing import Any

import cv2
import numpy as np
from builtin_interfaces.msg import Time
from geometry_msgs.msg import Point
from sensor_msgs.msg import CompressedImage, Image, RegionOfInterest
from std_msgs.msg import Header

from fer_ros.messages.emotions import frame_fields
from fer_ros.msg import FaceEmotion, FaceEmotionArray
from fer_ros.structures import FrameEmotions, ImageArray

# Message classes of the fields in messages.emotions.NESTED.
_NESTED = {'first_seen': Time, 'roi': RegionOfInterest, 'position': Point}


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


def bgr_to_jpeg_msg(bgr: ImageArray, header: Header, quality: int) -> CompressedImage:
    """Return a message with ``bgr`` as JPEG.

    Args:
        bgr: ``(H, W, 3)`` uint8.
        header: Used as it is.
        quality: From 1 to 100.
    """
    _, encoded = cv2.imencode('.jpg', bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])
    # The format string of image_transport, from which subscribers read the pixel format.
    return CompressedImage(
        header=header,
        format='bgr8; jpeg compressed bgr8',
        data=array.array('B', encoded.tobytes()),
    )


def frame_to_msg(
    frame: FrameEmotions, header: Header, image_topic: str, landmarks: bool = True
) -> FaceEmotionArray:
    """Return the message for one image; the inverse of ``messages.emotions.frame_from_msg``.

    Args:
        frame: All faces in the image.
        header: Header of the image.
        image_topic: Topic of the image.
        landmarks: Whether to fill in landmarks.
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
