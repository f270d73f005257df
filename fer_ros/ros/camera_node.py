"""camera_node: publishes a webcam, stream, video or pictures as sensor_msgs/Image."""

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import rclpy
from rclpy.clock import Clock, ClockType
from rclpy.duration import Duration
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import CameraInfo, Image
from std_msgs.msg import Header

from fer_ros.counted import counted
from fer_ros.errors import SourceError
from fer_ros.media.address import shown_source
from fer_ros.media.camera_model import camera_info_topic
from fer_ros.media.image_source import PICTURE_S, ImageSource, SourceImage
from fer_ros.media.rate_limit import RateLimit
from fer_ros.parameters.camera_node import CAMERA_NODE
from fer_ros.ros.calibration_file import read_calibration
from fer_ros.ros.conversions import bgr_to_msg
from fer_ros.ros.parameters import declare, values
from fer_ros.ros.run_node import run_node
from fer_ros.structures import ImageArray

# Longest time until the node notices its first subscriber.
_LONGEST_WAIT_S = 0.05
# Time between reads of a camera, each of which waits for its next image.
_BETWEEN_READS_S = 0.001
# A picture is published repeatedly while it is shown, as by a camera pointed at it.
_PICTURE_RATE_HZ = 10


class CameraNode(Node):
    """Publishes ``camera/image_raw``, stamped on publication, and its ``camera_info``.

    A video is played at its own pace; each picture is shown for ``PICTURE_S``. A camera is read
    as fast as it delivers, whatever the rate: images that wait would be old when stamped.

    Attributes:
        published: Number of images published so far.
        done: Whether the source has ended and is not to be repeated.
        error: Why the source ended early; empty if it did not.
    """

    def __init__(self, **kwargs: Any) -> None:
        """Open the source.

        Args:
            **kwargs: Passed to ``Node``.

        Raises:
            SettingError: A parameter is not allowed.
            SourceError: The source cannot be read.
        """
        super().__init__('camera_node', **kwargs)
        declare(self, CAMERA_NODE)
        self._settings = values(self, CAMERA_NODE)
        source = self._settings['source']
        self._source = ImageSource(source, self._on_problem, self._settings['rate_hz'])
        self._shown_source = shown_source(source)
        url = self._settings['camera_info_url']
        self._camera_info = read_calibration(url) if url else None
        # tf frames have no namespaces, so the full name of the node is used.
        self._frame_id = self._settings['frame_id'] or self.get_fully_qualified_name().lstrip('/')
        self.published = 0
        self.done = False
        self.error = ''
        self._images: Iterator[SourceImage] = _played(self._source)
        self._next: SourceImage | None = None
        self._due_s = 0.0
        self._gap_s = 1 / self._source.rate_hz
        self._limit = RateLimit(self._settings['rate_hz'])
        # A reliable publisher matches every subscriber, best-effort ones too.
        qos = QoSProfile(depth=5, reliability=ReliabilityPolicy.RELIABLE)
        self._publisher = self.create_publisher(Image, 'camera/image_raw', qos)
        if self._camera_info is not None:
            info_topic = camera_info_topic(self._publisher.topic_name)
            self._info_publisher = self.create_publisher(CameraInfo, info_topic, qos)
        self._timer = self.create_timer(
            _BETWEEN_READS_S if self._source.live else min(self._gap_s, _LONGEST_WAIT_S),
            self._on_timer,
            # The system clock may be set back, which would hold up its timers for that long.
            clock=Clock(clock_type=ClockType.STEADY_TIME),
        )
        self.get_logger().info(
            f'{self._shown_source}: {self._pace()} on {self._publisher.topic_name}'
        )

    def _pace(self) -> str:
        if self._source.stills:
            return f'each picture for {PICTURE_S:g} s'
        rate = f'{self._source.rate_hz:.3g} images per second'
        if self._source.live:
            return f'at most {rate}' if self._settings['rate_hz'] else 'every image'
        return rate

    def _on_timer(self) -> None:
        if self.done or (self._waiting() and not self._source.live):
            return
        image = self._next or self._read()
        if image is None:
            if not self.published:
                self.error = self.error or f'no image can be read from {self._shown_source}'
            self.done = True
            self._timer.cancel()
            return
        if self._source.live and (self._waiting() or not self._limit.takes(time.monotonic())):
            return
        header = Header(stamp=self.get_clock().now().to_msg(), frame_id=self._frame_id)
        self.published += 1
        self._publish_camera_info(image.bgr, header)
        self._publisher.publish(bgr_to_msg(image.bgr, header))
        if not self._source.live:
            self._next = self._read()
            self._call_again(image, self._next)

    def _publish_camera_info(self, bgr: ImageArray, header: Header) -> None:
        info = self._camera_info
        if info is None:
            return
        height, width = bgr.shape[:2]
        if (info.width, info.height) != (width, height) and self.published == 1:
            self.get_logger().warning(
                f'{self._settings["camera_info_url"]} is for images of {info.width} x '
                f'{info.height} pixels, these have {width} x {height}'
            )
        info.header = header
        self._info_publisher.publish(info)

    def _read(self) -> SourceImage | None:
        """Return the next image; None if the source has ended and is not to be repeated."""
        try:
            image = next(self._images, None)
            if image is None and self._settings['loop']:
                self._images = _played(self._source)
                image = next(self._images, None)
        except SourceError as error:
            self.error = str(error)
            image = None
        return image

    def _call_again(self, image: SourceImage, following: SourceImage | None) -> None:
        """Set the timer to the moment at which the following image is due."""
        if following is not None and following.time_s > image.time_s:
            self._gap_s = following.time_s - image.time_s
        now_s = time.monotonic()
        if self.published == 1:
            self._due_s = now_s
        # Lost time is made up by at most one image; more would be a burst.
        self._due_s = max(self._due_s, now_s - self._gap_s) + self._gap_s
        self._timer.timer_period_ns = max(round((self._due_s - now_s) * 1e9), 1)
        self._timer.reset()

    def _on_problem(self, sentence: str) -> None:
        self.get_logger().warning(sentence)

    def _waiting(self) -> bool:
        wait = self._settings['wait_for_subscriber'] and not self.published
        return bool(wait and not self._publisher.get_subscription_count())

    def spin(self) -> None:
        """Publish until the source has ended and subscribers have received its last image.

        Raises:
            SourceError: The source cannot be read any further.
        """
        while not self.done:
            rclpy.spin_once(self)
        self._publisher.wait_for_all_acked(Duration(seconds=2))
        if self.error:
            raise SourceError(self.error)

    def destroy_node(self) -> None:
        """Release the source and the node."""
        # Not through the logger: after Ctrl-C the context is shut down and it cannot publish.
        print(f'published {counted(self.published, "image")}', flush=True)
        self._source.close()
        super().destroy_node()


def _played(source: ImageSource) -> Iterator[SourceImage]:
    """Yield the images of a source; each picture repeatedly, as often as it is published."""
    for image in source:
        yield image
        if source.stills:
            for index in range(1, round(PICTURE_S * _PICTURE_RATE_HZ)):
                yield replace(image, time_s=image.time_s + index / _PICTURE_RATE_HZ)


def main() -> None:
    """Run the node until its source ends or it is stopped."""
    run_node(CameraNode, CameraNode.spin)
