"""Messages ↔ arrays and records: pure functions, one per direction."""

import array
from functools import cache

import numpy as np
from builtin_interfaces.msg import Time
from sensor_msgs.msg import CompressedImage, Image, RegionOfInterest
from std_msgs.msg import Header

from fer_ros.errors import ImageError
from fer_ros.messages import images as image_message
from fer_ros.messages.emotions import face_fields
from fer_ros.messages.images import MAX_PIXELS, Converter, rosbags_converter
from fer_ros.msg import FaceEmotion as FaceEmotionMsg
from fer_ros.msg import FaceEmotionArray
from fer_ros.structures import FaceBox, FaceEmotion, FrameEmotions, ImageArray, Landmarks


def stamp_s_from_msg(stamp: Time) -> float:
    """Return a stamp in seconds."""
    return float(stamp.sec) + float(stamp.nanosec) * 1e-9


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
    frame: FrameEmotions, header: Header, size_wh: tuple[int, int], landmarks: bool = True
) -> FaceEmotionArray:
    """Return the message for one image.

    Args:
        frame: All faces of the image.
        header: The image's.
        size_wh: Width and height of the image in pixels, to which regions are clipped.
        landmarks: Whether landmarks are filled in.
    """
    return FaceEmotionArray(
        header=header,
        classes=list(frame.classes),
        faces=[_face_to_msg(face, size_wh, landmarks) for face in frame.faces],
    )


def frame_from_msg(msg: FaceEmotionArray) -> FrameEmotions:
    """Return the record of a message; missing landmarks become zeros."""
    faces = tuple(_face_from_msg(face) for face in msg.faces)
    return FrameEmotions(stamp_s_from_msg(msg.header.stamp), tuple(msg.classes), faces)


def _face_to_msg(face: FaceEmotion, size_wh: tuple[int, int], landmarks: bool) -> FaceEmotionMsg:
    fields = face_fields(face, size_wh, landmarks)
    roi = RegionOfInterest(**fields.pop('roi'))
    # rclpy checks lists element by element, but takes an array as it is.
    arrays = {
        name: array.array('f', value.tobytes())
        for name, value in fields.items()
        if isinstance(value, np.ndarray)
    }
    return FaceEmotionMsg(**{**fields, **arrays}, roi=roi)


def _face_from_msg(msg: FaceEmotionMsg) -> FaceEmotion:
    roi = msg.roi
    points = np.array(msg.landmarks, np.float32).reshape(-1, 2)
    return FaceEmotion(
        face_id=msg.face_id,
        # A face beyond the image's edge leaves an empty region, which no box can be.
        box=FaceBox(
            roi.x_offset,
            roi.y_offset,
            roi.x_offset + max(roi.width, 1),
            roi.y_offset + max(roi.height, 1),
        ),
        landmarks=Landmarks(points if len(points) else np.zeros((68, 2), np.float32)),
        emotion=msg.emotion,
        confidence=msg.confidence,
        probabilities=np.array(msg.probabilities, np.float32),
        frame_probabilities=np.array(msg.frame_probabilities, np.float32),
    )


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
