"""EmotionOutput: a FaceEmotionArray for each image."""

from collections.abc import Mapping
from typing import Any

from rclpy.node import Node

from fer_ros.msg import FaceEmotionArray
from fer_ros.ros.conversions import frame_to_msg
from fer_ros.ros.image_topic import ObservedImage
from fer_ros.structures import FrameEmotions


class EmotionOutput:
    """Publishes ``emotion`` for all image topics."""

    def __init__(self, node: Node) -> None:
        """Args:
        node: Node that publishes.
        """
        self._node = node
        self._publisher = node.create_publisher(FaceEmotionArray, 'emotion', 10)

    def activate(self) -> None:
        """Do nothing; the publisher exists already."""

    def publish(
        self, image: ObservedImage, frame: FrameEmotions, values: Mapping[str, Any]
    ) -> None:
        """Publish all faces in an image; see ``Output``."""
        landmarks = values['publish_landmarks']
        self._publisher.publish(frame_to_msg(frame, image.msg.header, image.topic.name, landmarks))

    def deactivate(self) -> None:
        """Do nothing; there is no state."""

    def close(self) -> None:
        """Destroy the publisher."""
        self._node.destroy_publisher(self._publisher)
