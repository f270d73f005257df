"""ContactSheet: many small pictures on one sheet."""

import math
from pathlib import Path

import cv2
import numpy as np

from fer_ros.media.picture_files import write_picture
from fer_ros.report.pictures import Picture
from fer_ros.structures import ImageArray

_CELL_WH = (256, 192)
_CAPTION_PX = 40
_MARGIN_PX = 8
_PAPER, _INK = 245, (40, 40, 40)
_FONT = cv2.FONT_HERSHEY_SIMPLEX


class ContactSheet:
    """Collects small versions of pictures, each with its name and result below it."""

    # Nobody looks at more pictures, which would only take memory.
    MOST = 200

    def __init__(self) -> None:
        self._smalls: list[tuple[ImageArray, Picture]] = []
        self.left_out = 0

    def add(self, bgr: ImageArray, picture: Picture) -> None:
        """Add a picture; beyond ``MOST`` pictures only their number is kept.

        Args:
            bgr: ``(H, W, 3)`` uint8.
            picture: Name and faces, to be written below the picture.
        """
        if len(self._smalls) >= self.MOST:
            self.left_out += 1
            return
        scale = min(_CELL_WH[0] / bgr.shape[1], _CELL_WH[1] / bgr.shape[0])
        size = max(round(bgr.shape[1] * scale), 1), max(round(bgr.shape[0] * scale), 1)
        small = cv2.resize(bgr, size, interpolation=cv2.INTER_AREA)
        self._smalls.append((np.asarray(small, np.uint8), picture))

    def jpegs(self) -> list[bytes]:
        """Return the small pictures as JPEG."""
        quality = [cv2.IMWRITE_JPEG_QUALITY, 85]
        return [cv2.imencode('.jpg', small, quality)[1].tobytes() for small, _ in self._smalls]

    def write(self, path: Path) -> None:
        """Write the sheet as a PNG file.

        Raises:
            OSError: The file cannot be written.
        """
        columns = min(math.ceil(math.sqrt(len(self._smalls) * 1.2)), 8)
        rows = math.ceil(len(self._smalls) / columns)
        width, height = _CELL_WH[0] + _MARGIN_PX, _CELL_WH[1] + _CAPTION_PX + _MARGIN_PX
        sheet = np.full(
            (rows * height + _MARGIN_PX, columns * width + _MARGIN_PX, 3), _PAPER, np.uint8
        )
        for index, (small, picture) in enumerate(self._smalls):
            top = _MARGIN_PX + index // columns * height
            left = _MARGIN_PX + index % columns * width
            cell = sheet[top : top + height - _MARGIN_PX, left : left + width - _MARGIN_PX]
            _draw_cell(cell, small, picture)
        write_picture(path, sheet)


def _draw_cell(cell: ImageArray, small: ImageArray, picture: Picture) -> None:
    """Draw a picture into the middle of its cell, with its result below it."""
    height, width = small.shape[:2]
    left, top = (_CELL_WH[0] - width) // 2, (_CELL_WH[1] - height) // 2
    cell[top : top + height, left : left + width] = small
    for line, text in enumerate((picture.file, str(picture))):
        at = 2, _CELL_WH[1] + 15 + 17 * line
        cv2.putText(cell, _shortened(text), at, _FONT, 0.42, _INK, 1, cv2.LINE_AA)


def _shortened(text: str) -> str:
    """Return text shortened to fit below a picture, in characters that OpenCV can draw."""
    plain = text.encode('ascii', 'replace').decode()
    while cv2.getTextSize(plain, _FONT, 0.42, 1)[0][0] > _CELL_WH[0] - 4:
        plain = plain.removesuffix('...')[:-1] + '...'
    return plain
