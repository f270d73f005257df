"""Gray image + landmarks → aligned face: one position, scale and roll for every face."""

import cv2
import numpy as np
import numpy.typing as npt

from fer_ros.face.landmark_layout import MEAN_SHAPE_NORM, REGIONS
from fer_ros.structures import AlignedFace, FloatArray, ImageArray, Landmarks

# Expressions move the brows and the mouth, and turning the head moves the jaw; eyes and nose stay.
STABLE_LANDMARKS = np.array(
    [*REGIONS['nose_bridge'], *REGIONS['nose_base'], *REGIONS['right_eye'], *REGIONS['left_eye']]
)

Transform = npt.NDArray[np.float64]


def similarity(source: FloatArray, target: FloatArray) -> Transform:
    """Return the ``(2, 3)`` matrix of rotation, scale and shift that best maps source to target.

    Least squares over similarity transforms without reflection (Umeyama 1991, in two dimensions).

    Args:
        source: ``(N, 2)`` points as x, y.
        target: ``(N, 2)`` points that ``source`` should be mapped to.
    """
    source_mean = source.mean(axis=0, dtype=np.float64)
    target_mean = target.mean(axis=0, dtype=np.float64)
    s = source - source_mean
    t = target - target_mean
    # Landmarks that all coincide have no scale; keep the result finite.
    norm = max(float((s**2).sum()), 1e-9)
    a = float((s * t).sum()) / norm
    b = float((s[:, 0] * t[:, 1] - s[:, 1] * t[:, 0]).sum()) / norm
    linear = np.array([[a, -b], [b, a]])
    return np.column_stack([linear, target_mean - linear @ source_mean])


def face_transform(landmarks: Landmarks) -> Transform:
    """Return the ``(2, 3)`` matrix from image pixels to the aligned crop's [-1, 1] coordinates."""
    return similarity(landmarks.points_px[STABLE_LANDMARKS], MEAN_SHAPE_NORM[STABLE_LANDMARKS])


def crop_face(
    gray: ImageArray, landmarks: Landmarks, transform: Transform, size_px: int
) -> AlignedFace:
    """Cut the face out of ``gray`` and transform its landmarks to match.

    Args:
        gray: ``(H, W)`` uint8.
        landmarks: Landmarks in pixels of ``gray``.
        transform: Result of ``face_transform``. Training perturbs it first, so that the crop and
            the landmarks are perturbed together.
        size_px: Side S of the crop in pixels.

    Returns:
        The crop and its landmarks; where the crop extends beyond the image, the image's edge is
        repeated.
    """
    points = landmarks.points_px @ transform[:, :2].T + transform[:, 2]
    crop = warp(gray, transform, size_px, cv2.BORDER_REPLICATE)
    return AlignedFace(crop, points.astype(np.float32))


def warp(image: ImageArray, transform: Transform, size_px: int, border: int) -> ImageArray:
    """Return the aligned crop that a transform takes from an image.

    Args:
        image: ``(H, W)`` or ``(H, W, 3)`` uint8.
        transform: ``(2, 3)`` matrix; see ``face_transform``.
        size_px: Side S of the crop in pixels.
        border: How to fill the crop outside the image: OpenCV's ``BORDER_REPLICATE``, or
            ``BORDER_CONSTANT`` for black.

    Returns:
        ``(S, S)`` or ``(S, S, 3)`` uint8.
    """
    half = size_px / 2
    # Pixel centres lie on whole numbers: the crop's left edge, -1, is x = -0.5.
    to_crop = transform * half
    to_crop[:, 2] += half - 0.5
    source, to_crop = _reduced(image, to_crop, size_px)
    crop = cv2.warpAffine(
        source,
        to_crop,
        (size_px, size_px),
        flags=cv2.INTER_LINEAR,
        borderMode=border,
    )
    return np.asarray(crop, np.uint8)


def align_face(gray: ImageArray, landmarks: Landmarks, size_px: int) -> AlignedFace:
    """Return the aligned crop of side ``size_px`` and the landmarks in it."""
    return crop_face(gray, landmarks, face_transform(landmarks), size_px)


def _reduced(image: ImageArray, to_crop: Transform, size_px: int) -> tuple[ImageArray, Transform]:
    """Reduce the part of a large image that the crop covers, so that warping does not alias."""
    scale = float(np.hypot(to_crop[0, 0], to_crop[1, 0]))
    # Landmarks that all coincide have a scale of 0, which no reduction can help.
    if not 1e-6 < scale <= 0.5:
        return image, to_crop
    factor = int(1 / scale)
    height, width = image.shape[:2]
    # The crop's centre in the image, and the distance of its corners from it along either axis.
    # Plain numbers, since arrays are slower for a 2 x 2 matrix.
    (a, b, x_shift), (c, d, y_shift) = to_crop.tolist()
    determinant = a * d - b * c
    half = size_px / 2
    x = (d * (half - x_shift) - b * (half - y_shift)) / determinant
    y = (a * (half - y_shift) - c * (half - x_shift)) / determinant
    x_reach = half * (abs(d) + abs(b)) / abs(determinant) + 2 * factor
    y_reach = half * (abs(a) + abs(c)) / abs(determinant) + 2 * factor
    # One reduced pixel of margin for the interpolation, rounded to multiples of the factor.
    x0, x1 = (int(min(max(edge, 0), width)) for edge in (x - x_reach, x + x_reach))
    y0, y1 = (int(min(max(edge, 0), height)) for edge in (y - y_reach, y + y_reach))
    columns, rows = (x1 - x0) // factor, (y1 - y0) // factor
    if columns < 1 or rows < 1:
        return image, to_crop
    part = image[y0 : y0 + rows * factor, x0 : x0 + columns * factor]
    reduced = cv2.resize(part, (columns, rows), interpolation=cv2.INTER_AREA)
    # x = x0 + factor * (x' + 0.5) - 0.5 for a reduced pixel x'.
    offset = np.array([x0, y0]) + (factor - 1) / 2
    linear = to_crop[:, :2]
    moved = np.column_stack([linear * factor, linear @ offset + to_crop[:, 2]])
    return np.asarray(reduced, np.uint8), moved
