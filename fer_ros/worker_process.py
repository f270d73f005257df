"""Processes that work for this one: none outlives it, and one that is killed is told apart."""

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

from fer_ros.errors import WorkerLostError

Task = TypeVar('Task')
Result = TypeVar('Result')

# In which a worker that is told to end removes what it has begun to write.
_GRACE_S = 1.0


class Lifeline:
    """Workers that hold it end when it is cut, or when the process that made it ends in any way.

    Attributes:
        end: What workers are to ``hold``; it is given to them when they are started.
    """

    def __init__(self, context: SpawnContext) -> None:
        """Args:
        context: In which the workers are started. A forked one would hold both ends itself.
        """
        self.end, self._own_end = context.Pipe(duplex=False)

    def cut(self) -> None:
        """Have the workers end within a second."""
        self._own_end.close()

    def __enter__(self) -> 'Lifeline':
        return self

    def __exit__(self, *error: object) -> None:
        self.cut()
        self.end.close()


def hold(end: Connection) -> None:
    """Make this process, which is a worker, end when its lifeline is cut.

    It ends with what ``SystemExit`` removes removed. Ctrl-C, which reaches all processes of a
    terminal, is for the one that holds the other end to answer.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _leave)
    threading.Thread(target=_watch, args=(end,), name='lifeline', daemon=True).start()


def call_apart(
    context: SpawnContext, lifeline: Lifeline, work: Callable[[Task], Result], task: Task
) -> Result:
    """Return what a function makes of a task in a process of its own; threads may call it.

    Args:
        context: In which the process is started.
        lifeline: That it holds.
        work: A function of a module; raises nothing.
        task: What it is called with.

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
    # At work in a library that does not look at signals.
    os._exit(1)


def _leave(signum: int, frame: FrameType | None) -> NoReturn:
    sys.exit(128 + signum)


def _how_it_ended(exitcode: int | None) -> str:
    if exitcode is not None and exitcode < 0:
        name = signal.Signals(-exitcode).name
        hint = ' (out of memory?)' if name == 'SIGKILL' else ''
        return f'its process was ended by {name}{hint}'
    return f'its process ended with exit code {exitcode}'
