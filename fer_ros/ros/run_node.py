"""run_node: the main function shared by all executables."""

import os
import sys
from collections.abc import Callable
from typing import Any, TypeVar

import rclpy
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node
from rclpy.utilities import get_rmw_implementation_identifier

from fer_ros.errors import FerError, SettingError
from fer_ros.ros.dds_profile import send_images_whole
from fer_ros.ros.shut_down import shut_down
from fer_ros.ros.stop_signals import leave_signals_to_ros
from fer_ros.ros.throttled_log import ThrottledLog

AnyNode = TypeVar('AnyNode', bound=Node)

# Exit code of a node that refuses a setting, so that a restart would not help: EX_CONFIG of
# sysexits.h, which service managers can be configured to respect.
REFUSED = 78
# A signal in the moment before rclpy begins to wait does not wake it.
_LOOK_EVERY_S = 1.0


def spin_whatever(node: Node) -> None:
    """Spin a node; exceptions, as from a message that rclpy cannot take, are logged.

    Args:
        node: Node of this process.

    Raises:
        FerError: A callback raised it, which ends the node.
    """
    log = ThrottledLog(node.get_logger())
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    while rclpy.ok():
        try:
            executor.spin_once(_LOOK_EVERY_S)
        except (FerError, ExternalShutdownException):
            raise
        except Exception as error:
            # What is published while a signal shuts ROS down fails, and nobody needs to know.
            if not rclpy.ok():
                return
            log.say(node.get_name(), f'{type(error).__name__}: {error}', error)


def run_node(make: Callable[[], AnyNode], spin: Callable[[AnyNode], None] = spin_whatever) -> None:
    """Create a node and spin it until it is stopped.

    A ``FerError`` ends the process with its message; the exit code of a ``SettingError`` is
    ``REFUSED``.

    Args:
        make: Creates the node.
        spin: Spins the node; returns when it has nothing more to do.
    """
    profile = send_images_whole(os.environ)
    sys.unraisablehook = _without_unfinished_objects(sys.unraisablehook)
    leave_signals_to_ros()
    rclpy.init()
    node = None
    try:
        node = make()
        rmw = get_rmw_implementation_identifier()
        node.get_logger().info(f'middleware {rmw}' + (f', {profile}' if 'fastrtps' in rmw else ''))
        spin(node)
    except (KeyboardInterrupt, ExternalShutdownException):
        pass
    except SettingError as error:
        print(error, file=sys.stderr)
        sys.exit(REFUSED)
    except FerError as error:
        sys.exit(str(error))
    except Exception:
        # A signal during the creation of the node shuts down ROS and makes the creation fail.
        if rclpy.ok():
            raise
    finally:
        if node is not None:
            node.destroy_node()
        shut_down()


def _without_unfinished_objects(report: Callable[[Any], object]) -> Callable[[Any], None]:
    """Return an unraisable hook that ignores objects of rclpy which a signal left unfinished.

    Args:
        report: Hook for all other exceptions.
    """

    def hook(unraisable: Any) -> None:
        # Their __del__ destroys attributes that __init__ did not reach.
        of_rclpy = str(getattr(unraisable.object, '__module__', '')).startswith('rclpy.')
        if rclpy.ok() or not of_rclpy:
            report(unraisable)

    return hook
