"""TopicRate: finds irregular and missing images of a topic."""

from array import array
from collections.abc import Iterator, Mapping

import numpy as np

# A topic that lacks a larger fraction of its images is reported.
_MISSING_SHARE = 0.05
# An interval longer than this, and than this many usual intervals, is reported as a gap.
_HOLE_S, _HOLE_GAPS = 0.5, 5.0


class TopicRate:
    """Stores the times of a topic's images, 8 bytes each."""

    def __init__(self) -> None:
        self._times_s = array('d')

    def __len__(self) -> int:
        return len(self._times_s)

    def add(self, time_s: float) -> None:
        """Add an image.

        Args:
            time_s: Time in seconds, not before that of the last image.
        """
        self._times_s.append(time_s)

    def problems(self) -> Iterator[str]:
        """Yield a sentence for each kind of problem: single missing images and longer gaps."""
        gaps_s = np.diff(np.array(self._times_s))
        usual_s = float(np.median(gaps_s)) if len(gaps_s) else 0.0
        if not usual_s > 0:
            return
        missing = int(np.maximum(np.round(gaps_s / usual_s) - 1, 0).sum())
        whole = len(self) + missing
        if missing > _MISSING_SHARE * whole:
            yield (
                f'{missing} of {whole} images are missing at the usual rate of '
                f'{1 / usual_s:.1f} Hz'
            )
        holes = np.flatnonzero(gaps_s > max(_HOLE_S, _HOLE_GAPS * usual_s))
        if len(holes):
            longest = int(gaps_s.argmax())
            yield (
                f'{len(holes)} gap(s) without images, the longest of {gaps_s[longest]:.2f} s '
                f'after {self._times_s[longest]:.2f} s'
            )


def unequal_counts(rates: Mapping[str, TopicRate]) -> list[str]:
    """Return a sentence if the topics' numbers of images differ by more than a few.

    Args:
        rates: Rates by topic.
    """
    counts = {topic: len(rate) for topic, rate in rates.items()}
    if len(counts) < 2 or min(counts.values()) >= (1 - _MISSING_SHARE) * max(counts.values()):
        return []
    said = ', '.join(f'{topic} {count}' for topic, count in counts.items())
    return [f'the topics contain different numbers of images: {said}']
