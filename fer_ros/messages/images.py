"""Image messages → arrays, shared by the node and the offline tools.

Messages are accessed by their fields only, so those of rclpy and rosbags are treated alike.
"""

from collections.abc import Callable
from typing import Any, Protocol, runtime_checkable

import cv2
import numpy as np

from fer_ros.errors import ImageError
from fer_ros.messages.encodings import DEPTH_ENCODINGS, Encoding, find_encoding
from fer_ros.messages.picture import decode_picture, require_size
from fer_ros.messages.white_level import WhiteLevel
from fer_ros.structures import ImageArray

MAX_PIXELS = 50_000_000


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


class ImageDecoder:
    """Turns the image messages of one topic into arrays."""

    def __init__(
        self,
        max_pixels: int = MAX_PIXELS,
        white_level: int = 0,
        on_chosen: Callable[[str], None] | None = None,
    ) -> None:
        """Args:
        max_pixels: Largest width times height; larger images are refused.
        white_level: Value of white in 16-bit images; 0: ``WhiteLevel`` finds it, and ``16UC1``
            is refused because it is depth by convention.
        on_chosen: Called with a sentence when the white level is found; see ``WhiteLevel``.
        """
        self._max_pixels = max_pixels
        self._depth_allowed = white_level > 0
        self._white_level = WhiteLevel(white_level, on_chosen)

    def gray(self, msg: RawImage | CompressedImage) -> ImageArray:
        """Return a message's image as ``(H, W)`` uint8 gray; a view of the message for ``mono8``.

        Args:
            msg: ``sensor_msgs/Image``, or ``sensor_msgs/CompressedImage`` with a JPEG or PNG.

        Raises:
            ImageError: The encoding is not one of ``ENCODINGS``, the sizes do not match the data,
                there are no or too many pixels, or compressed data is damaged or ends early.
        """
        if not isinstance(msg, RawImage):
            if _pattern_of(msg.format) is None:
                return self._decoded(msg, cv2.IMREAD_GRAYSCALE)
            return np.asarray(cv2.cvtColor(self.bgr(msg), cv2.COLOR_BGR2GRAY), np.uint8)
        encoding, pixels = self._pixels(msg)
        if encoding.to_bgr is None and encoding.channels == 1:
            return pixels
        if encoding.to_bgr == cv2.COLOR_RGB2BGR:
            return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.uint8)
        if encoding.to_bgr is not None:
            pixels = np.asarray(cv2.cvtColor(pixels, encoding.to_bgr), np.uint8)
        return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY), np.uint8)

    def bgr(self, msg: RawImage | CompressedImage) -> ImageArray:
        """Return a message's image as ``(H, W, 3)`` uint8 BGR.

        A view of the message for ``bgr8`` and ``rgb8``; argument and errors as for ``gray``.
        """
        if not isinstance(msg, RawImage):
            pattern = _pattern_of(msg.format)
            if pattern is None:
                return self._decoded(msg, cv2.IMREAD_COLOR)
            mosaic = self._decoded(msg, cv2.IMREAD_GRAYSCALE)
            return np.asarray(cv2.cvtColor(mosaic, pattern), np.uint8)
        encoding, pixels = self._pixels(msg)
        if encoding.to_bgr == cv2.COLOR_RGB2BGR:
            return pixels[:, :, ::-1]
        if encoding.to_bgr is not None:
            return np.asarray(cv2.cvtColor(pixels, encoding.to_bgr), np.uint8)
        if encoding.channels == 1:
            return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_GRAY2BGR), np.uint8)
        return pixels

    def _pixels(self, msg: RawImage) -> tuple[Encoding, ImageArray]:
        """Return the encoding and the 8-bit pixels without row padding, as a view of the message
        if possible.
        """
        encoding = find_encoding(msg.encoding)
        require_size(msg.width, msg.height, self._max_pixels)
        self._refuse_depth(msg.encoding)
        _require_fit(msg, encoding)
        height, row = encoding.rows(msg.height), msg.width * encoding.pixel_bytes
        data = np.frombuffer(msg.data, np.uint8, msg.step * height)
        pixels: ImageArray = data.reshape(height, msg.step)[:, :row]
        if encoding.bits == 16:
            words = np.ascontiguousarray(pixels).view('>u2' if msg.is_bigendian else '<u2')
            pixels = self._white_level.eight_bits(words.astype(np.uint16, copy=False))
        if encoding.channels > 1:
            pixels = pixels.reshape(height, msg.width, encoding.channels)
        return encoding, pixels

    def _decoded(self, msg: CompressedImage, flags: int) -> ImageArray:
        # image_transport writes "ENCODING; KIND compressed ENCODING".
        self._refuse_depth(msg.format.partition(';')[0].strip())
        # By default the decoder applies the EXIF orientation, but landmarks and boxes must refer
        # to the pixels as they were sent.
        flags |= cv2.IMREAD_IGNORE_ORIENTATION | cv2.IMREAD_ANYDEPTH
        try:
            image = decode_picture(msg.data, flags, self._max_pixels)
        except ImageError as error:
            raise ImageError(f'compressed image of format {msg.format!r}: {error}') from None
        return self._white_level.eight_bits(image) if image.dtype == np.uint16 else image

    def _refuse_depth(self, encoding: str) -> None:
        if encoding.upper() in DEPTH_ENCODINGS and not self._depth_allowed:
            raise ImageError(
                f'encoding {encoding} is depth by convention; if it is a picture, set the '
                'parameter white_level to the value of white'
            )


def _pattern_of(form: str) -> int | None:
    """Return OpenCV's code for the Bayer pattern of a compressed image; ``None`` if it has none.

    As PNG, image_transport sends the pattern itself, and then names no encoding of the content:
    "bayer_rggb8; png compressed ".
    """
    encoding, _, content = form.strip().partition(';')
    if not encoding.lower().startswith('bayer_') or not content.endswith('compressed'):
        return None
    return find_encoding(encoding).to_bgr


def _require_fit(msg: RawImage, encoding: Encoding) -> None:
    row, height = msg.width * encoding.pixel_bytes, encoding.rows(msg.height)
    if msg.step < row:
        raise ImageError(
            f'step is {msg.step} bytes, but {msg.width} pixels of {msg.encoding} take {row}'
        )
    if len(msg.data) < msg.step * height:
        raise ImageError(
            f'data has {len(msg.data)} bytes, but {height} rows of {msg.step} bytes take '
            f'{msg.step * height}'
        )
    if encoding.even_width and msg.width % 2:
        raise ImageError(f'width is {msg.width}, but {msg.encoding} needs an even one')
    if encoding.half_planes and msg.height % 2:
        raise ImageError(f'height is {msg.height}, but {msg.encoding} needs an even one')
