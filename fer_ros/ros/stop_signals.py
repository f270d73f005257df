"""end_well_until_ros_listens: a node that is stopped while starting ends cleanly."""

import os
import signal
from types import FrameType
from typing import NoReturn

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def end_well_until_ros_listens() -> None:
    """Have SIGINT and SIGTERM end the process with exit code 0, as they do once rclpy runs.

    The imports of a node take a second, in which Python's default would be a traceback.
    """
    for number in _SIGNALS:
        signal.signal(number, _end)


def leave_signals_to_ros() -> None:
    """Undo ``end_well_until_ros_listens``, before rclpy installs its own handlers."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _end(signum: int, frame: FrameType | None) -> NoReturn:
    # Not an exception: one that is raised in a callback about a deleted object, or caught by a
    # library that is being imported, would be lost, and the node would run on. Nothing has begun.
    os._exit(0)
