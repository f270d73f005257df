"""AnnotatedOutput: images with the faces and emotions drawn onto them, raw and as JPEG."""

from collections.abc import Mapping, Sequence
from typing import Any

from rclpy.node import Node
from rclpy.publisher import Publisher
from sensor_msgs.msg import CompressedImage, Image

from fer_ros.media.annotate import annotate
from fer_ros.messages.image_transport import annotated_topics
from fer_ros.ros.conversions import bgr_to_jpeg_msg, bgr_to_msg
from fer_ros.ros.image_topic import ImageTopic, ObservedImage
from fer_ros.structures import FrameEmotions


class AnnotatedOutput:
    """Publishes annotated images next to each image topic, while somebody subscribes to them.

    ``camera/image_annotated`` carries raw images and ``camera/image_annotated/compressed``, the
    name that image_transport expects, JPEG for slow links.
    """

    def __init__(self, node: Node, topics: Sequence[ImageTopic]) -> None:
        """Args:
        node: Node that publishes.
        topics: Image topics.
        """
        self._node = node
        self._publishers: dict[ImageTopic, tuple[Publisher, Publisher]] = {}
        names = annotated_topics([topic.name for topic in topics])
        for topic, name in zip(topics, names, strict=True):
            self._publishers[topic] = (
                node.create_publisher(Image, name, 1),
                node.create_publisher(CompressedImage, f'{name}/compressed', 1),
            )

    def activate(self) -> None:
        """Do nothing; publishers exist already."""

    def publish(
        self, image: ObservedImage, frame: FrameEmotions, values: Mapping[str, Any]
    ) -> None:
        """Draw and publish an image if somebody subscribes; see ``Output``."""
        raw, compressed = self._publishers[image.topic]
        wanted = [one for one in (raw, compressed) if one.get_subscription_count()]
        if not (wanted and values['publish_annotated']):
            return
        header = image.msg.header
        drawn = annotate(image.bgr, frame, values['annotate'])
        if raw in wanted:
            raw.publish(bgr_to_msg(drawn, header))
        if compressed in wanted:
            compressed.publish(bgr_to_jpeg_msg(drawn, header, values['annotated_jpeg_quality']))

    def deactivate(self) -> None:
        """Do nothing; there is no state."""

    def close(self) -> None:
        """Destroy the publishers."""
        for publishers in self._publishers.values():
            for publisher in publishers:
                self._node.destroy_publisher(publisher)
        self._publishers = {}
