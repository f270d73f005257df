"""camera_node: publishes a webcam, video file, image or folder of images as sensor_msgs/Image."""

from collections.abc import Iterator
from typing import Any

import rclpy
from rclpy.duration import Duration
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import Image
from std_msgs.msg import Header

from fer_ros.errors import SourceError
from fer_ros.media.image_source import ImageSource
from fer_ros.parameters import CAMERA_NODE
from fer_ros.ros.conversions import bgr_to_msg
from fer_ros.ros.parameters import declare, values
from fer_ros.ros.run_node import run_node
from fer_ros.structures import ImageArray


class CameraNode(Node):
    """Publishes ``camera/image_raw``, stamped when the image was read.

    Attributes:
        published: Images so far.
        done: Whether the source has ended and is not to be repeated.
        error: Why it has ended, where that is an error.
    """

    def __init__(self, **kwargs: Any) -> None:
        """Open the source.

        Args:
            **kwargs: For ``Node``.

        Raises:
            SettingError: A parameter is not allowed.
            SourceError: The source cannot be read.
        """
        super().__init__('camera_node', **kwargs)
        declare(self, CAMERA_NODE)
        self._settings = values(self, CAMERA_NODE)
        self._source = ImageSource(self._settings['source'], self._on_damaged)
        rate_hz = self._settings['rate_hz'] or self._source.rate_hz
        self.published = 0
        self.done = False
        self.error = ''
        self._images: Iterator[ImageArray] = iter(self._source)
        # Reliable offers to every subscriber; those that ask for best effort get that.
        qos = QoSProfile(depth=5, reliability=ReliabilityPolicy.RELIABLE)
        self._publisher = self.create_publisher(Image, 'camera/image_raw', qos)
        self._timer = self.create_timer(1 / rate_hz, self._on_timer)
        self.get_logger().info(
            f'{self._settings["source"]}: {rate_hz:g} images a second on '
            f'{self._publisher.topic_name}'
        )

    def _on_timer(self) -> None:
        if self.done or self._waiting():
            return
        try:
            bgr = next(self._images, None)
            if bgr is None and self._settings['loop']:
                self._images = iter(self._source)
                bgr = next(self._images, None)
        except SourceError as error:
            self.error = str(error)
            bgr = None
        if bgr is None:
            if not self.published:
                self.error = self.error or f'no image can be read from {self._settings["source"]}'
            self.done = True
            self._timer.cancel()
            return
        header = Header(stamp=self.get_clock().now().to_msg(), frame_id=self._settings['frame_id'])
        self.published += 1
        self._publisher.publish(bgr_to_msg(bgr, header))

    def _on_damaged(self, sentence: str) -> None:
        self.get_logger().warning(sentence)

    def _waiting(self) -> bool:
        wait = self._settings['wait_for_subscriber'] and not self.published
        return bool(wait and not self._publisher.get_subscription_count())

    def spin(self) -> None:
        """Publish until the source has ended and its last image has arrived.

        Raises:
            SourceError: It ended because it cannot be read any further.
        """
        while not self.done:
            rclpy.spin_once(self)
        self._publisher.wait_for_all_acked(Duration(seconds=2))
        if self.error:
            raise SourceError(self.error)

    def destroy_node(self) -> None:
        """Release the source and the node."""
        # Not through the logger, which at Ctrl-C has nobody left to publish to.
        print(f'published {self.published} images', flush=True)
        self._source.close()
        super().destroy_node()


def main() -> None:
    """Run the node until its source ends or it is stopped."""
    run_node(CameraNode, CameraNode.spin)
