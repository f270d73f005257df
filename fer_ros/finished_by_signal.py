"""finished_by_signal: a signal ends the work of a block by completing it, not by undoing it."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

# ``timeout`` and others send a signal to a process and to its group: it arrives twice.
_SAME_SIGNAL_S = 0.5

_stops: list[threading.Event] = []


@contextmanager
def finished_by_signal(stop: threading.Event) -> Iterator[None]:
    """Let the first SIGINT or SIGTERM set an event; a second one ends the program.

    For what cannot be repeated, such as the recording of a camera: the block completes what it
    has, however long that takes. The commands' handlers of signals, which call
    ``SignalCount.asks_to_finish``, see to it.

    Args:
        stop: Event that asks the block to finish.
    """
    _stops.append(stop)
    try:
        yield
    finally:
        _stops.remove(stop)


class SignalCount:
    """Tells the signal that asks for completion from the one that ends the program.

    Attributes:
        signals: Number of signals that arrived during a block of ``finished_by_signal``.
    """

    def __init__(self) -> None:
        """Begin to count; each thread that learns of signals counts for itself."""
        self.signals = 0
        self._first_s = 0.0

    def asks_to_finish(self) -> bool:
        """Count a signal that has just arrived, and set the events at the first.

        Returns:
            Whether the program goes on; ``False`` outside a block of ``finished_by_signal``.
        """
        if not _stops:
            return False
        now_s = time.monotonic()
        self.signals += 1
        if self.signals == 1:
            self._first_s = now_s
            for stop in _stops:
                stop.set()
        return now_s - self._first_s < _SAME_SIGNAL_S
