"""HriOutput: faces as in ROS4HRI (REP 155), each with its own topics."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from std_msgs.msg import Header

from fer_ros.ros.diagnostics import silent_after_s
from fer_ros.ros.image_topic import ImageTopic, ObservedImage
from fer_ros.ros.message_class import message_package
from fer_ros.ros.outputs.hri_face import HriFace
from fer_ros.ros.throttled_log import ThrottledLog
from fer_ros.structures import FrameEmotions

# How often the list of faces is repeated for late subscribers.
_REPEAT_S = 1.0


@dataclass(frozen=True)
class _Sight:
    """The faces in a camera's last image, and until when they count, on the steady clock."""

    face_ids: frozenset[int]
    until_s: float


class HriOutput:
    """Publishes ``/humans/faces/tracked`` and the topics of each tracked face.

    Topics are created and destroyed in the executor's thread, because that takes longer than an
    image may wait. The image thread reports which faces are present, and publishes those whose
    topics exist.
    """

    def __init__(
        self, node: Node, name_of: Callable[[int], str], namespace: str, log: ThrottledLog
    ) -> None:
        """Args:
        node: Node that publishes.
        name_of: Returns the name of a face by its ID; no other node uses that name.
        namespace: Namespace of all topics, such as ``/humans``.
        log: Log for warnings.

        Raises:
            SettingError: hri_msgs is not installed.
        """
        self._node, self._name_of, self._log = node, name_of, log
        self._types = message_package('hri_msgs', 'output hri')
        self._faces_topic = f'{namespace}/faces'
        self._tracked = node.create_publisher(
            self._types.IdsList, f'{self._faces_topic}/tracked', 10
        )
        self._change = node.create_guard_condition(self._guarded(self._follow))
        self._timer = node.create_timer(
            _REPEAT_S, self._guarded(self._repeat), clock=Clock(clock_type=ClockType.STEADY_TIME)
        )
        self._lock = threading.Lock()
        # All are read and changed only with the lock held.
        self._sights: dict[ImageTopic, _Sight] = {}
        self._last_image_s: dict[ImageTopic, float] = {}
        self._faces: dict[int, HriFace] = {}
        self._active = False

    def activate(self) -> None:
        """Publish an empty list of faces, and warn if another node publishes one as well."""
        self._active = True
        self._warn_of_others()
        self._tell()

    def publish(
        self, image: ObservedImage, frame: FrameEmotions, values: Mapping[str, Any]
    ) -> None:
        """Publish the faces whose topics exist; request topics for the others. See ``Output``."""
        now_s, face_ids = time.monotonic(), frozenset(face.face_id for face in frame.faces)
        with self._lock:
            gap_s = now_s - self._last_image_s.get(image.topic, now_s)
            self._last_image_s[image.topic] = now_s
            self._sights[image.topic] = _Sight(face_ids, now_s + silent_after_s(gap_s))
            if self._present() != self._faces.keys():
                self._change.trigger()
            for face in frame.faces:
                if face.face_id in self._faces:
                    self._faces[face.face_id].publish(image, frame, face, values)

    def deactivate(self) -> None:
        """Publish an empty list of faces and destroy the topics of the faces."""
        if not self._active:
            return
        self._active = False
        with self._lock:
            gone, self._faces, self._sights = self._faces, {}, {}
            self._last_image_s.clear()
        # After shutdown, nothing can be published.
        if self._node.context.ok():
            self._tell()
        for face in gone.values():
            face.close()

    def close(self) -> None:
        """Destroy everything that ``__init__`` created."""
        self._node.destroy_timer(self._timer)
        self._node.destroy_guard_condition(self._change)
        self._node.destroy_publisher(self._tracked)

    def _present(self) -> set[int]:
        """Return the IDs of the faces that are present; call with the lock held."""
        return {face_id for sight in self._sights.values() for face_id in sight.face_ids}

    def _follow(self) -> None:
        """Create topics for new faces, publish the list, and destroy topics of faces that left."""
        if not self._active:
            return
        with self._lock:
            present = self._present()
            came = present - self._faces.keys()
        new = {face_id: self._new_face(face_id) for face_id in sorted(came)}
        with self._lock:
            left = [self._faces.pop(face_id) for face_id in self._faces.keys() - present]
            self._faces.update(new)
        if new or left:
            self._tell()
        for face in left:
            face.close()

    def _new_face(self, face_id: int) -> HriFace:
        topic = f'{self._faces_topic}/{self._name_of(face_id)}'
        return HriFace(self._node, self._types, topic)

    def _repeat(self) -> None:
        if not self._active:
            return
        now_s = time.monotonic()
        with self._lock:
            self._sights = {
                topic: sight for topic, sight in self._sights.items() if now_s < sight.until_s
            }
        self._follow()
        self._warn_of_others()
        self._tell()

    def _tell(self) -> None:
        with self._lock:
            ids = [self._name_of(face_id) for face_id in sorted(self._faces)]
        # Stamped now rather than with an image: the faces may come from several cameras, or none.
        header = Header(stamp=self._node.get_clock().now().to_msg())
        self._tracked.publish(self._types.IdsList(header=header, ids=ids))

    def _warn_of_others(self) -> None:
        topic = self._tracked.topic_name
        publishers = self._node.get_publishers_info_by_topic(topic)
        if len(publishers) > 1:
            names = sorted(
                f'{entry.node_namespace.rstrip("/")}/{entry.node_name}' for entry in publishers
            )
            self._log.say(
                topic,
                f'{len(names)} nodes publish this topic ({", ".join(names)}), and listeners '
                'keep only the latest list: stop all but one, or give each its own hri_namespace',
                about='publishers',
            )

    def _guarded(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Return a callback that logs exceptions instead of ending the node."""

        def guarded() -> None:
            try:
                callback()
            except Exception as error:
                if self._node.context.ok():
                    self._log.say('output hri', f'{type(error).__name__}: {error}', error)

        return guarded
