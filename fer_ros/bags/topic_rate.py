"""TopicRate: how steadily the images of a topic came, and what is missing between them."""

from array import array
from collections.abc import Iterator, Mapping

import numpy as np

# A topic that lacks more of its images is named.
_MISSING_SHARE = 0.05
# Longer than this, and than so many times the usual gap, is a hole.
_HOLE_S, _HOLE_GAPS = 0.5, 5.0


class TopicRate:
    """Keeps the times of a topic's images, 8 bytes each."""

    def __init__(self) -> None:
        self._times_s = array('d')

    def __len__(self) -> int:
        return len(self._times_s)

    def add(self, time_s: float) -> None:
        """Add an image.

        Args:
            time_s: Not before that of the last.
        """
        self._times_s.append(time_s)

    def problems(self) -> Iterator[str]:
        """Yield a sentence where images are missing at the rate that most of them keep."""
        gaps_s = np.diff(np.array(self._times_s))
        usual_s = float(np.median(gaps_s)) if len(gaps_s) else 0.0
        if not usual_s > 0:
            return
        missing = int(np.maximum(np.round(gaps_s / usual_s) - 1, 0).sum())
        whole = len(self) + missing
        if missing > _MISSING_SHARE * whole:
            yield (
                f'{missing} of {whole} images are missing at the {1 / usual_s:.1f} Hz that most '
                'of them keep'
            )
        holes = np.flatnonzero(gaps_s > max(_HOLE_S, _HOLE_GAPS * usual_s))
        if len(holes):
            longest = int(gaps_s.argmax())
            yield (
                f'{len(holes)} hole(s) without an image, the longest of {gaps_s[longest]:.2f} s '
                f'after {self._times_s[longest]:.2f} s'
            )


def unequal_counts(rates: Mapping[str, TopicRate]) -> list[str]:
    """Return a sentence where topics hold numbers of images that differ by more than a few.

    Args:
        rates: By topic.
    """
    counts = {topic: len(rate) for topic, rate in rates.items()}
    if len(counts) < 2 or min(counts.values()) >= (1 - _MISSING_SHARE) * max(counts.values()):
        return []
    said = ', '.join(f'{topic} {count}' for topic, count in counts.items())
    return [f'the topics hold unequal numbers of images: {said}']
