"""Hands the newest images of all cameras to one thread; older ones are dropped and counted."""

import threading
from collections import Counter
from collections.abc import Callable, Hashable, Mapping
from typing import Generic, TypeVar

Camera = TypeVar('Camera', bound=Hashable)
Frame = TypeVar('Frame')


class NewestFrames(Generic[Camera, Frame]):
    """A place for one waiting frame per camera and a thread that processes those that wait."""

    def __init__(self, process: Callable[[Mapping[Camera, Frame]], None]) -> None:
        """Start the thread.

        Args:
            process: Called in the thread with the frames that wait, one of each camera at most;
                must not raise.
        """
        self._process = process
        self._waiting: dict[Camera, Frame] = {}
        self._dropped: Counter[Camera] = Counter()
        self._changed = threading.Condition()
        self._running = True
        self._thread = threading.Thread(target=self._run, name='fer_frames', daemon=True)
        self._thread.start()

    def offer(self, camera: Camera, frame: Frame) -> None:
        """Put a frame in place of the one that still waits, which is then dropped."""
        with self._changed:
            if camera in self._waiting:
                self._dropped[camera] += 1
            self._waiting[camera] = frame
            self._changed.notify()

    def dropped(self, camera: Camera) -> int:
        """Return how many frames of a camera were dropped so far."""
        return self._dropped[camera]

    def stop(self) -> None:
        """Finish the frames that are being processed and end the thread."""
        with self._changed:
            self._running = False
            self._waiting.clear()
            self._changed.notify()
        self._thread.join()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or not self._running)
                if not self._running:
                    return
                frames, self._waiting = self._waiting, {}
            self._process(frames)
