"""FaultGraph: a node in its own process, two cameras, and the counts of their images."""

import array
import copy
import os
import time
from collections.abc import Callable, Iterable

import cv2
import numpy as np
import rclpy
from builtin_interfaces.msg import Time
from diagnostic_msgs.msg import DiagnosticArray
from fer_ros.msg import FaceEmotionArray
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rclpy.signals import SignalHandlerOptions
from sensor_msgs.msg import CompressedImage, Image

from benchmarks.faults.camera import OUTCOMES, Answer, Camera, Message
from fer_ros.errors import SourceError
from fer_ros.media.sample_people import portrait
from fer_ros.messages.emotions import stamp_s_from_msg
from fer_ros.ros.child_process import Child
from fer_ros.ros.conversions import bgr_to_msg
from fer_ros.ros.dds_profile import send_images_whole
from fer_ros.ros.domain import take_domain

SILENT_AFTER_S = 2.0
RATE_HZ = 30.0
_START_S = 180.0
_S = 1_000_000_000


class FaultGraph:
    """Sends images to a node and receives its answers and diagnostics.

    Attributes:
        node: Process of the node.
        tester: Node of this process.
        raw: Camera that sends ``sensor_msgs/Image``.
        compressed: Camera that sends ``sensor_msgs/CompressedImage``.
        answers: Answers by the ``frame_id`` of the image.
        last_answer: Answer to the last image of ``answer_s``.
        delays_s: Time from each image's stamp to the arrival of its answer.
        statuses: Level and message of each diagnostic status received.
    """

    def __init__(self) -> None:
        """Start the node and wait until it answers.

        Raises:
            SourceError: The node does not start or answer.
        """
        send_images_whole(os.environ)
        self._context, domain_id = Context(), take_domain()
        rclpy.init(
            context=self._context,
            signal_handler_options=SignalHandlerOptions.NO,
            domain_id=domain_id,
        )
        self.tester = Node('tester', context=self._context)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self.tester)
        bgr = np.pad(portrait().pictures[0], ((0, 0), (40, 38), (0, 0)), mode='edge')
        jpeg = array.array('B', cv2.imencode('.jpg', bgr)[1].tobytes())
        header = Image().header
        self.raw = Camera('/raw/image', bgr_to_msg(bgr, header))
        self.compressed = Camera(
            '/jpeg/image/compressed', CompressedImage(header=header, format='jpeg', data=jpeg)
        )
        self.cameras = (self.raw, self.compressed)
        self.answers: dict[str, Answer] = {}
        self.delays_s: list[float] = []
        self.statuses: list[tuple[bytes, str]] = []
        self.last_answer = Answer(0, 0, 0)
        self._probes = 0
        self.tester.create_subscription(
            FaceEmotionArray, 'emotion', self._on_emotion, QoSProfile(depth=200)
        )
        self.tester.create_subscription(DiagnosticArray, '/diagnostics', self._on_report, 10)
        self.node = Child(
            'fer_node',
            echo=False,
            domain_id=domain_id,
            image_topics=f'[{", ".join(camera.topic for camera in self.cameras)}]',
            no_image_warning_s=SILENT_AFTER_S,
            max_image_pixels=2_000_000,
        )
        for camera in self.cameras:
            self.open(camera)
        self.reset_counts(_START_S)

    def open(
        self, camera: Camera, reliability: ReliabilityPolicy = ReliabilityPolicy.RELIABLE
    ) -> None:
        """Create the publisher of a camera."""
        qos = QoSProfile(depth=1, reliability=reliability)
        camera.publisher = self.tester.create_publisher(type(camera.good), camera.topic, qos)

    def close(self, camera: Camera) -> None:
        """Destroy the publisher of a camera."""
        self.tester.destroy_publisher(camera.publisher)
        camera.publisher = None

    def shut_down(self) -> None:
        """Stop the node and shut down ROS."""
        self.node.stop()
        self._executor.shutdown()
        self.tester.destroy_node()
        rclpy.try_shutdown(context=self._context)

    def spin(
        self, seconds: float, until: Callable[[], bool] = lambda: False, load: bool = False
    ) -> bool:
        """Receive messages for some time, or until a condition holds; return whether it does.

        Args:
            seconds: Longest time in seconds.
            until: The condition.
            load: Whether both cameras send good images meanwhile.

        Raises:
            SourceError: The node has ended.
        """
        now_s = time.monotonic()
        end_s, next_s = now_s + seconds, now_s
        while now_s < end_s and not until():
            if load and now_s >= next_s:
                next_s = max(next_s + 1 / RATE_HZ, now_s)
                for camera in self.cameras:
                    self.send(camera)
            self._executor.spin_once(timeout_sec=min(end_s - now_s, 0.01))
            if not self.node.running():
                raise SourceError(f'the node has ended: {" ".join(self.node.lines[-20:])}')
            now_s = time.monotonic()
        return until()

    # Images.

    def send(
        self, camera: Camera, msg: Message | None = None, name: str = '', stamp: Time | None = None
    ) -> None:
        """Send an image.

        Args:
            camera: Camera that sends it.
            msg: The image, whose header is replaced; None for the camera's good one.
            name: The ``frame_id``; empty for that of ``msg``.
            stamp: The stamp; None for the current time, or a later one if the last stamp
                requires it.
        """
        if camera.publisher is None:
            return
        msg = copy.copy(camera.good if msg is None else msg)
        header = copy.copy(msg.header)
        header.stamp = stamp or self._next_stamp(camera)
        header.frame_id = name or header.frame_id
        msg.header = header
        camera.last_ns = header.stamp.sec * _S + header.stamp.nanosec
        camera.sent += 1
        camera.publisher.publish(msg)

    def send_all(self, camera: Camera, messages: Iterable[Message], name: str = '') -> int:
        """Send images one after another, each when the node has had time for the last one.

        Args:
            camera: Camera that sends them.
            messages: The images.
            name: Beginning of each ``frame_id``; empty for that of each message.

        Returns:
            Number of the images.
        """
        (other,) = (one for one in self.cameras if one is not camera)
        count = 0
        for msg in messages:
            self.send(camera, msg, f'{name} {count}' if name else '')
            # When the other camera's image is answered, the node has taken this one before it.
            self.answer_s(other, 1.0)
            count += 1
        return count

    def answer_s(self, camera: Camera, within_s: float = 30.0) -> float:
        """Send a good image and return the time to its answer, infinite if there is none."""
        self._probes += 1
        name = f'probe {self._probes}'
        sent_s = time.monotonic()
        self.send(camera, name=name)
        if not self.spin(within_s, lambda: name in self.answers):
            return float('inf')
        self.last_answer = self.answers[name]
        return self.answers[name].time_s - sent_s

    # Counts.

    def matched(self) -> bool:
        """Return whether the node subscribes to every open camera."""
        publishers = [camera.publisher for camera in self.cameras if camera.publisher]
        return all(publisher.get_subscription_count() == 1 for publisher in publishers)

    def reset_counts(self, within_s: float = 20.0) -> None:
        """Restart the counts once the node answers both cameras and has reported all images.

        Raises:
            SourceError: The node does not subscribe, or does not answer.
        """
        if not self.spin(within_s, self.matched):
            raise SourceError(f'the node does not subscribe: {" ".join(self.node.lines[-20:])}')
        for camera in self.cameras:
            if self.answer_s(camera, within_s) > within_s:
                raise SourceError(f'the node does not answer: {" ".join(self.node.lines[-20:])}')
        self.wait_for_diagnostics(2)
        for camera in self.cameras:
            camera.sent = sum(camera.outcomes.values())

    def wait_for_diagnostics(self, count: int = 1) -> None:
        """Wait until diagnostics have arrived ``count`` times."""
        before = len(self.statuses)
        # One status for the node and one for each camera.
        self.spin(5.0, lambda: len(self.statuses) >= before + 3 * count)

    def unaccounted(self, camera: Camera, within_s: float = 10.0) -> int:
        """Return the number of images that are in none of the node's counts, after a wait."""
        self.spin(within_s, lambda: sum(camera.outcomes.values()) == camera.sent)
        return camera.sent - sum(camera.outcomes.values())

    def wait_for_status(
        self, words: str, since: int, within_s: float = 10.0, load: bool = False
    ) -> bool:
        """Wait for a diagnostic status; return whether it arrived.

        Args:
            words: Part of its message.
            since: Number of earlier statuses, which do not count.
            within_s: Longest time to wait in seconds.
            load: Whether both cameras send good images meanwhile.
        """
        return self.spin(
            within_s,
            lambda: any(words in message for _, message in self.statuses[since:]),
            load,
        )

    def _next_stamp(self, camera: Camera) -> Time:
        now_ns = time.time_ns()
        # An image that is late by less than a second would count as late.
        if 0 <= camera.last_ns - now_ns < 1.1 * _S:
            now_ns = camera.last_ns + 1_000_000
        return Time(sec=now_ns // _S, nanosec=now_ns % _S)

    def _on_emotion(self, msg: FaceEmotionArray) -> None:
        delay_s = time.time() - stamp_s_from_msg(msg.header.stamp)
        answer = Answer(time.monotonic(), delay_s, len(msg.faces))
        self.answers[msg.header.frame_id] = answer
        self.delays_s.append(delay_s)

    def _on_report(self, msg: DiagnosticArray) -> None:
        for status in msg.status:
            self.statuses.append((status.level, status.message))
            values = {pair.key: pair.value for pair in status.values}
            for camera in self.cameras:
                if values.get('topic') == camera.topic:
                    camera.outcomes = {outcome: int(values[outcome]) for outcome in OUTCOMES}
