"""A baseline for the cost of an image node: one that receives images and does nothing.

Run by ``fer-ros bench node`` in a separate process.
"""

from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import Image

from fer_ros.msg import FaceEmotionArray
from fer_ros.ros.run_node import run_node


class FloorNode(Node):
    """Publishes an empty message with the header of each image."""

    def __init__(self) -> None:
        super().__init__('floor_node')
        self._publisher = self.create_publisher(FaceEmotionArray, 'emotion', 10)
        # The same QoS with which fer_node subscribes to a camera_node.
        qos = QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE)
        self.create_subscription(Image, 'camera/image_raw', self._on_image, qos)

    def _on_image(self, msg: Image) -> None:
        self._publisher.publish(FaceEmotionArray(header=msg.header))


if __name__ == '__main__':
    run_node(FloorNode)
