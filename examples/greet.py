"""Greets each person who smiles at the robot, once: python examples/greet.py.

The greeting is printed and published on /say (std_msgs/String), for a text-to-speech node.
"""

import math

import rclpy
from fer_ros.msg import FaceEmotion, FaceEmotionArray
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node
from rclpy.time import Time
from std_msgs.msg import String

# Somebody looks at the robot if the face points past the camera by less than this.
LOOKS_HERE_RAD = math.radians(20)
# A smile counts only if it lasts.
SMILES_S = 0.5


def smiles_at_robot(face: FaceEmotion) -> bool:
    """Return whether a face shows happiness and is turned to the camera."""
    # An unknown angle is NaN, which is not less than anything.
    return face.emotion == 'happiness' and face.facing_angle < LOOKS_HERE_RAD


class Greeter(Node):
    """Says hello and remembers to whom."""

    def __init__(self) -> None:
        """Subscribe to /emotion."""
        super().__init__('greeter')
        # By camera: stamp in seconds since which each face has been smiling at the robot.
        self._smiling_since_s: dict[str, dict[int, float]] = {}
        self._greeted: set[tuple[int, int]] = set()
        self._say = self.create_publisher(String, 'say', 10)
        self.create_subscription(FaceEmotionArray, 'emotion', self._on_emotions, 10)

    def _on_emotions(self, msg: FaceEmotionArray) -> None:
        # Use the time at which images were taken, however late they are processed.
        now_s = Time.from_msg(msg.header.stamp).nanoseconds * 1e-9
        before = self._smiling_since_s.get(msg.image_topic, {})
        smiling = [face for face in msg.faces if smiles_at_robot(face)]
        since_s = {face.face_id: before.get(face.face_id, now_s) for face in smiling}
        self._smiling_since_s[msg.image_topic] = since_s
        for face in smiling:
            if now_s - since_s[face.face_id] >= SMILES_S:
                self._greet(face)

    def _greet(self, face: FaceEmotion) -> None:
        # Ids start again with fer_node; the time of a face's first image does not repeat.
        person = face.face_id, Time.from_msg(face.first_seen).nanoseconds
        if person not in self._greeted:
            self._greeted.add(person)
            hello = f'Hello, number {face.face_id}!'
            print(hello, flush=True)
            self._say.publish(String(data=hello))


def main() -> None:
    """Run until Ctrl-C."""
    rclpy.init()
    node = Greeter()
    try:
        rclpy.spin(node)
    except (KeyboardInterrupt, ExternalShutdownException):
        pass
    finally:
        node.destroy_node()
        rclpy.try_shutdown()


if __name__ == '__main__':
    main()
