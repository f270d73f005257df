"""Worker processes that never outlive their parent; killed ones are reported as such."""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnContext
from types import FrameType
from typing import Any, NoReturn, TypeVar

from fer_ros.atomic_file import undo_unfinished
from fer_ros.errors import WorkerLostError

Task = TypeVar('Task')
Result = TypeVar('Result')

# Time in seconds for a terminated worker to remove unfinished output.
_GRACE_S = 0.5


class Lifeline:
    """Ends the workers that hold it when it is cut, or when its creator ends in any way.

    Attributes:
        end: Connection for workers to ``hold``, passed to them on start.
    """

    def __init__(self, context: SpawnContext) -> None:
        """Args:
        context: Context for starting workers. A forked worker would itself hold both ends.
        """
        self.end, self._own_end = context.Pipe(duplex=False)

    def cut(self) -> None:
        """Make the workers end within a second."""
        self._own_end.close()

    def __enter__(self) -> 'Lifeline':
        return self

    def __exit__(self, *error: object) -> None:
        self.cut()
        self.end.close()


def hold(end: Connection) -> None:
    """Make this worker process end when its lifeline is cut.

    It ends by ``SystemExit``, so that temporary files are removed. Ctrl-C, which reaches all
    processes in a terminal, is left to the process that holds the other end.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _leave)
    threading.Thread(target=_watch, args=(end,), name='lifeline', daemon=True).start()


def call_apart(
    context: SpawnContext, lifeline: Lifeline, work: Callable[[Task], Result], task: Task
) -> Result:
    """Run a function on a task in a new process and return its result; threads may call it.

    Args:
        context: Context for starting the process.
        lifeline: Lifeline for the process to hold.
        work: Module-level function that raises nothing.
        task: Argument of the function.

    Raises:
        WorkerLostError: The process ended before the function did.
    """
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_answer, args=(sender, lifeline.end, work, task))
    with receiver:
        with sender:
            process.start()
        try:
            result: Result = receiver.recv()
        except EOFError:
            process.join()
            raise WorkerLostError(_how_it_ended(process.exitcode)) from None
    process.join()
    return result


def _answer(
    sender: Connection, lifeline_end: Connection, work: Callable[[Any], Any], task: Any
) -> None:
    hold(lifeline_end)
    sender.send(work(task))


def _watch(end: Connection) -> None:
    wait([end])
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(_GRACE_S)
    # The worker is busy in a library that ignores signals.
    undo_unfinished()
    os._exit(1)


def _leave(signum: int, frame: FrameType | None) -> NoReturn:
    sys.exit(128 + signum)


def _how_it_ended(exitcode: int | None) -> str:
    if exitcode is not None and exitcode < 0:
        name = signal.Signals(-exitcode).name
        hint = ' (out of memory?)' if name == 'SIGKILL' else ''
        return f'its process was ended by {name}{hint}'
    return f'its process ended with exit code {exitcode}'
