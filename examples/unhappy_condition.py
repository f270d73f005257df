"""A condition for a behaviour tree: python examples/unhappy_condition.py.

/somebody_unhappy (std_msgs/Bool) is true while anyone has looked unhappy for two seconds. The
topic is latched, so late subscribers get the last value: a tree reads it with RosTopicSubNode of
BehaviorTree.ROS2, or with ToBlackboard of py_trees_ros.
"""

import time

import rclpy
from fer_ros.msg import FaceEmotion, FaceEmotionArray
from rclpy.clock import Clock, ClockType
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile
from rclpy.time import Time
from std_msgs.msg import Bool

UNHAPPY = {'sadness', 'anger', 'disgust', 'fear'}
UNHAPPY_S = 2.0
# A camera that has not reported for this long no longer counts, and starts anew when it does.
STALE_S = 1.0


def looks_unhappy(face: FaceEmotion) -> bool:
    """Return whether a face shows one of the emotions of an unhappy person."""
    return face.emotion in UNHAPPY


def person(face: FaceEmotion) -> tuple[int, int]:
    """Return what identifies a person, even when fer_node starts again and reuses ids."""
    return face.face_id, Time.from_msg(face.first_seen).nanoseconds


class UnhappyCondition(Node):
    """Keeps track of how long each face has looked unhappy."""

    def __init__(self) -> None:
        """Subscribe to /emotion, and check the condition ten times per second."""
        super().__init__('unhappy_condition')
        # By camera: the stamp in seconds of the last message, the one since which each person has
        # looked unhappy, the longest of these durations in seconds, and the (monotonic) time of
        # the last message.
        self._stamp_s: dict[str, float] = {}
        self._since_s: dict[str, dict[tuple[int, int], float]] = {}
        self._longest_s: dict[str, float] = {}
        self._told_s: dict[str, float] = {}
        self._holds: bool | None = None
        latched = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
        self._publisher = self.create_publisher(Bool, 'somebody_unhappy', latched)
        self.create_subscription(FaceEmotionArray, 'emotion', self._on_emotions, 10)
        self.create_timer(0.1, self._publish, clock=Clock(clock_type=ClockType.STEADY_TIME))

    def _on_emotions(self, msg: FaceEmotionArray) -> None:
        camera, now_s = msg.image_topic, Time.from_msg(msg.header.stamp).nanoseconds * 1e-9
        # Nobody knows how people looked while there were no images.
        follows = 0 <= now_s - self._stamp_s.get(camera, now_s) <= STALE_S
        before = self._since_s.get(camera, {}) if follows else {}
        unhappy = [person(face) for face in msg.faces if looks_unhappy(face)]
        since_s = {who: before.get(who, now_s) for who in unhappy}
        self._stamp_s[camera], self._since_s[camera] = now_s, since_s
        self._longest_s[camera] = now_s - min(since_s.values(), default=now_s)
        self._told_s[camera] = time.monotonic()
        self._publish()

    def _publish(self) -> None:
        holds = any(map(self._sees_somebody_unhappy, self._told_s))
        if holds != self._holds:
            self._holds = holds
            self._publisher.publish(Bool(data=holds))
            print('somebody is unhappy' if holds else 'nobody is unhappy', flush=True)

    def _sees_somebody_unhappy(self, camera: str) -> bool:
        silent_s = time.monotonic() - self._told_s[camera]
        return silent_s < STALE_S and self._longest_s[camera] >= UNHAPPY_S


def main() -> None:
    """Run until Ctrl-C."""
    rclpy.init()
    node = UnhappyCondition()
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
