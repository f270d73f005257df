"""CosineSchedule: the learning rate over a training."""

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class CosineSchedule:
    """Rises linearly, then falls along half a cosine to 0 (Loshchilov & Hutter 2017, SGDR).

    Attributes:
        peak: Highest rate, at the end of the rise.
        warmup_steps: Number of steps over which the rate rises.
        total_steps: Number of steps of the training.
    """

    peak: float
    warmup_steps: float
    total_steps: int

    def rate(self, step: int) -> float:
        """Return the rate of a step, counted from 0."""
        if step < self.warmup_steps:
            # The rise may end between two steps.
            return self.peak * min((step + 1) / self.warmup_steps, 1.0)
        done = (step - self.warmup_steps) / (self.total_steps - self.warmup_steps)
        return self.peak * (1 + math.cos(math.pi * done)) / 2
