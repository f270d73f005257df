"""Observation: what the first half of a pipeline hands to the second."""

from dataclasses import dataclass

from fer_ros.structures import ObservedFace


@dataclass(frozen=True)
class Observation:
    """The faces observed in one image.

    Attributes:
        stamp_s: Acquisition time of the image in seconds.
        size_wh: Width and height of the image in pixels.
        faces: Faces ordered by ``face_id``; empty if there are none.
        known_ids: Ids of these faces and of lost faces that would still be recognised.
        alone: Whether the image stands alone, so that it is not smoothed with others.
    """

    stamp_s: float
    size_wh: tuple[int, int]
    faces: tuple[ObservedFace, ...]
    known_ids: frozenset[int]
    alone: bool = False
