"""NewestFrames: hands the newest frame of each source to one thread; older ones are dropped."""

import threading
import time
from collections.abc import Callable, Hashable, Mapping
from typing import Generic, TypeVar

Source = TypeVar('Source', bound=Hashable)
Frame = TypeVar('Frame')


class NewestFrames(Generic[Source, Frame]):
    """Holds one waiting frame per source, and a thread that processes the waiting frames."""

    def __init__(self, process: Callable[[Mapping[Source, Frame]], None]) -> None:
        """Start the thread.

        Args:
            process: Called in the thread with the waiting frames, at most one per source; must not
                raise.
        """
        self._process = process
        self._waiting: dict[Source, Frame] = {}
        self._changed = threading.Condition()
        self._running = True
        self._busy_since_s: float | None = None
        self._thread = threading.Thread(target=self._run, name='fer_frames', daemon=True)
        self._thread.start()

    def offer(self, source: Source, frame: Frame) -> bool:
        """Replace the waiting frame of a source; return whether one was dropped for it."""
        with self._changed:
            dropped = source in self._waiting
            self._waiting[source] = frame
            self._changed.notify()
        return dropped

    def busy_s(self) -> float:
        """Return for how long the current frames have been processed, in seconds; 0 if idle."""
        since_s = self._busy_since_s
        return 0.0 if since_s is None else time.monotonic() - since_s

    def stop(self, within_s: float | None = None) -> bool:
        """End the thread after the current frames.

        Args:
            within_s: Longest time to wait in seconds; None waits without limit.

        Returns:
            Whether the thread has ended.
        """
        with self._changed:
            self._running = False
            self._waiting.clear()
            self._changed.notify()
        self._thread.join(within_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or not self._running)
                if not self._running:
                    return
                frames, self._waiting = self._waiting, {}
            self._busy_since_s = time.monotonic()
            self._process(frames)
            self._busy_since_s = None
