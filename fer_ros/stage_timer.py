"""StageTimer: measures the time that each stage of the pipeline takes."""

import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager


class StageTimer:
    """Sums up time by stage.

    Attributes:
        stage_s: Seconds by stage since the last ``clear``; stages that did not run are missing.
    """

    def __init__(self) -> None:
        self.stage_s: dict[str, float] = defaultdict(float)

    def clear(self) -> None:
        """Reset all times."""
        self.stage_s.clear()

    @contextmanager
    def time(self, stage: str) -> Iterator[None]:
        """Add the duration of the block to a stage's time."""
        start = time.perf_counter()
        yield
        self.add(stage, time.perf_counter() - start)

    def add(self, stage: str, seconds: float) -> None:
        """Add to a stage's time."""
        self.stage_s[stage] += seconds
