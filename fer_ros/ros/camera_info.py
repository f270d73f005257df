"""CameraInfoSubscription: keeps a CameraModel up to date."""

from collections.abc import Callable

from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import CameraInfo

from fer_ros.media.camera_model import CameraModel, camera_info_topic


class CameraInfoSubscription:
    """A subscription to the ``camera_info`` topic next to an image topic."""

    def __init__(
        self, node: Node, image_topic: str, camera: CameraModel, on_fault: Callable[[str], None]
    ) -> None:
        """Args:
        node: Node that owns the subscription.
        image_topic: Full name of the image topic.
        camera: Takes the messages.
        on_fault: Called with a sentence about a faulty message, once as long as the messages stay
            the same.
        """

        def on_message(msg: CameraInfo) -> None:
            if fault := camera.take(msg):
                on_fault(fault)

        # Best effort matches every publisher, and messages this small are not lost.
        qos = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)
        self._node, self._camera = node, camera
        self._subscription = node.create_subscription(
            CameraInfo, camera_info_topic(image_topic), on_message, qos
        )

    def close(self) -> None:
        """Unsubscribe, and have the intrinsics forgotten."""
        self._node.destroy_subscription(self._subscription)
        self._camera.forget()
