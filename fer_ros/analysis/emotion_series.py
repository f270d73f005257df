"""EmotionSeries: what one face showed over time, and for how long at a stretch."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from fer_ros.structures import FloatArray

Times = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]

# A face that was away for longer was not seen in between.
GAP_S = 0.5


@dataclass(frozen=True)
class Dwell:
    """A time for which a face went on showing one emotion.

    Attributes:
        emotion: Index of the class, -1 where none was sure enough.
        start_s: First image of it.
        end_s: First image after it, or the last one of the face.
        changed: Whether another emotion followed at once.
    """

    emotion: int
    start_s: float
    end_s: float
    changed: bool

    @property
    def length_s(self) -> float:
        """How long it lasted."""
        return self.end_s - self.start_s


@dataclass(frozen=True, eq=False)
class EmotionSeries:
    """One face of one topic over time.

    Attributes:
        topic: Name of the topic.
        face_id: Number of the face.
        times_s: ``(N,)`` seconds since the first image, of the images that show it.
        emotions: ``(N,)`` index of the named class, -1 where none was sure enough.
        probabilities: ``(N, C)`` float32, smoothed.
    """

    topic: str
    face_id: int
    times_s: Times
    emotions: Indices
    probabilities: FloatArray

    @cached_property
    def dwells(self) -> tuple[Dwell, ...]:
        """The times for which the face showed one emotion, in order."""
        return tuple(self._dwells())

    def _dwells(self) -> Iterator[Dwell]:
        times_s, emotions = self.times_s, self.emotions
        away = np.diff(times_s) > GAP_S
        changes = np.flatnonzero(away | (np.diff(emotions) != 0)) + 1
        starts = [0, *changes.tolist()]
        for start, after in zip(starts, [*starts[1:], len(times_s)], strict=True):
            last = after == len(times_s) or bool(away[after - 1])
            end_s = times_s[after - 1] if last else times_s[after]
            yield Dwell(int(emotions[start]), float(times_s[start]), float(end_s), not last)
