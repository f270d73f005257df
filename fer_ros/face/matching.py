"""Matches boxes to tracked faces by position."""

from collections.abc import Mapping, Sequence

import numpy as np

from fer_ros.structures import FaceBox

# Least ratio of the widths of two boxes that one detector draws around the same face.
SAME_SIZE = 0.6


def nearest(
    boxes: Sequence[FaceBox],
    known: Mapping[int, FaceBox],
    max_distance: float,
    size_ratio: float = SAME_SIZE,
) -> dict[int, int]:
    """Return the track number that each box belongs to, keyed by the box's index.

    Each box belongs to at most one track and each track has at most one box; the nearest pairs are
    matched first.

    Args:
        boxes: Detected boxes.
        known: Expected boxes of the tracked faces, by track number.
        max_distance: Largest distance of a match in face widths; see ``TrackerSettings``.
        size_ratio: Least ratio of the widths of a match; see ``distance``.
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
    """Return the distance between two boxes in box widths; infinite if their sizes differ.

    Args:
        a: One box.
        b: The other.
        size_ratio: The sizes differ if the smaller width is less than this fraction of the larger
            one.
    """
    if not size_ratio < a.width_px / b.width_px < 1 / size_ratio:
        return float('inf')
    (ax, ay), (bx, by) = a.center_px, b.center_px
    return float(np.hypot(ax - bx, ay - by)) / ((a.width_px + b.width_px) / 2)
