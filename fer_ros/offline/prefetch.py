"""Reading ahead and writing behind, in threads: decoding and writing overlap with inference."""

import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Generic, TypeVar

Item = TypeVar('Item')

# How often a thread that waits looks whether it is to stop.
_POLL_S = 0.1
# Time in seconds for the item that is being read at a stop; a stalled camera takes far longer.
_LAST_ITEM_S = 0.5


class _End:
    """Marks the end of a queue's items, with the error that caused it, if any."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.error = error


def read_ahead(
    items: Iterator[Item], depth: int, stop: threading.Event | None = None
) -> Iterator[Item]:
    """Yield ``items``, which a thread reads while the caller works on earlier ones.

    Args:
        items: Iterator that only the thread uses; an error from it is raised here in its place.
        depth: Largest number of waiting items.
        stop: Ends the items once it is set, even while the next one cannot be read.
    """
    stop = stop or threading.Event()
    waiting: queue.Queue[Item | _End] = queue.Queue(depth)
    stopped = threading.Event()

    def put(item: Item | _End) -> None:
        while not stopped.is_set():
            try:
                waiting.put(item, timeout=_POLL_S)
            except queue.Full:
                continue
            return

    def read() -> None:
        try:
            for item in items:
                put(item)
                if stopped.is_set():
                    return
            put(_End())
        except BaseException as error:
            put(_End(error))

    def get() -> Item | _End:
        while not stop.is_set():
            with suppress(queue.Empty):
                return waiting.get(timeout=_POLL_S)
        return _End()

    thread = threading.Thread(target=read, name='read_ahead', daemon=True)
    thread.start()
    try:
        while not isinstance(item := get(), _End):
            yield item
        if item.error is not None:
            raise item.error
    finally:
        stopped.set()
        thread.join(_LAST_ITEM_S if stop.is_set() else None)


class WriteBehind(Generic[Item]):
    """Calls a function in a thread for one item after another; a context manager."""

    def __init__(self, write: Callable[[Item], None], depth: int) -> None:
        """Start the thread.

        Args:
            write: Function that only the thread calls; an error from it is raised by the next
                ``put`` or by ``close``.
            depth: Largest number of waiting items; beyond it ``put`` waits.
        """
        self._write = write
        self._waiting: queue.Queue[Item | _End] = queue.Queue(depth)
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name='write_behind', daemon=True)
        self._thread.start()

    def __enter__(self) -> 'WriteBehind[Item]':
        return self

    def __exit__(self, kind: type[BaseException] | None, *error: object) -> None:
        if kind is None:
            self.close()
            return
        # The original error is raised, not the errors that it led to.
        with suppress(Exception):
            self.close()

    def put(self, item: Item) -> None:
        """Queue an item for writing."""
        self._raise()
        self._waiting.put(item)

    def close(self) -> None:
        """Wait until everything is written."""
        self._waiting.put(_End())
        self._thread.join()
        self._raise()

    def _run(self) -> None:
        while not isinstance(item := self._waiting.get(), _End):
            # After an error, items are dropped, so that nobody waits for room in the queue.
            if self._error is None:
                try:
                    self._write(item)
                except BaseException as error:
                    self._error = error

    def _raise(self) -> None:
        if self._error is not None:
            raise self._error
