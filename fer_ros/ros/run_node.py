"""run_node: what every executable does around its node."""

import os
import sys
from collections.abc import Callable, MutableMapping
from pathlib import Path
from typing import TypeVar

import rclpy
from ament_index_python.packages import get_package_share_directory
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node

from fer_ros.errors import FerError

AnyNode = TypeVar('AnyNode', bound=Node)


def run_node(make: Callable[[], AnyNode], spin: Callable[[AnyNode], None] = rclpy.spin) -> None:
    """Make a node and spin it until it is stopped; a FerError ends it with its sentence.

    Args:
        make: Makes the node.
        spin: Spins it; returns when the node has nothing more to do.
    """
    send_images_whole(os.environ)
    rclpy.init()
    node = None
    try:
        node = make()
        spin(node)
    except (KeyboardInterrupt, ExternalShutdownException):
        pass
    except FerError as error:
        sys.exit(str(error))
    finally:
        if node is not None:
            node.destroy_node()
        rclpy.try_shutdown()


# Where Fast DDS looks for a profile, and what says how it sends without one.
_PROFILE = 'FASTRTPS_DEFAULT_PROFILES_FILE'


_CHOICES = (_PROFILE, 'FASTDDS_DEFAULT_PROFILES_FILE', 'FASTDDS_BUILTIN_TRANSPORTS')


def send_images_whole(environment: MutableMapping[str, str]) -> None:
    """Choose ``config/fast_dds.xml`` for Fast DDS, unless somebody has chosen already.

    Args:
        environment: Of the process; read by Fast DDS when the first node is made, and by no other
            middleware.
    """
    if not any(environment.get(name) for name in _CHOICES):
        share = Path(get_package_share_directory('fer_ros'))
        environment[_PROFILE] = str(share / 'config' / 'fast_dds.xml')
