"""How a command ends: errors as a sentence, signals with the exit code that a shell expects."""

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, NoReturn

from fer_ros.errors import FerError, os_reason

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


class Terminated(KeyboardInterrupt):
    """SIGTERM was received; handled like Ctrl-C."""


@contextmanager
def ending_well(command: str) -> Iterator[None]:
    """End the program properly if a command raises an exception or receives a signal.

    A ``FerError``, an error of the operating system or a missing extra ends it with one sentence
    and exit code 1, SIGINT and SIGTERM with the exit code that a shell expects.

    Args:
        command: Name of the command.
    """
    told: list[int] = []
    try:
        with _noting_signals(told):
            yield
    except BaseException as error:
        # A library that is being imported may turn it into another error.
        if told or isinstance(error, KeyboardInterrupt):
            number = told[0] if told else signal.SIGINT
            how = 'terminated' if number == signal.SIGTERM else 'interrupted'
            print(f'fer-ros: {how}', file=sys.stderr)
            sys.exit(128 + number)
        if isinstance(error, FerError | OSError | ModuleNotFoundError):
            sys.exit(_sentence(error, command))
        raise


def _sentence(error: Exception, command: str) -> str:
    if isinstance(error, OSError):
        # Partial output is in a temporary file, which is removed.
        place = f'{error.filename}: ' if error.filename else ''
        return f'fer-ros: {place}{os_reason(error)}'
    if isinstance(error, ModuleNotFoundError):
        module = (error.name or '').partition('.')[0]
        if module not in EXTRA_OF:
            raise error
        return (
            f'fer-ros {command}: {module} is not installed: '
            f"pip install 'fer_ros[{EXTRA_OF[module]}]'"
        )
    return f'fer-ros: {error}'


@contextmanager
def _noting_signals(told: list[int]) -> Iterator[None]:
    """Record SIGINT and SIGTERM, and raise an exception that ends the program cleanly."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def end(signum: int, frame: FrameType | None) -> NoReturn:
        told.append(signum)
        raise Terminated if signum == signal.SIGTERM else KeyboardInterrupt

    def end_again(signum: int, frame: FrameType | None) -> NoReturn:
        end(told[-1], frame)

    def on_unraisable(unraisable: Any) -> None:
        # Python drops exceptions that are raised in callbacks about deleted objects.
        if isinstance(unraisable.exc_value, KeyboardInterrupt):
            signal.setitimer(signal.ITIMER_REAL, 0.01)
        else:
            hook(unraisable)

    handlers = {signal.SIGINT: end, signal.SIGTERM: end, signal.SIGALRM: end_again}
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    hook, sys.unraisablehook = sys.unraisablehook, on_unraisable
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        sys.unraisablehook = hook
        for number, handler in before.items():
            signal.signal(number, handler)
