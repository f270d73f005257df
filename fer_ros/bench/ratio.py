"""Ratio: how many times as fast one side is as another, where its rounds agree on it."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

# Rounds that differ by a larger factor measure what else the machine does.
LARGEST_SPREAD = 1.5


@dataclass(frozen=True)
class Ratio:
    """How many times as fast one side is as another.

    Attributes:
        by_round: The ratio in each round.
        spread: The largest factor between two rounds, of either side's speed or of their ratio.
    """

    by_round: tuple[float, ...]
    spread: float

    @property
    def steady(self) -> bool:
        """Whether the rounds agree well enough to name a ratio."""
        return self.spread <= LARGEST_SPREAD

    def figures(self) -> dict[str, Any]:
        """Return the figures for a report; the ratio itself only when it is steady."""
        figures: dict[str, Any] = {'spread_of_rounds': self.spread}
        if self.steady:
            figures['first_is_times_as_fast'] = statistics.median(self.by_round)
            figures['first_is_times_as_fast_by_round'] = list(self.by_round)
        return figures

    def __str__(self) -> str:
        if not self.steady:
            return 'machine is busy'
        low, high = min(self.by_round), max(self.by_round)
        return f'{statistics.median(self.by_round):.2f} ({low:.2f}-{high:.2f})'


def speed_ratio(first: Sequence[float], other: Sequence[float]) -> Ratio:
    """Return how many times as fast the first side is as another.

    Args:
        first: Its images per second in each round.
        other: The other's, in the same rounds.
    """
    by_round = tuple(one / two for one, two in zip(first, other, strict=True))
    return Ratio(by_round, max(_spread(values) for values in (first, other, by_round)))


def busy_sentence(ratios: Mapping[str, Ratio]) -> str:
    """Return a sentence about the ratios that are not named, empty when all are.

    Args:
        ratios: By the name of the other side.
    """
    unsteady = {name: ratio.spread for name, ratio in ratios.items() if not ratio.steady}
    if not unsteady:
        return ''
    spreads = ', '.join(f'{name}: {spread:.1f}' for name, spread in unsteady.items())
    return (
        f'the machine is busy: rounds differ by more than a factor of {LARGEST_SPREAD} '
        f'({spreads}), so that no ratio is given; measure again when nothing else runs'
    )


def _spread(values: Sequence[float]) -> float:
    return max(values) / min(values)
