"""started: processes of a launch file, restarted on request when they end."""

import time
from collections.abc import Callable
from typing import Any

from launch.actions import ExecuteProcess, RegisterEventHandler, TimerAction
from launch.event_handlers import OnProcessExit
from launch.events.process import ProcessExited
from launch.substitutions import LaunchConfiguration

from fer_ros.ros.run_node import REFUSED
from launch import Action, LaunchContext

# A process that ends this soon after its start has failed; after this many in a row, give up.
_SOON_S = 30.0
_MOST_IN_A_ROW = 5


def started(make: Callable[[], ExecuteProcess], context: LaunchContext) -> list[Action]:
    """Return the actions that start a process and, with ``respawn:=true``, restart it.

    It is not restarted if it ended with exit code 0, if it refused a setting, if it ended soon
    after its start five times in a row, or if the launch is shutting down.

    Args:
        make: Returns a new action that starts the process.
        context: Context with the launch arguments ``respawn`` and ``respawn_delay_s``.
    """
    if LaunchConfiguration('respawn').perform(context) != 'true':
        return [make()]
    return _watched(make, float(LaunchConfiguration('respawn_delay_s').perform(context)), 1)


def _watched(make: Callable[[], ExecuteProcess], delay_s: float, attempt: int) -> list[Action]:
    process, start_s = make(), time.monotonic()

    def again(event: ProcessExited, context: LaunchContext) -> Any:
        if context.is_shutdown or event.returncode in (0, REFUSED):
            return None
        soon = time.monotonic() - start_s < _SOON_S + delay_s
        if soon and attempt == _MOST_IN_A_ROW:
            return None
        following = _watched(make, delay_s, attempt + 1 if soon else 1)
        return TimerAction(period=delay_s, actions=following)

    handler = OnProcessExit(target_action=process, on_exit=again)
    return [RegisterEventHandler(handler), process]
