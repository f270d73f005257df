"""EmotionSeries: the emotions of one face over time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from fer_ros.structures import FloatArray

Times = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]

# A face that was missing for longer than this, and than this many usual intervals between images,
# counts as out of view.
_GAP_S, _GAP_INTERVALS = 0.5, 3
# In place of a class: no class was certain enough; the face was not judged in the image.
UNCERTAIN, NOT_JUDGED = -1, -2


def longest_gap_s(times_s: Times) -> float:
    """Return for how many seconds a face may be missing and still count as in view.

    Args:
        times_s: ``(N,)`` times of a camera's images in seconds, not decreasing.
    """
    usual_s = float(np.median(np.diff(times_s))) if len(times_s) > 1 else 0.0
    return max(_GAP_S, _GAP_INTERVALS * usual_s)


@dataclass(frozen=True)
class Dwell:
    """A period in which a face showed one emotion without interruption.

    Attributes:
        emotion: Index of the class, ``UNCERTAIN`` or ``NOT_JUDGED``.
        start_s: Time of its first image in seconds.
        end_s: Time in seconds of the first image after it, or of the face's last image.
        changed: Whether another emotion followed immediately.
    """

    emotion: int
    start_s: float
    end_s: float
    changed: bool

    def name(self, classes: Sequence[str]) -> str:
        """Return the emotion's name, ``uncertain`` or ``not judged``."""
        if self.emotion == NOT_JUDGED:
            return 'not judged'
        return 'uncertain' if self.emotion == UNCERTAIN else classes[self.emotion]

    @property
    def length_s(self) -> float:
        """Duration in seconds."""
        return self.end_s - self.start_s


@dataclass(frozen=True, eq=False)
class EmotionSeries:
    """One face on one topic over time.

    Attributes:
        topic: Name of the topic.
        face_id: Number of the face.
        times_s: ``(N,)`` times of the images that show it, in seconds since the first image.
        emotions: ``(N,)`` index of the reported class, ``UNCERTAIN`` or ``NOT_JUDGED``.
        probabilities: ``(N, C)`` float32, smoothed; NaN where the face was not judged.
        gap_s: ``longest_gap_s`` of the topic's images.
    """

    topic: str
    face_id: int
    times_s: Times
    emotions: Indices
    probabilities: FloatArray
    gap_s: float

    @cached_property
    def mean_probabilities(self) -> FloatArray:
        """``(C,)`` means over the images in which the face was judged; ``(0,)`` if in none."""
        judged = self.probabilities[self.emotions != NOT_JUDGED]
        return judged.mean(axis=0) if len(judged) else np.zeros(0, np.float32)

    @cached_property
    def dwells(self) -> tuple[Dwell, ...]:
        """The periods in which the face showed one emotion, in order."""
        return tuple(self._dwells())

    @property
    def seen_s(self) -> float:
        """Seconds for which the face was in view."""
        return sum(dwell.length_s for dwell in self.dwells)

    def _dwells(self) -> Iterator[Dwell]:
        times_s, emotions = self.times_s, self.emotions
        away = np.diff(times_s) > self.gap_s
        changes = np.flatnonzero(away | (np.diff(emotions) != 0)) + 1
        starts = [0, *changes.tolist()]
        for start, after in zip(starts, [*starts[1:], len(times_s)], strict=True):
            last = after == len(times_s) or bool(away[after - 1])
            end_s = times_s[after - 1] if last else times_s[after]
            yield Dwell(int(emotions[start]), float(times_s[start]), float(end_s), not last)
