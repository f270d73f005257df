"""Ratio: the speed ratio of two sides, given only if the rounds agree on it."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

# Rounds that differ by a larger factor measure the machine's other load instead.
LARGEST_SPREAD = 1.5


@dataclass(frozen=True)
class Ratio:
    """The speed ratio of two sides.

    Attributes:
        by_round: Ratio in each round.
        spread: Largest factor between two rounds, of either side's speed or of their ratio.
    """

    by_round: tuple[float, ...]
    spread: float

    @property
    def steady(self) -> bool:
        """Whether the rounds agree well enough to give a ratio."""
        return self.spread <= LARGEST_SPREAD

    def figures(self) -> dict[str, Any]:
        """Return the figures for a report, with the ratio itself only if it is steady."""
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
    """Return the speed ratio of the first side to another.

    Args:
        first: Images per second of the first side in each round.
        other: Images per second of the other side in the same rounds.
    """
    by_round = tuple(one / two for one, two in zip(first, other, strict=True))
    return Ratio(by_round, max(_spread(values) for values in (first, other, by_round)))


def busy_sentence(ratios: Mapping[str, Ratio]) -> str:
    """Return a sentence about the ratios that are not given; empty if all are.

    Args:
        ratios: Ratios by name of the other side.
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
