"""Prints the faces that fer_node finds, until Ctrl-C: python examples/listen.py."""

import rclpy
from fer_ros.msg import FaceEmotionArray
from rclpy.executors import ExternalShutdownException


def tell(msg: FaceEmotionArray) -> None:
    """Print a line for each face of an image."""
    for face in msg.faces:
        print(face.face_id, face.emotion or 'uncertain', f'{face.confidence:.2f}', flush=True)


def main() -> None:
    """Listen to /emotion until Ctrl-C."""
    rclpy.init()
    node = rclpy.create_node('listener')
    node.create_subscription(FaceEmotionArray, 'emotion', tell, 10)
    try:
        rclpy.spin(node)
    except (KeyboardInterrupt, ExternalShutdownException):
        pass
    finally:
        node.destroy_node()
        rclpy.try_shutdown()


if __name__ == '__main__':
    main()
