"""Camera and View: an image topic of the node, and what was seen in one of its images."""

from dataclasses import dataclass, field
from threading import Lock

from rclpy.publisher import Publisher
from sensor_msgs.msg import CompressedImage, Image

from fer_ros.pipeline import EmotionPipeline, Observation
from fer_ros.ros.diagnostics import CameraStatistics
from fer_ros.ros.image_subscription import ImageSubscription


@dataclass(eq=False)
class Camera:
    """One image topic and what belongs to it.

    Attributes:
        topic: Full name of the image topic, as it is subscribed to.
        pipeline: With this camera's own faces.
        annotated: Publisher of annotated images.
        lock: Held while the pipeline works or is changed.
        statistics: Counts since the last activation.
        subscription: While the node is active.
    """

    topic: str
    pipeline: EmotionPipeline
    annotated: Publisher
    lock: Lock = field(default_factory=Lock)
    statistics: CameraStatistics = field(default_factory=CameraStatistics)
    subscription: ImageSubscription | None = None


@dataclass(frozen=True, eq=False)
class View:
    """An image of a camera and the faces in it, whose emotions are not estimated yet."""

    camera: Camera
    msg: Image | CompressedImage
    observation: Observation
