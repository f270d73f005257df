"""StageTimer: how long each stage of the pipeline took."""

import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager


class StageTimer:
    """Sums up time by stage.

    Attributes:
        stage_s: Seconds by stage since the last ``clear``; a stage that was not run is missing.
    """

    def __init__(self) -> None:
        self.stage_s: dict[str, float] = defaultdict(float)

    def clear(self) -> None:
        """Begin anew."""
        self.stage_s.clear()

    @contextmanager
    def time(self, stage: str) -> Iterator[None]:
        """Add the time of the block to a stage's."""
        start = time.perf_counter()
        yield
        self.add(stage, time.perf_counter() - start)

    def add(self, stage: str, seconds: float) -> None:
        """Add to a stage's time."""
        self.stage_s[stage] += seconds
