"""FaceSearch: a detection that works beside its caller, who goes on with the next images."""

from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import asdict, dataclass
from typing import Any

from fer_ros.crop_json import crop_from_json, crop_to_json
from fer_ros.structures import FaceBox, ImageArray

# Stamps are rounded, intervals are not.
STAMP_TOLERANCE_S = 5e-4


@dataclass(frozen=True, eq=False)
class Find:
    """A face that a search found.

    Attributes:
        box: Where, in the image that was searched.
        face_id: Of the known face that it is; ``None`` for a new one.
        crop: ``(S, S)`` uint8, what a new face looks like.
    """

    box: FaceBox
    face_id: int | None = None
    crop: ImageArray | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the find as JSON values."""
        return asdict(self) | {'crop': crop_to_json(self.crop)}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> 'Find':
        """Return the find that ``to_dict`` was called on."""
        box, crop = FaceBox(**values['box']), crop_from_json(values['crop'])
        return cls(box, values['face_id'], crop)


@dataclass(frozen=True, eq=False)
class FaceSearch:
    """A search in one image, under way or done.

    Attributes:
        stamp_s: Acquisition time of the image.
        known: Where the known faces were in it, by ``face_id``.
        result: What it finds, and the seconds that it takes.
    """

    stamp_s: float
    known: Mapping[int, FaceBox]
    result: 'Future[tuple[list[Find], float]]'

    def due(self, stamp_s: float, delay_s: float) -> bool:
        """Return whether what is found is to be used with the image of ``stamp_s``.

        It depends on stamps alone, not on how fast the machine is: a recording gives the same
        result every time.
        """
        # A clock that stands still would never make the delay pass.
        elapsed_s = stamp_s - self.stamp_s
        return elapsed_s <= 0 or elapsed_s >= delay_s - STAMP_TOLERANCE_S

    @property
    def memory(self) -> dict[str, Any]:
        """The search with its result, as JSON values; waits for it."""
        return {
            'stamp_s': self.stamp_s,
            'known': {str(face_id): asdict(box) for face_id, box in self.known.items()},
            'finds': [find.to_dict() for find in self.result.result()[0]],
        }

    @classmethod
    def from_memory(cls, memory: dict[str, Any]) -> 'FaceSearch':
        """Return the search, done, whose ``memory`` it is."""
        result: Future[tuple[list[Find], float]] = Future()
        result.set_result(([Find.from_dict(values) for values in memory['finds']], 0.0))
        known = {int(face_id): FaceBox(**values) for face_id, values in memory['known'].items()}
        return cls(memory['stamp_s'], known, result)
