"""FreePlaces: finds room for labels in an image without hiding faces or other labels."""

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from fer_ros.structures import FaceBox

Corners = npt.NDArray[np.int64]


class FreePlaces:
    """Keeps track of the occupied parts of an image and finds room for rectangles beside faces."""

    def __init__(self, image_wh: tuple[int, int], taken: Sequence[FaceBox]) -> None:
        """Args:
        image_wh: Size of the image in pixels.
        taken: Rectangles that must not be hidden.
        """
        self._image_wh = image_wh
        self._taken = [_edges(box) for box in taken]

    def take(self, box: FaceBox) -> None:
        """Mark a rectangle as occupied."""
        self._taken.append(_edges(box))

    def beside(
        self, face: FaceBox, size_wh: tuple[int, int], sides: str, step_px: int
    ) -> FaceBox | None:
        """Return the first free rectangle that touches a face, or ``None`` if there is none.

        Args:
            face: The face.
            size_wh: Size of the rectangle in pixels.
            sides: Sides in the order of preference: ``right``, ``left``, ``above``, ``below``.
            step_px: Shift along the side from one attempt to the next in pixels.
        """
        corners = np.concatenate([_along(side, face, size_wh, step_px) for side in sides.split()])
        for left, top in corners[self._free(corners, size_wh)][:1].tolist():
            return FaceBox(left, top, left + size_wh[0], top + size_wh[1])
        return None

    def _free(self, corners: Corners, size_wh: tuple[int, int]) -> npt.NDArray[np.bool_]:
        """Return which rectangles with these top left corners lie inside the image and hide
        nothing.
        """
        ends = corners + np.array(size_wh)
        inside = (corners >= 0).all(axis=1) & (ends <= np.array(self._image_wh)).all(axis=1)
        taken = np.array(self._taken).reshape(-1, 4)
        # (rectangle, taken, axis)
        overlaps = (corners[:, None] < taken[:, 2:]) & (ends[:, None] > taken[:, :2])
        hides: npt.NDArray[np.bool_] = overlaps.all(axis=2).any(axis=1)
        return inside & ~hides


def _along(side: str, face: FaceBox, size_wh: tuple[int, int], step_px: int) -> Corners:
    """Return top left corners on one side of a face, the preferred ones first."""
    width, height = size_wh
    x0, y0, x1, y1 = _edges(face)
    if side in ('right', 'left'):
        y = _slide(y0, y1, height, step_px)
        return np.column_stack([np.full_like(y, x1 if side == 'right' else x0 - width), y])
    x = _slide(x0, x1, width, step_px)
    return np.column_stack([x, np.full_like(x, y0 - height if side == 'above' else y1)])


def _slide(start: int, end: int, length: int, step_px: int) -> Corners:
    """Return possible starts along a side of a face: aligned with its start, then with its end,
    then all positions between.
    """
    along = np.concatenate(
        [np.arange(start, end, step_px), np.arange(start, start - length, -step_px)]
    )
    return np.concatenate([[start, end - length], along])


def _edges(box: FaceBox) -> tuple[int, int, int, int]:
    floor, ceil = math.floor, math.ceil
    return floor(box.x0_px), floor(box.y0_px), ceil(box.x1_px), ceil(box.y1_px)
