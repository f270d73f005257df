"""Measures a graph of camera_node, fer_node and a subscriber in this process."""

import os
import re
import struct
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import rclpy
from diagnostic_msgs.msg import DiagnosticArray
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.qos import QoSProfile
from rclpy.signals import SignalHandlerOptions
from rclpy.subscription import Subscription
from sensor_msgs.msg import Image

from fer_ros.errors import SourceError
from fer_ros.messages.emotions import stamp_s_from_msg
from fer_ros.msg import FaceEmotionArray
from fer_ros.ros.child_process import Child
from fer_ros.ros.dds_profile import send_images_whole
from fer_ros.ros.domain import take_domain

PROCESSES = ('fer_node', 'camera_node', 'subscriber')
_START_UP_S = 60.0
# Seconds before each part in which publishers and subscribers find each other and caches fill.
_SETTLE_S = 1.0
# Counts are published once per second.
_LAST_REPORT_S = 1.2


@dataclass(frozen=True)
class Part:
    """Measurements of one part.

    Attributes:
        emotion_s: Seconds from the stamp of an image to the arrival of its message.
        annotated_s: Seconds from the stamp of an image to the arrival of its annotated image.
        cpu_percent: Percentage of one core, by process.
    """

    emotion_s: list[float]
    annotated_s: list[float]
    cpu_percent: dict[str, float]


@dataclass(frozen=True)
class GraphRun:
    """Measurements from the start of the nodes to their end.

    Attributes:
        start_s: Seconds from the start of fer_node's process to the arrival of its first message.
        resident_mb: Resident memory of fer_node after the last part in MB.
        peak_mb: Peak resident memory of fer_node in MB.
        sent: Number of images that camera_node published.
        received: Number of them that fer_node received.
        dropped: Number of them that it skipped because newer ones had arrived.
        messages: Number of messages that arrived here.
        floor: Measurements with a node that does nothing instead of fer_node.
        parts: Measurements by name of the part.
    """

    start_s: float
    resident_mb: float
    peak_mb: float
    sent: int
    received: int
    dropped: int
    messages: int
    floor: Part
    parts: dict[str, Part]


def run_graph(video: Path, parts: Mapping[str, bool], seconds: float) -> GraphRun:
    """Start the nodes, measure and stop them.

    Args:
        video: Video that camera_node plays in a loop.
        parts: Whether to subscribe to annotated images, by name of the part.
        seconds: Duration of each part in seconds.

    Raises:
        SourceError: A node does not start.
    """
    # As in the nodes; with the default, a subscriber may discover a new node 3 s late.
    send_images_whole(os.environ)
    # A separate context and domain, independent of the caller and of other nodes on this machine.
    context, domain_id = Context(), take_domain()
    rclpy.init(
        context=context, signal_handler_options=SignalHandlerOptions.NO, domain_id=domain_id
    )
    subscriber = Subscriber(context)
    children: list[Child] = []
    try:
        quoted = str(video).replace("'", "''")
        camera_node = Child(
            'camera_node', False, domain_id, source=f"'{quoted}'", wait_for_subscriber=True
        )
        children.append(camera_node)
        _wait(subscriber, camera_node, lambda: bool(camera_node.lines))
        floor_node = Child('fer_ros.bench.node_floor', False, domain_id)
        children.append(floor_node)
        _wait(subscriber, floor_node, lambda: bool(subscriber.emotion))
        floor = subscriber.measure(False, seconds, _pids(floor_node, camera_node))
        floor_node.stop()
        subscriber.spin(_SETTLE_S)
        subscriber.emotion.clear()
        begin_s = time.time()
        fer_node = Child('fer_node', False, domain_id)
        children.append(fer_node)
        _wait(subscriber, fer_node, lambda: bool(subscriber.emotion))
        start_s = subscriber.emotion[0][0] - begin_s
        pids = _pids(fer_node, camera_node)
        measured = {
            name: subscriber.measure(annotated, seconds, pids) for name, annotated in parts.items()
        }
        now_mb, peak_mb = resident_mb(fer_node.pid)
        camera_node.stop()
        subscriber.spin(_LAST_REPORT_S)
        published = re.findall(r'published (\d+) image', ' '.join(camera_node.lines))
        return GraphRun(
            start_s,
            now_mb,
            peak_mb,
            int(published[-1]) if published else 0,
            subscriber.received,
            subscriber.dropped,
            len(subscriber.emotion),
            floor,
            measured,
        )
    finally:
        for child in children:
            child.interrupt()
        for child in children:
            child.stop()
        subscriber.destroy_node()
        rclpy.try_shutdown(context=context)


class Subscriber(Node):
    """Records the arrival of messages.

    Attributes:
        emotion: Arrival time since the epoch and time since the image's stamp, in seconds, of each
            message on /emotion.
        annotated: The same times of each annotated image.
        received: Number of images that fer_node reports as received.
        dropped: Number of images that it reports as skipped.
    """

    def __init__(self, context: Context) -> None:
        super().__init__('bench', context=context)
        self.emotion: list[tuple[float, float]] = []
        self.annotated: list[tuple[float, float]] = []
        self.received = self.dropped = 0
        self._executor = SingleThreadedExecutor(context=context)
        self._executor.add_node(self)
        self.create_subscription(
            FaceEmotionArray, 'emotion', self._on_emotion, QoSProfile(depth=100)
        )
        self.create_subscription(DiagnosticArray, '/diagnostics', self._on_diagnostics, 10)

    def measure(self, annotated: bool, seconds: float, pids: Mapping[str, int]) -> Part:
        """Receive messages and measure for some time.

        Args:
            annotated: Whether to subscribe to annotated images.
            seconds: Duration in seconds.
            pids: Process ids by name.
        """
        images = self._subscribe_annotated() if annotated else None
        self.spin(_SETTLE_S)
        first, first_annotated = len(self.emotion), len(self.annotated)
        begin_s = time.monotonic()
        before = {name: cpu_s(pid) for name, pid in pids.items()}
        self.spin(seconds)
        used = {name: cpu_s(pid) - before[name] for name, pid in pids.items()}
        elapsed_s = time.monotonic() - begin_s
        if images is not None:
            self.destroy_subscription(images)
        return Part(
            [late_s for _, late_s in self.emotion[first:]],
            [late_s for _, late_s in self.annotated[first_annotated:]],
            {name: 100 * taken_s / elapsed_s for name, taken_s in used.items()},
        )

    def spin(self, seconds: float, until: Callable[[], bool] = lambda: False) -> None:
        """Receive for some time, or until a condition is true."""
        end_s = time.monotonic() + seconds
        while (left_s := end_s - time.monotonic()) > 0 and not until():
            self._executor.spin_once(timeout_sec=min(left_s, 0.1))

    def _subscribe_annotated(self) -> Subscription:
        # As raw bytes: deserialising them would delay the messages waiting behind.
        return self.create_subscription(
            Image, 'camera/image_annotated', self._on_annotated, QoSProfile(depth=5), raw=True
        )

    def _on_emotion(self, msg: FaceEmotionArray) -> None:
        now_s = time.time()
        self.emotion.append((now_s, now_s - stamp_s_from_msg(msg.header.stamp)))

    def _on_annotated(self, serialized: bytes) -> None:
        now_s = time.time()
        # The header's stamp follows four bytes that name the encoding.
        sec, nanosec = struct.unpack_from('<iI' if serialized[1] & 1 else '>iI', serialized, 4)
        self.annotated.append((now_s, now_s - sec - nanosec * 1e-9))

    def _on_diagnostics(self, msg: DiagnosticArray) -> None:
        for status in msg.status:
            values = {entry.key: entry.value for entry in status.values}
            if 'dropped' in values:
                self.received, self.dropped = int(values['received']), int(values['dropped'])


def _pids(node: Child, camera_node: Child) -> dict[str, int]:
    """Return the process ids by name, given the node in fer_node's role."""
    return dict(zip(PROCESSES, (node.pid, camera_node.pid, os.getpid()), strict=True))


def _wait(subscriber: Subscriber, child: Child, ready: Callable[[], bool]) -> None:
    subscriber.spin(_START_UP_S, lambda: ready() or not child.running())
    if not ready():
        raise SourceError(f'a node did not start: {" ".join(child.lines) or "no output"}')


_TICKS_HZ = os.sysconf('SC_CLK_TCK')


def cpu_s(pid: int) -> float:
    """Return the processor time of a process since its start in seconds, over all threads."""
    # The second field, the name in brackets, may contain spaces.
    fields = Path(f'/proc/{pid}/stat').read_text(encoding='utf-8').rpartition(')')[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS_HZ


def resident_mb(pid: int) -> tuple[float, float]:
    """Return the current and peak resident memory of a process in MB of 2^20 bytes."""
    status = Path(f'/proc/{pid}/status').read_text(encoding='utf-8')
    kilobytes = dict(re.findall(r'^(VmRSS|VmHWM):\s+(\d+) kB$', status, re.M))
    return int(kilobytes['VmRSS']) / 1024, int(kilobytes['VmHWM']) / 1024
