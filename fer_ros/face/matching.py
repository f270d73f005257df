"""Which box is which face, by their places."""

from collections.abc import Mapping, Sequence

import numpy as np

from fer_ros.structures import FaceBox

# Of boxes that one detector draws around one face.
SAME_SIZE = 0.6


def nearest(
    boxes: Sequence[FaceBox],
    known: Mapping[int, FaceBox],
    max_distance: float,
    size_ratio: float = SAME_SIZE,
) -> dict[int, int]:
    """Return the number of the track that each box belongs to, by the box's index.

    Each box belongs to at most one track and each track has at most one box; the nearest pairs
    come first.

    Args:
        boxes: Detections.
        known: Where tracked faces are expected, by their tracks' numbers.
        max_distance: See ``TrackerSettings``.
        size_ratio: See ``distance``.
    """
    pairs = sorted(
        (apart, index, number)
        for index, box in enumerate(boxes)
        for number, expected in known.items()
        if (apart := distance(box, expected, size_ratio)) <= max_distance
    )
    owners: dict[int, int] = {}
    for _, index, number in pairs:
        if index not in owners and number not in owners.values():
            owners[index] = number
    return owners


def distance(a: FaceBox, b: FaceBox, size_ratio: float = SAME_SIZE) -> float:
    """Return the distance of two boxes in widths of theirs, infinite where their sizes differ.

    Args:
        a: One box.
        b: The other.
        size_ratio: Their sizes differ where the smaller width is less of the larger one.
    """
    if not size_ratio < a.width_px / b.width_px < 1 / size_ratio:
        return float('inf')
    (ax, ay), (bx, by) = a.center_px, b.center_px
    return float(np.hypot(ax - bx, ay - by)) / ((a.width_px + b.width_px) / 2)
