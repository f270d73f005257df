"""run_node: the main function shared by all executables."""

import os
import sys
from collections.abc import Callable
from typing import TypeVar

import rclpy
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node
from rclpy.utilities import get_rmw_implementation_identifier

from fer_ros.errors import FerError, SettingError
from fer_ros.ros.dds_profile import send_images_whole
from fer_ros.ros.stop_signals import leave_signals_to_ros
from fer_ros.ros.throttled_log import ThrottledLog

AnyNode = TypeVar('AnyNode', bound=Node)

# Exit code of a node that refuses a setting and would refuse it again: EX_CONFIG of sysexits.h,
# which service managers can be told about too.
REFUSED = 78


def spin_whatever(node: Node) -> None:
    """Spin a node; what is raised is said, as where rclpy cannot take a message, and no end.

    Args:
        node: Node of this process.

    Raises:
        FerError: Raised by a callback, to end the node with its sentence.
    """
    log = ThrottledLog(node.get_logger())
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    while rclpy.ok():
        try:
            executor.spin_once()
        except (FerError, ExternalShutdownException):
            raise
        except Exception as error:
            log.say(node.get_name(), f'{type(error).__name__}: {error}', error)


def run_node(make: Callable[[], AnyNode], spin: Callable[[AnyNode], None] = spin_whatever) -> None:
    """Make a node and spin it until it is stopped; a FerError ends it with its sentence, with
    exit code ``REFUSED`` where it is about a setting.

    Args:
        make: Makes the node.
        spin: Spins it; returns when the node has nothing more to do.
    """
    profile = send_images_whole(os.environ)
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
        # A signal that comes while the node is made shuts ROS down under it.
        if rclpy.ok():
            raise
    finally:
        if node is not None:
            node.destroy_node()
        rclpy.try_shutdown()
