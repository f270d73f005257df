"""HriFace: the topics of one face, as in REP 155 (ROS4HRI)."""

from collections.abc import Iterator, Mapping
from typing import Any

from rclpy.node import Node
from rclpy.publisher import Publisher
from sensor_msgs.msg import Image

from fer_ros.face.rotation import turned
from fer_ros.media.face_picture import aligned_face, cropped_face
from fer_ros.messages.hri import expression_message, landmarks_message, roi_message
from fer_ros.ros.conversions import bgr_to_msg
from fer_ros.ros.image_topic import ObservedImage
from fer_ros.structures import FaceEmotion, FrameEmotions

_DEPTH = 5


class HriFace:
    """Publishes ``roi``, ``cropped``, ``aligned``, ``landmarks`` and ``expression`` of a face.

    Only topics that have subscribers are published.
    """

    def __init__(self, node: Node, types: Any, topic: str) -> None:
        """Args:
        node: Node that publishes.
        types: Module with the message classes of ``hri_msgs``.
        topic: Prefix of the topics, ``/humans/faces/NAME``.
        """
        self._node, self._types = node, types
        kinds = {
            'roi': types.NormalizedRegionOfInterest2D,
            'cropped': Image,
            'aligned': Image,
            'landmarks': types.FacialLandmarks,
            'expression': types.Expression,
        }
        # Reliable, as libhri requires.
        self._publishers: dict[str, Publisher] = {
            name: node.create_publisher(kind, f'{topic}/{name}', _DEPTH)
            for name, kind in kinds.items()
        }

    def publish(
        self,
        image: ObservedImage,
        frame: FrameEmotions,
        face: FaceEmotion,
        values: Mapping[str, Any],
    ) -> None:
        """Publish the face in an image.

        Args:
            image: The image.
            frame: All faces in the image.
            face: This face.
            values: The node's parameters by name.
        """
        for name, publisher in self._publishers.items():
            if publisher.get_subscription_count():
                for msg in self._messages(name, image, frame, face, values):
                    publisher.publish(msg)

    def close(self) -> None:
        """Destroy the publishers."""
        for publisher in self._publishers.values():
            self._node.destroy_publisher(publisher)

    def _messages(
        self,
        name: str,
        image: ObservedImage,
        frame: FrameEmotions,
        face: FaceEmotion,
        values: Mapping[str, Any],
    ) -> Iterator[Any]:
        """Yield the message of a topic, or none if the face lacks what it needs."""
        header, size_px = image.msg.header, values['hri_picture_px']
        if name == 'roi':
            yield roi_message(self._types, face, frame.size_wh, header)
        elif name == 'cropped':
            cropped = cropped_face(image.bgr, face.box, size_px)
            yield bgr_to_msg(turned(cropped, values['rotate_deg']), header)
        elif name == 'expression':
            msg = expression_message(self._types, face, frame, values['hri_contempt'], header)
            if msg is not None:
                yield msg
        elif face.landmarks is not None and name == 'aligned':
            yield bgr_to_msg(aligned_face(image.bgr, face.landmarks, size_px), header)
        elif face.landmarks is not None:
            yield landmarks_message(self._types, face, frame.size_wh, header)
