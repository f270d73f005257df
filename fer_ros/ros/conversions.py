"""Messages ↔ arrays and records: pure functions, one per direction; the one place for images."""

import array
import io
from collections.abc import Callable
from functools import cache
from typing import Any

import cv2
import numpy as np
from builtin_interfaces.msg import Time
from PIL import Image as EncodedImage
from PIL import UnidentifiedImageError
from sensor_msgs.msg import CompressedImage, Image, RegionOfInterest
from std_msgs.msg import Header

from fer_ros.errors import ImageError
from fer_ros.msg import FaceEmotion as FaceEmotionMsg
from fer_ros.msg import FaceEmotionArray
from fer_ros.structures import (
    FaceBox,
    FaceEmotion,
    FloatArray,
    FrameEmotions,
    ImageArray,
    Landmarks,
)

# Bytes per pixel of every encoding that is read.
ENCODINGS: dict[str, int] = {
    'mono8': 1,
    'mono16': 2,
    'rgb8': 3,
    'bgr8': 3,
    'rgba8': 4,
    'bgra8': 4,
    'bayer_rggb8': 1,
    'bayer_bggr8': 1,
    'bayer_gbrg8': 1,
    'bayer_grbg8': 1,
    'yuv422': 2,
    'uyvy': 2,
    'yuv422_yuy2': 2,
    'yuyv': 2,
}
# Two neighbouring pixels share their colour.
_EVEN_WIDTH = ('yuv422', 'uyvy', 'yuv422_yuy2', 'yuyv')
# Bytes that may follow the end of a compressed picture.
_PADDING_MAX = 512
# Older libraries know these alone.
_OLDER_NAMES = {'uyvy': 'yuv422', 'yuyv': 'yuv422_yuy2'}

MAX_PIXELS = 50_000_000


def stamp_s_from_msg(stamp: Time) -> float:
    """Return a stamp in seconds."""
    return float(stamp.sec) + float(stamp.nanosec) * 1e-9


def gray_from_msg(msg: Image | CompressedImage, max_pixels: int = MAX_PIXELS) -> ImageArray:
    """Return a message's image as ``(H, W)`` uint8 gray, a view on the message for ``mono8``.

    Raises:
        ImageError: The encoding is not one of ``ENCODINGS``, the sizes do not fit the data, there
            are no or more than ``max_pixels`` pixels, or compressed data is damaged.
    """
    if isinstance(msg, CompressedImage):
        return _decoded(msg, cv2.IMREAD_GRAYSCALE, max_pixels)
    pixels = _view(msg, max_pixels)
    if msg.encoding == 'mono8':
        return pixels
    if msg.encoding == 'mono16':
        return _eight_bits(pixels)
    if msg.encoding == 'rgb8':
        return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.uint8)
    bgr = pixels if msg.encoding == 'bgr8' else _converted(msg, pixels)
    return np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY), np.uint8)


def bgr_from_msg(msg: Image | CompressedImage, max_pixels: int = MAX_PIXELS) -> ImageArray:
    """Return a message's image as ``(H, W, 3)`` uint8 BGR, a view on the message for ``bgr8`` and
    ``rgb8``; errors as for ``gray_from_msg``.
    """
    if isinstance(msg, CompressedImage):
        return _decoded(msg, cv2.IMREAD_COLOR, max_pixels)
    pixels = _view(msg, max_pixels)
    if msg.encoding == 'bgr8':
        return pixels
    if msg.encoding == 'rgb8':
        return pixels[:, :, ::-1]
    if msg.encoding == 'mono16':
        pixels = _eight_bits(pixels)
    if msg.encoding in ('mono8', 'mono16'):
        return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_GRAY2BGR), np.uint8)
    return _converted(msg, pixels)


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
    msg = FaceEmotionMsg(
        face_id=face.face_id,
        roi=_roi_to_msg(face.box, size_wh),
        emotion=face.emotion,
        confidence=face.confidence,
        probabilities=_floats(face.probabilities),
        frame_probabilities=_floats(face.frame_probabilities),
    )
    if landmarks:
        msg.landmarks = _floats(face.landmarks.points_px)
    return msg


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


def _roi_to_msg(box: FaceBox, size_wh: tuple[int, int]) -> RegionOfInterest:
    width, height = size_wh
    x0, x1 = (round(min(max(x, 0), width)) for x in (box.x0_px, box.x1_px))
    y0, y1 = (round(min(max(y, 0), height)) for y in (box.y0_px, box.y1_px))
    return RegionOfInterest(x_offset=x0, y_offset=y0, width=x1 - x0, height=y1 - y0)


def _floats(values: FloatArray) -> 'array.array[float]':
    return array.array('f', np.ascontiguousarray(values, np.float32).tobytes())


def _view(msg: Image, max_pixels: int) -> Any:
    """Return the pixels as an array on the message's own memory, rows without their padding."""
    bytes_per_pixel = ENCODINGS.get(msg.encoding)
    if bytes_per_pixel is None:
        raise ImageError(
            f'encoding {msg.encoding!r} cannot be read, supported are {", ".join(ENCODINGS)}'
        )
    _require_size(msg.width, msg.height, max_pixels)
    row = msg.width * bytes_per_pixel
    if msg.step < row:
        raise ImageError(
            f'step is {msg.step} bytes, but {msg.width} pixels of {msg.encoding} take {row}'
        )
    if len(msg.data) < msg.step * msg.height:
        raise ImageError(
            f'data has {len(msg.data)} bytes, but {msg.height} rows of {msg.step} bytes take '
            f'{msg.step * msg.height}'
        )
    if msg.encoding in _EVEN_WIDTH and msg.width % 2:
        raise ImageError(f'width is {msg.width}, but {msg.encoding} needs an even one')
    data = np.frombuffer(msg.data, np.uint8, msg.step * msg.height)
    rows = data.reshape(msg.height, msg.step)[:, :row]
    if msg.encoding == 'mono16':
        order = '>' if msg.is_bigendian else '<'
        return np.ascontiguousarray(rows).view(f'{order}u2')
    if bytes_per_pixel == 1:
        return rows
    return rows.reshape(msg.height, msg.width, bytes_per_pixel)


def _require_size(width: int, height: int, max_pixels: int) -> None:
    if width < 1 or height < 1:
        raise ImageError(f'the image is {width} x {height} pixels')
    if width * height > max_pixels:
        raise ImageError(
            f'the image is {width} x {height} pixels, allowed are {max_pixels} together'
        )


def _eight_bits(pixels: Any) -> ImageArray:
    native = pixels.astype(np.uint16, copy=False)
    return np.asarray(cv2.convertScaleAbs(native, alpha=255 / 65535), np.uint8)


def _converted(msg: Image, pixels: ImageArray) -> ImageArray:
    """Let a library convert an encoding; it gets rows without padding."""
    height, width = pixels.shape[:2]
    tight = Image(
        height=height,
        width=width,
        encoding=_OLDER_NAMES.get(msg.encoding, msg.encoding),
        step=width * ENCODINGS[msg.encoding],
        data=array.array('B', np.ascontiguousarray(pixels).tobytes()),
    )
    return np.asarray(image_converter()(tight, 'bgr8'), np.uint8)


@cache
def image_converter() -> Callable[[Image, str], Any]:
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


def cv_bridge_converter() -> Callable[[Image, str], Any] | None:
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


def rosbags_converter() -> Callable[[Image, str], Any] | None:
    """Return ``rosbags-image``'s conversion, or None where it is missing."""
    try:
        from rosbags.image import message_to_cvimage
    except ImportError:
        return None
    return message_to_cvimage


def _decoded(msg: CompressedImage, flags: int, max_pixels: int) -> ImageArray:
    data = np.frombuffer(msg.data, np.uint8)
    try:
        # Opening reads the header alone: a small file may claim to be an enormous picture.
        with EncodedImage.open(io.BytesIO(data.tobytes())) as encoded:
            kind, (width, height) = encoded.format, encoded.size
    except EncodedImage.DecompressionBombError as error:
        raise ImageError(f'the compressed image is too large: {error}') from None
    except (UnidentifiedImageError, OSError, ValueError):
        raise ImageError(
            f'compressed image of format {msg.format!r} and {len(data)} bytes is no picture'
        ) from None
    _require_size(width, height, max_pixels)
    _require_whole(kind, data)
    # The decoder calls the picture upright by its EXIF tag unless told not to; landmarks and boxes
    # are to hold for the pixels as they were sent.
    image = cv2.imdecode(data, flags | cv2.IMREAD_IGNORE_ORIENTATION)
    if image is None:
        raise ImageError(f'compressed image of {len(data)} bytes is damaged')
    return np.asarray(image, np.uint8)


def _require_whole(kind: str | None, data: ImageArray) -> None:
    """Refuse a picture that ends early, which decoders fill up with gray."""
    end = {'JPEG': b'\xff\xd9', 'PNG': b'IEND\xae\x42\x60\x82'}.get(kind or '')
    # Some cameras pad what they send.
    if end is not None and end not in data[-_PADDING_MAX:].tobytes():
        raise ImageError(f'compressed image of {len(data)} bytes ends before the picture does')
