"""python -m fer_ros.ros.when_active NODE COMMAND: runs a command once a node is active."""

import os
import sys
import time
from collections.abc import Sequence

import rclpy
from lifecycle_msgs.msg import State
from lifecycle_msgs.srv import GetState
from rclpy.client import Client
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node

from fer_ros.ros.dds_profile import send_images_whole
from fer_ros.ros.shut_down import shut_down

_ASK_EVERY_S = 0.2
_ANSWER_WITHIN_S = 2.0
_TELL_EVERY_S = 5.0


def wait_until_active(node: Node, name: str) -> None:
    """Return when a lifecycle node is active; log every few seconds that it is not yet.

    The state is polled, because a transition event may be published before the subscription to
    it is matched.

    Args:
        node: Node that makes the requests.
        name: Full name of the lifecycle node.
    """
    client = node.create_client(GetState, f'{name}/get_state')
    told_s = time.monotonic()
    while not _is_active(node, client):
        if time.monotonic() - told_s > _TELL_EVERY_S:
            node.get_logger().info(f'waiting until {name} is active')
            told_s = time.monotonic()
    node.destroy_client(client)


def _is_active(node: Node, client: Client) -> bool:
    if not client.wait_for_service(_ASK_EVERY_S):
        return False
    future = client.call_async(GetState.Request())
    rclpy.spin_until_future_complete(node, future, timeout_sec=_ANSWER_WITHIN_S)
    if not future.done():
        client.remove_pending_request(future)
        return False
    if future.result().current_state.id == State.PRIMARY_STATE_ACTIVE:
        return True
    time.sleep(_ASK_EVERY_S)
    return False


def main(arguments: Sequence[str] | None = None) -> None:
    """Wait for the node, then replace this process with the command.

    Args:
        arguments: Full name of the node, then the command; by default those of the process.
    """
    name, *command = sys.argv[1:] if arguments is None else arguments
    send_images_whole(os.environ)
    rclpy.init(args=[])
    try:
        node = rclpy.create_node('when_active')
        wait_until_active(node, name)
        node.destroy_node()
    except (KeyboardInterrupt, ExternalShutdownException):
        return
    except Exception:
        # A signal shuts down ROS, and what waits for the node fails.
        if rclpy.ok():
            raise
        return
    finally:
        shut_down()
    try:
        os.execvp(command[0], command)
    except OSError as error:
        sys.exit(f'{command[0]} cannot be started: {error.strerror}')


if __name__ == '__main__':
    main()
