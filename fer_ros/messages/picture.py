"""Encoded pictures, JPEG and PNG above all: header, end and pixels, in that order.

Nothing is decoded before the header has said how large the picture is, and that it is whole.
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
# A marker as decoders look for it: the last of some 0xff, and what follows.
_MARKER = re.compile(rb'\xff([^\x00\xff])', re.DOTALL)
# Within a scan 0xff00 stands for 0xff, and restart markers may come.
_AFTER_SCAN = re.compile(rb'\xff([^\x00\xd0-\xd7\xff])', re.DOTALL)
_RESTART = re.compile(rb'\xff[\xd0-\xd7]', re.DOTALL)
_END_OF_IMAGE, _START_OF_SCAN, _RESTART_INTERVAL = 0xD9, 0xDA, 0xDD
_WITHOUT_CONTENT = {0x01, *range(0xD0, 0xD9)}
_SEQUENTIAL = (0xC0, 0xC1)
_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
# Whatever a decoder makes of these bytes, it is not what it makes of none.
_NONSENSE = bytes(range(1, 255))

Data = Any


@dataclass(frozen=True)
class Picture:
    """What an encoded picture says of itself.

    Attributes:
        kind: ``JPEG``, ``PNG`` or another of Pillow's names.
        width: In pixels.
        height: In pixels.
        end: Number of bytes up to its end; 0 where the end is missing, None where not known.
        sequential: Whether it is a JPEG of a single scan.
        restarts: How many restart markers a JPEG has to have.
    """

    kind: str
    width: int
    height: int
    end: int | None
    sequential: bool = False
    restarts: int = 0


def read_header(data: Data) -> Picture | None:
    """Return what an encoded picture says of itself; None where it is none.

    Args:
        data: Bytes, or an array of them.
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
        data: Bytes, or an array of them; what lies behind the end of a JPEG or PNG is left out.
        flags: OpenCV's for ``imdecode``.
        max_pixels: Most pixels, width times height.
        on_cut: Called with a sentence for a picture that ends early and is then decoded as far as
            it goes; without it such a picture is an error.

    Returns:
        ``(H, W)`` or ``(H, W, 3)`` BGR, uint8, or uint16 where ``flags`` ask for it.

    Raises:
        ImageError: It is no picture, too large, damaged, or ends early.
    """
    picture = read_header(data) if len(data) else None
    if picture is None:
        raise ImageError(f'{len(data)} bytes are no picture')
    require_size(picture.width, picture.height, max_pixels)
    view = memoryview(data)[: picture.end or None]
    if picture.end == 0 and not _only_end_is_missing(picture, view):
        sentence = f'a {picture.kind} of {len(data)} bytes ends before the picture does'
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
        raise ImageError(f'a picture has values of type {image.dtype}, readable are 8 and 16 bits')
    return np.asarray(image)


def require_size(width: int, height: int, max_pixels: int) -> None:
    """Refuse an image without pixels, or with more than are allowed.

    Raises:
        ImageError: It is such an image.
    """
    if width < 1 or height < 1:
        raise ImageError(f'the image is {width} x {height} pixels')
    if width * height > max_pixels:
        raise ImageError(
            f'the image is {width} x {height} pixels, allowed are {max_pixels} together'
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
    """What a JPEG's frame header says.

    Attributes:
        width: In pixels.
        height: In pixels.
        components: A byte with their number.
        unit_wh: Size in pixels of what is coded as one.
    """

    width: int
    height: int
    components: bytes
    unit_wh: tuple[int, int]

    @staticmethod
    def read(content: memoryview) -> '_Frame':
        """Return what the content of a frame header says: bits of a value, height, width, number
        of components, and three bytes for each of these, the second with its sampling.
        """
        sampling = bytes(content[7::3])
        across = max((one >> 4 for one in sampling), default=1)
        down = max((one & 15 for one in sampling), default=1)
        # The only component of a picture is coded block by block.
        unit_wh = (8 * across, 8 * down) if len(sampling) > 1 else (8, 8)
        height, width = _number(content, 1, 2), _number(content, 3, 2)
        return _Frame(width, height, bytes(content[5:6]), unit_wh)

    def units(self) -> int:
        """Return how many units there are."""
        across, down = (max(size, 1) for size in self.unit_wh)
        return -(-self.width // across) * -(-self.height // down)


def _pixels(picture: Picture, view: memoryview, flags: int) -> Any:
    """Return the pixels; None where they cannot be decoded.

    What is wrong with a JPEG as it was sent, or with a PNG, is not written to stderr.
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
    """Return the pixels of a JPEG that is gray or has three channels; None of another one.

    They are those that OpenCV has, whose decoder is the same but for its words on stderr about
    every damaged picture.
    """
    mode = 'L' if gray else 'RGB'
    with Image.open(io.BytesIO(jpeg), formats=['JPEG']) as opened:
        if opened.mode not in ('L', 'RGB'):
            return None
        opened.draft(mode, opened.size)
        pixels = np.asarray(opened if opened.mode == mode else opened.convert(mode))
    return pixels if gray else np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), np.uint8)


def _critical_chunks(png: memoryview) -> memoryview:
    """Return a PNG without what may stand beside its pixels but the orientation.

    Texts and colour profiles would be unpacked, however large they are, and found fault with.

    Raises:
        ValueError: A chunk has another checksum than it says.
    """
    parts, position = [bytes(png[: len(_PNG)])], len(_PNG)
    while position < len(png):
        after = position + 12 + _number(png, position, 4)
        kind = bytes(png[position + 4 : position + 8])
        # PNG, third edition, section 5.4: a capital is the first letter of what is critical.
        if kind[:1].isupper() or kind == b'eXIf':
            if zlib.crc32(png[position + 4 : after - 4]) != _number(png, after - 4, 4):
                raise ValueError(f'the checksum of its {kind.decode("latin-1")} is wrong')
            parts.append(bytes(png[position:after]))
        position = after
    return memoryview(b''.join(parts))


def _other(view: memoryview) -> Picture | None:
    try:
        # Opening reads the header alone.
        with Image.open(io.BytesIO(view)) as opened:
            return Picture(opened.format or '', *opened.size, None)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise ImageError(f'the picture is too large: {error}') from None
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError):
        return None


def _only_end_is_missing(picture: Picture, view: memoryview) -> bool:
    """Return whether a JPEG without its end has all of its pixels.

    Of a scan that is whole, nothing that follows changes a pixel.
    """
    # Half of what stood there may be left.
    data = bytes(view).rstrip(b'\xff')
    if not picture.sequential or len(_RESTART.findall(data)) < picture.restarts:
        return False
    bare, followed = (_small(data + more + b'\xff\xd9', picture) for more in (b'', _NONSENSE))
    return bare is not None and bare == followed


def _small(jpeg: bytes, picture: Picture) -> bytes | None:
    """Return the pixels of an eighth of a JPEG's size, which cost least."""
    try:
        with Image.open(io.BytesIO(jpeg), formats=['JPEG']) as opened:
            opened.draft('L', (picture.width // 8, picture.height // 8))
            return opened.tobytes()
    except (OSError, SyntaxError, ValueError):
        return None


def _number(view: memoryview, start: int, size: int) -> int:
    return int.from_bytes(view[start : start + size], 'big')
