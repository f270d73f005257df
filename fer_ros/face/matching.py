"""Which box is which face: nearest pairs, and how alike two crops are."""

from collections.abc import Mapping, Sequence

import numpy as np

from fer_ros.structures import FaceBox, ImageArray


def nearest(
    boxes: Sequence[FaceBox], known: Mapping[int, FaceBox], max_distance: float
) -> dict[int, int]:
    """Return the ``face_id`` of the known face that each box is, by the box's index.

    Each box is at most one face and each face at most one box; the nearest pairs come first.

    Args:
        boxes: Detections.
        known: Where faces are expected, by ``face_id``.
        max_distance: See ``TrackerSettings``.
    """
    pairs = sorted(
        (distance, index, face_id)
        for index, box in enumerate(boxes)
        for face_id, expected in known.items()
        if (distance := _distance(box, expected)) <= max_distance
    )
    identity: dict[int, int] = {}
    for _, index, face_id in pairs:
        if index not in identity and face_id not in identity.values():
            identity[index] = face_id
    return identity


def _distance(a: FaceBox, b: FaceBox) -> float:
    """Return the distance of two boxes in widths of theirs, infinite where their sizes differ."""
    if not 0.6 < a.width_px / b.width_px < 1 / 0.6:
        return float('inf')
    (ax, ay), (bx, by) = a.center_px, b.center_px
    return float(np.hypot(ax - bx, ay - by)) / ((a.width_px + b.width_px) / 2)


def _correlation(a: ImageArray, b: ImageArray) -> float:
    """Return the correlation coefficient of two crops, 0 where one of them is uniform."""
    x = a.astype(np.float32).ravel()
    y = b.astype(np.float32).ravel()
    x -= x.mean()
    y -= y.mean()
    norm = float(np.sqrt((x @ x) * (y @ y)))
    return float(x @ y) / norm if norm > 0 else 0.0
