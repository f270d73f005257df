"""Picture files: lists those in a folder, reads and writes them."""

import io
import re
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

import cv2
import numpy as np

from fer_ros.counted import counted
from fer_ros.errors import ImageError
from fer_ros.messages.images import MAX_PIXELS
from fer_ros.messages.picture import decode_picture, read_header, require_size
from fer_ros.structures import ImageArray

IMAGE_SUFFIXES = (
    '.jpg',
    '.jpeg',
    '.jfif',
    '.png',
    '.bmp',
    '.tif',
    '.tiff',
    '.webp',
    '.ppm',
    '.pgm',
)
# Kinds of pictures that are not read: of a tiled one, FFmpeg would give the first tile.
UNREAD_SUFFIXES = ('.heic', '.heif', '.hif', '.avif', '.jxl')
# Kinds that may contain several pages or frames.
_STACKS = ('.tif', '.tiff', '.png', '.webp')


def natural_order(name: str) -> list[tuple[int, str]]:
    """Return a key that sorts names with their numbers in order: 2 comes before 10."""
    return [
        (int(part), '') if part.isdecimal() else (-1, part) for part in re.split(r'(\d+)', name)
    ]


def picture_files(folder: Path) -> list[Path]:
    """Return the picture files in a folder, in the natural order of their names."""
    files = (file for file in folder.iterdir() if file.suffix.lower() in IMAGE_SUFFIXES)
    return sorted(files, key=lambda file: natural_order(file.name))


def about_unread(files: Iterable[Path]) -> str:
    """Return a sentence about the pictures among some files of kinds that are not read; empty if
    there are none. A GIF may be a film, and is read only on its own.
    """
    kinds = (file.suffix.lower() for file in files)
    unread = Counter(kind for kind in kinds if kind in (*UNREAD_SUFFIXES, '.gif'))
    if not unread:
        return ''
    return (
        f'left out {counted(unread.total(), "picture")} of a kind that is not read '
        f'({", ".join(sorted(unread))}): convert to JPEG or PNG'
    )


def read_picture(
    file: Path, on_problem: Callable[[str], None], max_pixels: int = MAX_PIXELS
) -> ImageArray:
    """Return a picture as ``(H, W, 3)`` uint8 BGR, turned according to its EXIF orientation.

    Args:
        file: Path of a file with one of ``IMAGE_SUFFIXES``, or a GIF.
        on_problem: Called with a sentence if the picture is truncated, or if the file contains
            further pictures, which are not read.
        max_pixels: Largest width times height that is decoded.

    Raises:
        ImageError: The file is damaged, of another kind, or has too many pixels.
        OSError: It cannot be read.
    """
    data = file.read_bytes()
    if file.suffix.lower() == '.gif':
        return _read_gif(data, max_pixels)
    bgr = decode_picture(
        data,
        cv2.IMREAD_COLOR,
        max_pixels,
        lambda sentence: on_problem(f'{file.name}: {sentence}; the intact part was read'),
    )
    count = count_frames(file) if file.suffix.lower() in _STACKS else 1
    if count > 1:
        on_problem(f'{file.name} contains {count} pictures, of which only the first was read')
    return bgr


def write_picture(path: Path, bgr: ImageArray) -> None:
    """Write a PNG file.

    Args:
        path: Path of the file.
        bgr: ``(H, W, 3)`` uint8.

    Raises:
        OSError: The file cannot be written.
    """
    # imwrite() would not report a full disk.
    _, encoded = cv2.imencode('.png', bgr, [cv2.IMWRITE_PNG_COMPRESSION, 1])
    path.write_bytes(encoded.tobytes())


def count_frames(file: Path) -> int:
    """Return the number of pages or frames in a picture file; 1 if it does not state one."""
    from PIL import Image

    try:
        with Image.open(file) as picture:
            return int(getattr(picture, 'n_frames', 1))
    # OpenCV may be able to read what Pillow cannot.
    except Exception:
        return 1


def _read_gif(data: bytes, max_pixels: int) -> ImageArray:
    from PIL import Image

    header = read_header(data)
    if header is None:
        raise ImageError(f'{len(data)} bytes are not a picture')
    require_size(header.width, header.height, max_pixels)
    try:
        with Image.open(io.BytesIO(data)) as picture:
            return np.ascontiguousarray(np.asarray(picture.convert('RGB'))[:, :, ::-1])
    except (OSError, ValueError) as error:
        raise ImageError(f'a picture of {len(data)} bytes is damaged: {error}') from None
