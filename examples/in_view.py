"""Prints who is in view whenever this changes, until Ctrl-C: python examples/in_view.py."""

import rclpy
from fer_ros.msg import FaceEmotionArray
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node


class InView(Node):
    """Keeps track of the faces that each camera sees."""

    def __init__(self) -> None:
        """Subscribe to /emotion."""
        super().__init__('in_view')
        self._seen: dict[str, list[str]] = {}
        self.create_subscription(FaceEmotionArray, 'emotion', self._on_emotions, 10)

    def _on_emotions(self, msg: FaceEmotionArray) -> None:
        # The emotion is empty unless it is certain enough; face_id stays the same while a face is
        # there.
        seen = [f'{face.face_id} {face.emotion or "uncertain"}' for face in msg.faces]
        if seen != self._seen.get(msg.image_topic):
            self._seen[msg.image_topic] = seen
            print(f'{msg.image_topic}: {", ".join(seen) or "nobody"}', flush=True)


def main() -> None:
    """Run until Ctrl-C."""
    rclpy.init()
    node = InView()
    try:
        rclpy.spin(node)
    except (KeyboardInterrupt, ExternalShutdownException):
        pass
    except Exception:
        # Ctrl-C shuts ROS down, which may make what is being done at that moment fail.
        if rclpy.ok():
            raise
    finally:
        node.destroy_node()
        rclpy.try_shutdown()


if __name__ == '__main__':
    main()
