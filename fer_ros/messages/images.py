"""Image messages → arrays, in the one way that the node and the offline tools share.

Messages are told by their fields alone, so that those of rclpy and those of rosbags are alike.
"""

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import cv2
import numpy as np
from PIL import Image as EncodedImage
from PIL import UnidentifiedImageError

from fer_ros.errors import ImageError
from fer_ros.structures import ImageArray

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

# Converts a message to another encoding: ``convert(msg, 'bgr8')``.
Converter = Callable[[Any, str], Any]


@runtime_checkable
class RawImage(Protocol):
    """The fields of ``sensor_msgs/Image`` that are read."""

    height: int
    width: int
    encoding: str
    is_bigendian: int
    step: int
    data: Any


class CompressedImage(Protocol):
    """The fields of ``sensor_msgs/CompressedImage`` that are read."""

    format: str
    data: Any


@dataclass(frozen=True, eq=False)
class _TightImage:
    """A raw image whose rows have no padding."""

    height: int
    width: int
    encoding: str
    step: int
    data: Any
    is_bigendian: int = 0


def rosbags_converter() -> Converter | None:
    """Return ``rosbags-image``'s conversion, or None where it is missing."""
    try:
        from rosbags.image import message_to_cvimage
    except ImportError:
        return None
    return message_to_cvimage


def image_converter() -> Converter:
    """Return the function that converts an image message to another encoding.

    Raises:
        ImageError: ``rosbags-image`` is missing.
    """
    convert = rosbags_converter()
    if convert is None:
        raise ImageError('this encoding needs the pip package rosbags-image')
    return convert


def gray_from_msg(
    msg: RawImage | CompressedImage,
    max_pixels: int = MAX_PIXELS,
    converter: Callable[[], Converter] = image_converter,
) -> ImageArray:
    """Return a message's image as ``(H, W)`` uint8 gray, a view on the message for ``mono8``.

    Args:
        msg: ``sensor_msgs/Image``, or ``sensor_msgs/CompressedImage`` with a JPEG or PNG.
        max_pixels: Most pixels, width times height.
        converter: Returns the conversion of encodings that are not read here.

    Raises:
        ImageError: The encoding is not one of ``ENCODINGS``, the sizes do not fit the data, there
            are no or more than ``max_pixels`` pixels, or compressed data is damaged.
    """
    if not isinstance(msg, RawImage):
        return _decoded(msg, cv2.IMREAD_GRAYSCALE, max_pixels)
    pixels = _view(msg, max_pixels)
    if msg.encoding == 'mono8':
        return pixels
    if msg.encoding == 'mono16':
        return _eight_bits(pixels)
    if msg.encoding == 'rgb8':
        return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.uint8)
    bgr = pixels if msg.encoding == 'bgr8' else _converted(msg, pixels, converter())
    return np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY), np.uint8)


def bgr_from_msg(
    msg: RawImage | CompressedImage,
    max_pixels: int = MAX_PIXELS,
    converter: Callable[[], Converter] = image_converter,
) -> ImageArray:
    """Return a message's image as ``(H, W, 3)`` uint8 BGR, a view on the message for ``bgr8`` and
    ``rgb8``; arguments and errors as for ``gray_from_msg``.
    """
    if not isinstance(msg, RawImage):
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
    return _converted(msg, pixels, converter())


def _view(msg: RawImage, max_pixels: int) -> Any:
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


def _converted(msg: RawImage, pixels: ImageArray, convert: Converter) -> ImageArray:
    """Let a library convert an encoding; it gets rows without padding."""
    height, width = pixels.shape[:2]
    tight = _TightImage(
        height=height,
        width=width,
        encoding=_OLDER_NAMES.get(msg.encoding, msg.encoding),
        step=width * ENCODINGS[msg.encoding],
        data=np.ascontiguousarray(pixels).ravel(),
    )
    return np.asarray(convert(tight, 'bgr8'), np.uint8)


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
