"""end_well_until_ros_listens: a node that is stopped while it is still starting ends cleanly."""

import signal
import sys
from types import FrameType
from typing import NoReturn

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def end_well_until_ros_listens() -> None:
    """Have SIGINT and SIGTERM end the process with exit code 0, as they do once rclpy is there.

    To import what a node needs takes a second.
    """
    for number in _SIGNALS:
        signal.signal(number, _end)


def leave_signals_to_ros() -> None:
    """Undo ``end_well_until_ros_listens``, before rclpy is set up."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _end(signum: int, frame: FrameType | None) -> NoReturn:
    sys.exit(0)
