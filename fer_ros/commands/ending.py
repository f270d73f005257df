"""How a command ends: errors as a sentence, signals with the exit code that a shell expects."""

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any

from fer_ros.atomic_file import undo_unfinished
from fer_ros.errors import FerError, os_reason
from fer_ros.finished_by_signal import SignalCount
from fer_ros.printable import printable

# For each module that plain `pip install .` does not install, the extra that does.
EXTRA_OF = {
    'onnx': 'train',
    'safetensors': 'train',
    'tensorboard': 'train',
    'torch': 'train',
    'torch_geometric': 'train',
    'pyarrow': 'tables',
    'dask': 'cluster',
    'distributed': 'cluster',
}


_HOW = {signal.SIGINT: 'interrupted', signal.SIGTERM: 'terminated'}
# Time in seconds after a signal for the command to end by itself.
_GRACE_S = 1.5
# The process that removes the semaphores of a program that could not would warn of that.
_QUIET_TRACKER = 'ignore:resource_tracker:UserWarning'

_FINISHING = 'fer-ros: completing the recording; press Ctrl-C again to discard it\n'

# Whether the command has said that it ends because of a signal.
_said = threading.Event()


class Terminated(KeyboardInterrupt):
    """SIGTERM was received; handled like Ctrl-C."""


@contextmanager
def ending_well(command: str) -> Iterator[None]:
    """End the program properly if a command raises an exception or receives a signal.

    A ``FerError``, an error of the operating system or a missing extra ends it with one sentence
    and exit code 1, SIGINT and SIGTERM with the exit code that a shell expects. The first signal
    in a block of ``finished_by_signal`` does not end it.

    Args:
        command: Name of the command.
    """
    told: list[int] = []
    _said.clear()
    try:
        with _noting_signals(told):
            yield
    except BaseException as error:
        # A library that is being imported may turn it into another error.
        if told or isinstance(error, KeyboardInterrupt):
            number = told[0] if told else signal.SIGINT
            _said.set()
            print(f'fer-ros: {_HOW[signal.Signals(number)]}', file=sys.stderr)
            sys.exit(128 + number)
        if isinstance(error, FerError | OSError | ModuleNotFoundError):
            sys.exit(_sentence(error, command))
        raise


def _sentence(error: Exception, command: str) -> str:
    if isinstance(error, OSError):
        # Partial output is in a temporary file, which is removed.
        place = f'{printable(str(error.filename))}: ' if error.filename else ''
        return f'fer-ros: {place}{os_reason(error)}'
    if isinstance(error, ModuleNotFoundError):
        module = (error.name or '').partition('.')[0]
        if module not in EXTRA_OF:
            raise error
        return (
            f'fer-ros {command}: {module} is not installed: '
            f"pip install 'fer_ros[{EXTRA_OF[module]}]'"
        )
    return printable(f'fer-ros: {error}')


@contextmanager
def _noting_signals(told: list[int]) -> Iterator[None]:
    """Record SIGINT and SIGTERM, and raise an exception that ends the program cleanly, unless the
    work at hand is to be finished.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    count = SignalCount()

    def end(signum: int, frame: FrameType | None) -> None:
        if not told and count.asks_to_finish():
            if count.signals == 1:
                _say(_FINISHING)
            return
        # A later one would only cut short how the command leaves what it has begun.
        if not told:
            told.append(signum)
            raise Terminated if signum == signal.SIGTERM else KeyboardInterrupt

    def on_unraisable(unraisable: Any) -> None:
        # Python drops what is raised while it calls back about a deleted object: then it is
        # ``end_in_time`` that ends the command.
        if not isinstance(unraisable.exc_value, KeyboardInterrupt):
            hook(unraisable)

    before = {number: signal.signal(number, end) for number in _HOW}
    hook, sys.unraisablehook = sys.unraisablehook, on_unraisable
    try:
        yield
    finally:
        sys.unraisablehook = hook
        for number, handler in before.items():
            signal.signal(number, handler)


def end_in_time() -> None:
    """Have SIGINT and SIGTERM end this program within two seconds, whatever it is at.

    An exception that a signal raises waits for the library that is at work, or is lost in one, and
    at its end Python waits for threads. A program that has not ended soon is ended from here,
    without anything half-written. After a first signal, a block of ``finished_by_signal`` has all
    the time that it takes.
    """
    filters = os.environ.get('PYTHONWARNINGS')
    os.environ['PYTHONWARNINGS'] = f'{filters},{_QUIET_TRACKER}' if filters else _QUIET_TRACKER
    heard, told = os.pipe()
    os.set_blocking(told, False)
    # Python writes the number of a signal there at once, its handler is called later.
    signal.set_wakeup_fd(told, warn_on_full_buffer=False)
    os.register_at_fork(after_in_child=_forget_signals)
    threading.Thread(target=_end_after, args=(heard,), name='deadline', daemon=True).start()


def _end_after(heard: int) -> None:
    count = SignalCount()
    number = 0
    while number not in _HOW or count.asks_to_finish():
        number = os.read(heard, 1)[0]
    time.sleep(_GRACE_S)
    if not _said.is_set():
        _say(f'fer-ros: {_HOW[signal.Signals(number)]}\n')
    # Last of all: the main thread may still be writing.
    undo_unfinished()
    os._exit(128 + number)


def _say(line: str) -> None:
    """Write a line, not by ``sys.stderr``, which the main thread may hold."""
    # On a terminal, the cursor may stand after a progress bar.
    os.write(2, f'\n{line}'.encode() if os.isatty(2) else line.encode())


def _forget_signals() -> None:
    """Keep a forked process from telling its parent of its own signals."""
    with suppress(ValueError):
        signal.set_wakeup_fd(-1)
