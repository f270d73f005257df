"""Pictures of single faces, all of one size."""

import cv2
import numpy as np

from fer_ros.face.alignment import face_transform, warp
from fer_ros.structures import FaceBox, ImageArray, Landmarks


def cropped_face(bgr: ImageArray, box: FaceBox, size_px: int) -> ImageArray:
    """Return the content of a box, scaled to fit and centred; black outside the image.

    Args:
        bgr: ``(H, W, 3)`` uint8.
        box: Box that may extend beyond the image.
        size_px: Side S of the picture in pixels.

    Returns:
        ``(S, S, 3)`` uint8.
    """
    picture = np.zeros((size_px, size_px, 3), np.uint8)
    height, width = bgr.shape[:2]
    x0, y0, x1, y1 = (round(edge) for edge in box.clipped((width, height)))
    part = bgr[y0:y1, x0:x1]
    scale = size_px / max(box.width_px, box.height_px)
    # Start and end of the part in the picture, whose centre is that of the box.
    (middle_x, middle_y), half = box.center_px, size_px / 2
    left, right = (round((x - middle_x) * scale + half) for x in (x0, x1))
    top, bottom = (round((y - middle_y) * scale + half) for y in (y0, y1))
    left, top, right, bottom = (min(max(edge, 0), size_px) for edge in (left, top, right, bottom))
    if part.size and right > left and bottom > top:
        way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        picture[top:bottom, left:right] = cv2.resize(
            part, (right - left, bottom - top), interpolation=way
        )
    return picture


def aligned_face(bgr: ImageArray, landmarks: Landmarks, size_px: int) -> ImageArray:
    """Return a face turned upright, as the model sees it but in colour; black outside the image.

    Args:
        bgr: ``(H, W, 3)`` uint8.
        landmarks: Landmarks in pixels of the image.
        size_px: Side S of the picture in pixels.

    Returns:
        ``(S, S, 3)`` uint8.
    """
    return warp(bgr, face_transform(landmarks), size_px, cv2.BORDER_CONSTANT)
