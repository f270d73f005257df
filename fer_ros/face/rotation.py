"""Turns images from cameras mounted upside down or sideways upright, and faces back again."""

from dataclasses import replace
from typing import Any

import cv2
import numpy as np

from fer_ros.structures import FaceBox, FloatArray, ImageArray, Landmarks, ObservedFace

# Clockwise, in degrees.
ROTATIONS_DEG = (0, 90, 180, 270)
_CODES = {
    90: cv2.ROTATE_90_CLOCKWISE,
    180: cv2.ROTATE_180,
    270: cv2.ROTATE_90_COUNTERCLOCKWISE,
}


def turned(image: ImageArray, rotate_deg: int) -> ImageArray:
    """Return an image turned clockwise; the image itself for 0.

    Args:
        image: ``(H, W)`` or ``(H, W, C)`` uint8.
        rotate_deg: One of ``ROTATIONS_DEG``.
    """
    if rotate_deg == 0:
        return image
    return np.asarray(cv2.rotate(image, _CODES[rotate_deg]), np.uint8)


def turned_box(box: FaceBox, size_wh: tuple[int, int], rotate_deg: int) -> FaceBox:
    """Return the place of a box in the turned image.

    Args:
        box: Box in the original image.
        size_wh: Width and height of the original image in pixels.
        rotate_deg: Clockwise rotation; one of ``ROTATIONS_DEG``.
    """
    if rotate_deg == 0:
        return box
    (width, height), (x0, x1), (y0, y1) = size_wh, (box.x0_px, box.x1_px), (box.y0_px, box.y1_px)
    if rotate_deg == 180:
        return FaceBox(width - x1, height - y1, width - x0, height - y0, box.score)
    if rotate_deg == 90:
        return FaceBox(height - y1, x0, height - y0, x1, box.score)
    return FaceBox(y0, width - x1, y1, width - x0, box.score)


def turned_back(seen: ObservedFace, size_wh: tuple[int, int], rotate_deg: int) -> ObservedFace:
    """Return a face found in a turned image in coordinates of the original image.

    The aligned face stays upright.

    Args:
        seen: Face in the turned image.
        size_wh: Width and height of the original image in pixels.
        rotate_deg: Clockwise rotation; one of ``ROTATIONS_DEG``.
    """
    if rotate_deg == 0:
        return seen
    box = seen.face.box
    # Box edges lie between pixels; landmarks count from the centre of the first pixel.
    edges = np.array([[box.x0_px, box.y0_px], [box.x1_px, box.y1_px]])
    (x0, y0), (x1, y1) = np.sort(_back(edges, size_wh, rotate_deg), axis=0).tolist()
    middles = seen.landmarks.points_px
    last_wh = size_wh[0] - 1, size_wh[1] - 1
    points_px: FloatArray = _back(middles, last_wh, rotate_deg).astype(np.float32)
    return replace(
        seen,
        face=replace(seen.face, box=FaceBox(x0, y0, x1, y1, box.score)),
        landmarks=Landmarks(points_px),
    )


def _back(points: Any, far_xy: tuple[int, int], rotate_deg: int) -> Any:
    """Return ``(N, 2)`` points of a turned image in the original with far corner ``far_xy``."""
    x, y = points[:, 0], points[:, 1]
    if rotate_deg == 180:
        return np.column_stack([far_xy[0] - x, far_xy[1] - y])
    if rotate_deg == 90:
        return np.column_stack([y, far_xy[1] - x])
    return np.column_stack([far_xy[0] - y, x])
