"""shut_down: ends ROS in this process, whoever does so first."""

import rclpy


def shut_down() -> None:
    """Shut down ROS unless that is done; a signal may do so at the same moment."""
    try:
        rclpy.try_shutdown()
    except RuntimeError:
        # rclpy shuts down in a thread of its own after a signal, even between the question
        # whether ROS still runs and the shutdown here.
        if rclpy.ok():
            raise
