"""run_node: what every executable does around its node."""

import os
import sys
from collections.abc import Callable
from typing import TypeVar

import rclpy
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node
from rclpy.utilities import get_rmw_implementation_identifier

from fer_ros.errors import FerError
from fer_ros.ros.dds_profile import send_images_whole

AnyNode = TypeVar('AnyNode', bound=Node)


def run_node(make: Callable[[], AnyNode], spin: Callable[[AnyNode], None] = rclpy.spin) -> None:
    """Make a node and spin it until it is stopped; a FerError ends it with its sentence.

    Args:
        make: Makes the node.
        spin: Spins it; returns when the node has nothing more to do.
    """
    profile = send_images_whole(os.environ)
    rclpy.init()
    node = None
    try:
        node = make()
        rmw = get_rmw_implementation_identifier()
        node.get_logger().info(f'middleware {rmw}' + (f', {profile}' if 'fastrtps' in rmw else ''))
        spin(node)
    except (KeyboardInterrupt, ExternalShutdownException):
        pass
    except FerError as error:
        sys.exit(str(error))
    finally:
        if node is not None:
            node.destroy_node()
        rclpy.try_shutdown()
