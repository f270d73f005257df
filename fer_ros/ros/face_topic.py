"""FaceTopic: the boxes that another detector finds in the images of one topic."""

import time
from collections.abc import Callable, Collection
from typing import Any

from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rclpy.subscription import Subscription

from fer_ros.media.image_clock import stamp_s
from fer_ros.messages.detections import boxes_from_detections, classes_of_detections
from fer_ros.messages.image_transport import sibling_topic
from fer_ros.structures import FaceBox

# A detector slower than the camera may send the boxes of several images at once.
_DEPTH = 10
# How many names of other classes are told, and how many letters of each.
_NAMES, _NAME = 10, 40


# EmotionPipeline.report
Report = Callable[..., str]
# Called with the name of a topic and what is wrong with it.
Say = Callable[[str, str], None]


def face_topic_name(face_topic: str, image_topic: str) -> str:
    """Return the full name of a topic of boxes.

    Args:
        face_topic: Value of the parameter: a full name if it starts with a slash, otherwise a
            name in the namespace of the image topic.
        image_topic: Full name of the image topic: ``detections`` beside
            ``/camera/image_raw/compressed`` is ``/camera/detections``.
    """
    if face_topic.startswith('/'):
        return face_topic
    return sibling_topic(image_topic, face_topic)


# What the pipeline does while an external detector is silent.
WITHOUT_BOXES = 'known faces are tracked, new ones are not found'


def report_boxes(
    report: Report, boxes: list[FaceBox], stamp: Any, arrival_ns: int, normalised: bool = False
) -> str:
    """Report the boxes of a message.

    Args:
        report: ``EmotionPipeline.report``.
        boxes: Boxes of faces.
        stamp: Stamp of the message, a ``builtin_interfaces/Time``.
        arrival_ns: When it came, by the clock of the images' stamps.
        normalised: Whether the boxes are in widths and heights of the image instead of pixels.

    Returns:
        What is wrong with it; empty where nothing is.
    """
    stamp_ns = stamp.sec * 1_000_000_000 + stamp.nanosec
    if fault := report(boxes, stamp_s(stamp_ns or arrival_ns), normalised):
        return f'boxes are {fault} and are ignored: their detector must copy the image stamp'
    return '' if stamp_ns else 'boxes have no stamp; the time of arrival is used'


class FaceTopic:
    """Passes the boxes of ``vision_msgs/Detection2DArray`` to the pipeline of an image topic.

    Attributes:
        name: Full name of the topic.
    """

    def __init__(self, name: str, classes: Collection[str], message: Any) -> None:
        """Args:
        name: Full name of the topic.
        classes: Class IDs that mean a face; see ``boxes_from_detections``.
        message: The message class ``Detection2DArray``.
        """
        self.name = name
        self._classes, self._message = classes, message
        self._node: Node | None = None
        self._subscription: Subscription | None = None
        self._last_s = 0.0
        # Other classes received; None once a face has been received.
        self._other_classes: set[str] | None = set()

    def subscribe(
        self,
        node: Node,
        report: Report,
        say: Say,
    ) -> None:
        """Subscribe.

        Args:
            node: Node that owns the subscription.
            report: ``EmotionPipeline.report`` of the image topic.
            say: Called with the topic's name and what is wrong with the boxes.
        """

        def on_boxes(msg: Any) -> None:
            if fault := self.take(msg, report, node.get_clock().now().nanoseconds):
                say(self.name, fault)

        # Best effort matches every publisher, and messages this small are not lost.
        qos = QoSProfile(depth=_DEPTH, reliability=ReliabilityPolicy.BEST_EFFORT)
        self._node, self._last_s, self._other_classes = node, time.monotonic(), set()
        self._subscription = node.create_subscription(self._message, self.name, on_boxes, qos)

    def unsubscribe(self) -> None:
        """Unsubscribe, if subscribed."""
        if self._node is not None and self._subscription is not None:
            self._node.destroy_subscription(self._subscription)
        self._subscription = None

    def take(self, msg: Any, report: Report, arrival_ns: int) -> str:
        """Report the boxes of a message.

        Args:
            msg: ``vision_msgs/Detection2DArray``.
            report: ``EmotionPipeline.report`` of the image topic.
            arrival_ns: Time of arrival in nanoseconds, on the node's clock.

        Returns:
            What is wrong with the boxes; empty if nothing is.
        """
        self._last_s = time.monotonic()
        boxes = boxes_from_detections(msg, self._classes)
        if boxes:
            self._other_classes = None
        elif self._other_classes is not None:
            # Some of them, shortened: names from outside may be any number and of any length.
            names = {name[:_NAME] for name in sorted(classes_of_detections(msg))[:_NAMES]}
            self._other_classes = set(sorted(self._other_classes | names)[:_NAMES])
        return report_boxes(report, boxes, msg.header.stamp, arrival_ns)

    def silence(self, after_s: float) -> str:
        """Return a warning if no boxes of faces arrive, otherwise an empty text.

        Args:
            after_s: Seconds without boxes after which to warn.
        """
        if self._node is None or self._subscription is None:
            return ''
        if (waited_s := time.monotonic() - self._last_s) >= after_s:
            count = self._node.count_publishers(self.name)
            return f'no boxes for {waited_s:.0f} s from {count} publisher(s): {WITHOUT_BOXES}'
        if self._other_classes:
            return (
                f'boxes are of the classes {", ".join(sorted(self._other_classes))}, none so far '
                f'of face_classes ({", ".join(self._classes)})'
            )
        return ''
