"""VisionOutput: faces as vision_msgs detections."""

from collections.abc import Mapping
from typing import Any

from rclpy.node import Node

from fer_ros.messages.detections import detections_message
from fer_ros.ros.image_topic import ObservedImage
from fer_ros.ros.message_class import message_package
from fer_ros.structures import FrameEmotions


class VisionOutput:
    """Publishes ``face_detections`` for all image topics."""

    def __init__(self, node: Node) -> None:
        """Args:
        node: Node that publishes.

        Raises:
            SettingError: vision_msgs is not installed.
        """
        self._node = node
        self._types = message_package('vision_msgs', 'output vision_msgs')
        self._publisher = node.create_publisher(
            self._types.Detection2DArray, 'face_detections', 10
        )

    def activate(self) -> None:
        """Do nothing; the publisher exists already."""

    def publish(
        self, image: ObservedImage, frame: FrameEmotions, values: Mapping[str, Any]
    ) -> None:
        """Publish all faces in an image; see ``Output``."""
        if self._publisher.get_subscription_count():
            self._publisher.publish(detections_message(self._types, frame, image.msg.header))

    def deactivate(self) -> None:
        """Do nothing; there is no state."""

    def close(self) -> None:
        """Destroy the publisher."""
        self._node.destroy_publisher(self._publisher)
