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
# After this long without an image of a camera, nobody knows whether a smile lasted.
STALE_S = 1.0


def smiles_at_robot(face: FaceEmotion) -> bool:
    """Return whether a face shows happiness and is turned to the camera."""
    # An unknown angle is NaN, which is not less than anything.
    return face.emotion == 'happiness' and face.facing_angle < LOOKS_HERE_RAD


def person(face: FaceEmotion) -> tuple[int, int]:
    """Return what identifies a person, even when fer_node starts again and reuses ids."""
    return face.face_id, Time.from_msg(face.first_seen).nanoseconds


class Greeter(Node):
    """Says hello and remembers to whom."""

    def __init__(self) -> None:
        """Subscribe to /emotion."""
        super().__init__('greeter')
        # By camera: the stamp in seconds of the last message, and the one since which each person
        # has been smiling at the robot.
        self._stamp_s: dict[str, float] = {}
        self._since_s: dict[str, dict[tuple[int, int], float]] = {}
        self._greeted: set[tuple[int, int]] = set()
        self._say = self.create_publisher(String, 'say', 10)
        self.create_subscription(FaceEmotionArray, 'emotion', self._on_emotions, 10)

    def _on_emotions(self, msg: FaceEmotionArray) -> None:
        # Use the time at which images were taken, however late they are processed.
        camera, now_s = msg.image_topic, Time.from_msg(msg.header.stamp).nanoseconds * 1e-9
        follows = 0 <= now_s - self._stamp_s.get(camera, now_s) <= STALE_S
        before = self._since_s.get(camera, {}) if follows else {}
        smiling = [person(face) for face in msg.faces if smiles_at_robot(face)]
        since_s = {who: before.get(who, now_s) for who in smiling}
        self._stamp_s[camera], self._since_s[camera] = now_s, since_s
        for who in smiling:
            if now_s - since_s[who] >= SMILES_S and who not in self._greeted:
                self._greet(who)

    def _greet(self, who: tuple[int, int]) -> None:
        self._greeted.add(who)
        hello = f'Hello, number {who[0]}!'
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
    except Exception:
        # Ctrl-C shuts ROS down, which may make what is being done at that moment fail.
        if rclpy.ok():
            raise
    finally:
        node.destroy_node()
        rclpy.try_shutdown()


if __name__ == '__main__':
    main()
