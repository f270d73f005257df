"""HriFaces: the faces that a ROS4HRI node (REP 155) finds in the images of one topic."""

import re
import time
from types import ModuleType
from typing import Any

from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rclpy.subscription import Subscription

from fer_ros.messages.hri import box_from_roi
from fer_ros.ros.face_topic import WITHOUT_BOXES, Report, Say, report_boxes

# A detector that is slower than the images may send those of several at once.
_DEPTH = 10
# What REP 155 allows as the id of a face.
_ID = re.compile(r'[A-Za-z]\w*', re.ASCII)
# A list with more ids is not of faces in one image.
_MOST_FACES = 100


class HriFaces:
    """Takes ``tracked`` and each tracked face's ``roi`` for the pipeline of an image topic.

    Subscriptions to the faces are made and destroyed as their ids come and go.

    Attributes:
        name: Full name of the topic with the ids.
    """

    def __init__(self, namespace: str, types: ModuleType) -> None:
        """Args:
        namespace: Namespace of all topics: ``/humans``.
        types: The message classes of ``hri_msgs``.
        """
        self.name = f'{namespace}/faces/tracked'
        self._types = types
        self._node: Node | None = None
        self._tracked: Subscription | None = None
        self._faces: dict[str, Subscription] = {}
        self._last_s = 0.0

    def subscribe(self, node: Node, report: Report, say: Say) -> None:
        """Subscribe.

        Args:
            node: Whose subscriptions they are.
            report: ``EmotionPipeline.report``.
            say: Called with the topic's name and what is wrong with the faces.
        """

        def on_ids(msg: Any) -> None:
            if fault := self._follow(msg, report, say):
                say(self.name, fault)

        self._node, self._last_s = node, time.monotonic()
        # Reliable, as REP 155 has it published: a list that is lost may be the last one.
        self._tracked = node.create_subscription(self._types.IdsList, self.name, on_ids, _DEPTH)

    def unsubscribe(self) -> None:
        """Unsubscribe, if it is subscribed to."""
        if self._node is None or self._tracked is None:
            return
        self._node.destroy_subscription(self._tracked)
        self._tracked = None
        for face_id in list(self._faces):
            self._node.destroy_subscription(self._faces.pop(face_id))

    def silence(self, after_s: float) -> str:
        """Return a warning if no faces can arrive, or none do; otherwise an empty text.

        Args:
            after_s: Time in seconds without boxes after which to warn.
        """
        waited_s = time.monotonic() - self._last_s
        if self._node is None or self._tracked is None or waited_s < after_s:
            return ''
        if not self._node.count_publishers(self.name):
            return f'nobody publishes it: {WITHOUT_BOXES}'
        if self._faces:
            return f'no roi of the faces {", ".join(self._faces)} for {waited_s:.0f} s'
        return ''

    def _follow(self, msg: Any, report: Report, say: Say) -> str:
        """Subscribe to the faces of a list and to no others; return what is wrong with it."""
        assert self._node is not None
        ids = {face_id for face_id in msg.ids if _ID.fullmatch(face_id)}
        if len(ids) > _MOST_FACES:
            return f'has {len(ids)} ids, more than {_MOST_FACES}, and is ignored'
        if ids and not self._faces:
            # While nobody was there, no region was missing.
            self._last_s = time.monotonic()
        for face_id in self._faces.keys() - ids:
            self._node.destroy_subscription(self._faces.pop(face_id))
        for face_id in sorted(ids - self._faces.keys()):
            self._faces[face_id] = self._subscribed(face_id, report, say)
        if not msg.ids:
            # Nobody is there; with somebody, each roi reports one.
            now_ns = self._node.get_clock().now().nanoseconds
            return report_boxes(report, [], msg.header.stamp, now_ns)
        others = sorted(face_id for face_id in set(msg.ids) if face_id not in ids)
        return f'{others} are no ids of faces by REP 155' if others else ''

    def _subscribed(self, face_id: str, report: Report, say: Say) -> Subscription:
        assert self._node is not None
        node, name = self._node, f'{self.name.removesuffix("tracked")}{face_id}/roi'

        def on_roi(msg: Any) -> None:
            self._last_s = time.monotonic()
            box = box_from_roi(msg)
            if box is None:
                say(name, 'a region is empty, or has no finite edges, and is ignored')
                return
            now_ns = node.get_clock().now().nanoseconds
            if fault := report_boxes(report, [box], msg.header.stamp, now_ns, normalised=True):
                say(name, fault)

        # From publishers of every reliability: the next region is soon there.
        qos = QoSProfile(depth=_DEPTH, reliability=ReliabilityPolicy.BEST_EFFORT)
        kind = self._types.NormalizedRegionOfInterest2D
        return node.create_subscription(kind, name, on_roi, qos)
