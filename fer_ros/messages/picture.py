"""Encoded pictures, mainly JPEG and PNG: checks header and end, then decodes the pixels.

Nothing is decoded before the picture's size and completeness are known.
"""

import io
import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from PIL import Image, UnidentifiedImageError

from fer_ros.errors import ImageError
from fer_ros.structures import ImageArray

_PNG = b'\x89PNG\r\n\x1a\n'
_JPEG = b'\xff\xd8'
# A marker as decoders find it: the last in a run of 0xff, and the byte after it.
_MARKER = re.compile(rb'\xff([^\x00\xff])', re.DOTALL)
# Within a scan 0xff00 stands for 0xff, and restart markers may occur.
_AFTER_SCAN = re.compile(rb'\xff([^\x00\xd0-\xd7\xff])', re.DOTALL)
_RESTART = re.compile(rb'\xff[\xd0-\xd7]', re.DOTALL)
_END_OF_IMAGE, _START_OF_SCAN, _RESTART_INTERVAL = 0xD9, 0xDA, 0xDD
_WITHOUT_CONTENT = {0x01, *range(0xD0, 0xD9)}
_SEQUENTIAL = (0xC0, 0xC1)
_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
# Decoders produce different pixels from these bytes than from none.
_NONSENSE = bytes(range(1, 255))

Data = Any


@dataclass(frozen=True)
class Picture:
    """Properties that an encoded picture states about itself.

    Attributes:
        kind: ``JPEG``, ``PNG`` or another of Pillow's names.
        width: Width in pixels.
        height: Height in pixels.
        end: Number of bytes up to its end; 0 if the end is missing, ``None`` if unknown.
        sequential: Whether it is a JPEG with a single scan.
        restarts: Number of restart markers that a JPEG must have.
    """

    kind: str
    width: int
    height: int
    end: int | None
    sequential: bool = False
    restarts: int = 0


def read_header(data: Data) -> Picture | None:
    """Return the properties of an encoded picture, or ``None`` if the data is not a picture.

    Args:
        data: Bytes or an array of bytes.
    """
    view = memoryview(data)
    start = bytes(view[:8])
    if start == _PNG:
        return _png(view)
    return _jpeg(view) if start.startswith(_JPEG) else _other(view)


def decode_picture(
    data: Data,
    flags: int,
    max_pixels: int,
    on_cut: Callable[[str], None] | None = None,
) -> ImageArray:
    """Return the pixels of an encoded picture.

    Args:
        data: Bytes or an array of bytes; anything after the end of a JPEG or PNG is ignored.
        flags: Flags for OpenCV's ``imdecode``.
        max_pixels: Largest width times height.
        on_cut: Called with a sentence for a truncated picture, which is then decoded as far as it
            goes; without it, such a picture is an error.

    Returns:
        ``(H, W)`` or ``(H, W, 3)`` BGR, uint8, or uint16 if ``flags`` request it.

    Raises:
        ImageError: The data is not a picture, or the picture is too large, damaged or truncated.
    """
    picture = read_header(data) if len(data) else None
    if picture is None:
        raise ImageError(f'{len(data)} bytes are not a picture')
    require_size(picture.width, picture.height, max_pixels)
    view = memoryview(data)[: picture.end or None]
    if picture.end == 0 and not _only_end_is_missing(picture, view):
        sentence = f'a {picture.kind} of {len(data)} bytes is truncated'
        if on_cut is None:
            raise ImageError(sentence)
        on_cut(sentence)
    try:
        image = _pixels(picture, view, flags)
    except UnidentifiedImageError:
        image = None
    except (cv2.error, OSError, SyntaxError, ValueError) as error:
        raise ImageError(f'a picture of {len(data)} bytes is damaged: {error}') from None
    if image is None:
        raise ImageError(f'a picture of {len(data)} bytes is damaged')
    if image.dtype not in (np.uint8, np.uint16):
        raise ImageError(f'a picture has values of type {image.dtype}, expected 8 or 16 bits')
    return np.asarray(image)


def require_size(width: int, height: int, max_pixels: int) -> None:
    """Refuse an image with no pixels or too many.

    Raises:
        ImageError: The image has no pixels, or more than ``max_pixels``.
    """
    if width < 1 or height < 1:
        raise ImageError(f'the image is {width} x {height} pixels')
    if width * height > max_pixels:
        raise ImageError(
            f'the image is {width} x {height} pixels, the limit is {max_pixels} in total'
        )


def _png(view: memoryview) -> Picture | None:
    if bytes(view[12:16]) != b'IHDR' or len(view) < 24:
        return None
    position = len(_PNG)
    while position + 12 <= len(view):
        after = position + 12 + _number(view, position, 4)
        if bytes(view[position + 4 : position + 8]) == b'IEND':
            return Picture('PNG', _number(view, 16, 4), _number(view, 20, 4), after)
        position = after
    return Picture('PNG', _number(view, 16, 4), _number(view, 20, 4), 0)


def _jpeg(view: memoryview) -> Picture | None:
    position, pattern = len(_JPEG), _MARKER
    frame: _Frame | None = None
    sequential, interval, end = False, 0, 0
    while (found := pattern.search(view, position)) is not None:
        marker, position, pattern = found[1][0], found.end(), _MARKER
        if marker == _END_OF_IMAGE:
            end = position
            break
        if marker in _WITHOUT_CONTENT:
            continue
        content = view[position + 2 : position + max(_number(view, position, 2), 2)]
        if marker in _FRAMES and frame is None:
            frame = _Frame.read(content)
            sequential = marker in _SEQUENTIAL
        elif marker == _RESTART_INTERVAL:
            interval = _number(content, 0, 2)
        elif marker == _START_OF_SCAN:
            pattern = _AFTER_SCAN
            sequential = sequential and frame is not None and content[:1] == frame.components
        position += 2 + len(content)
    if frame is None:
        return None
    restarts = (frame.units() - 1) // interval if interval else 0
    return Picture('JPEG', frame.width, frame.height, end, sequential, restarts)


@dataclass(frozen=True)
class _Frame:
    """Contents of a JPEG's frame header.

    Attributes:
        width: Width in pixels.
        height: Height in pixels.
        components: One byte: the number of components.
        unit_wh: Width and height in pixels of a coded unit.
    """

    width: int
    height: int
    components: bytes
    unit_wh: tuple[int, int]

    @staticmethod
    def read(content: memoryview) -> '_Frame':
        """Parse a frame header: bits per value, height, width, number of components, and three
        bytes per component, the second with its sampling.
        """
        sampling = bytes(content[7::3])
        across = max((one >> 4 for one in sampling), default=1)
        down = max((one & 15 for one in sampling), default=1)
        # A single component is coded block by block.
        unit_wh = (8 * across, 8 * down) if len(sampling) > 1 else (8, 8)
        height, width = _number(content, 1, 2), _number(content, 3, 2)
        return _Frame(width, height, bytes(content[5:6]), unit_wh)

    def units(self) -> int:
        """Return the number of coded units."""
        across, down = (max(size, 1) for size in self.unit_wh)
        return -(-self.width // across) * -(-self.height // down)


def _pixels(picture: Picture, view: memoryview, flags: int) -> Any:
    """Return the pixels, or ``None`` if they cannot be decoded.

    The decoders' complaints about a JPEG in its original orientation or about a PNG do not reach
    stderr.
    """
    if picture.kind == 'PNG' and picture.end:
        view = _critical_chunks(view)
    if picture.kind == 'JPEG':
        whole = bytes(view) + (b'' if picture.end else b'\xff\xd9')
        if flags & cv2.IMREAD_IGNORE_ORIENTATION:
            image = _jpeg_pixels(whole, gray=not flags & cv2.IMREAD_COLOR)
            if image is not None:
                return image
        view = memoryview(whole)
    return cv2.imdecode(np.frombuffer(view, np.uint8), flags)


def _jpeg_pixels(jpeg: bytes, gray: bool) -> ImageArray | None:
    """Return the pixels of a JPEG with one or three channels, or ``None`` for any other JPEG.

    Pillow and OpenCV use the same decoder and give the same pixels, but OpenCV writes to stderr
    about every damaged picture.
    """
    mode = 'L' if gray else 'RGB'
    with Image.open(io.BytesIO(jpeg), formats=['JPEG']) as opened:
        if opened.mode not in ('L', 'RGB'):
            return None
        opened.draft(mode, opened.size)
        pixels = np.asarray(opened if opened.mode == mode else opened.convert(mode))
    return pixels if gray else np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), np.uint8)


def _critical_chunks(png: memoryview) -> memoryview:
    """Return a PNG reduced to its critical chunks and its orientation.

    Otherwise the decoder would unpack texts and colour profiles of any size, and warn about them.

    Raises:
        ValueError: The checksum of a chunk is wrong.
    """
    parts, position = [bytes(png[: len(_PNG)])], len(_PNG)
    while position < len(png):
        after = position + 12 + _number(png, position, 4)
        kind = bytes(png[position + 4 : position + 8])
        # PNG, third edition, section 5.4: the names of critical chunks begin with a capital.
        if kind[:1].isupper() or kind == b'eXIf':
            if zlib.crc32(png[position + 4 : after - 4]) != _number(png, after - 4, 4):
                raise ValueError(f'the checksum of its {kind.decode("latin-1")} is wrong')
            parts.append(bytes(png[position:after]))
        position = after
    return memoryview(b''.join(parts))


def _other(view: memoryview) -> Picture | None:
    try:
        # Opening reads only the header.
        with Image.open(io.BytesIO(view)) as opened:
            return Picture(opened.format or '', *opened.size, None)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise ImageError(f'the picture is too large: {error}') from None
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError):
        return None


def _only_end_is_missing(picture: Picture, view: memoryview) -> bool:
    """Return whether a JPEG without its end marker still has all its pixels.

    Nothing that follows a complete scan changes a pixel.
    """
    # Half of the end marker may be left.
    data = bytes(view).rstrip(b'\xff')
    if not picture.sequential or len(_RESTART.findall(data)) < picture.restarts:
        return False
    bare, followed = (_small(data + more + b'\xff\xd9', picture) for more in (b'', _NONSENSE))
    return bare is not None and bare == followed


def _small(jpeg: bytes, picture: Picture) -> bytes | None:
    """Return the pixels of a JPEG at an eighth of its size, the cheapest to decode."""
    try:
        with Image.open(io.BytesIO(jpeg), formats=['JPEG']) as opened:
            opened.draft('L', (picture.width // 8, picture.height // 8))
            return opened.tobytes()
    except (OSError, SyntaxError, ValueError):
        return None


def _number(view: memoryview, start: int, size: int) -> int:
    return int.from_bytes(view[start : start + size], 'big')
