"""ImageTopic and ObservedImage: a topic of images, and the faces observed in one of them."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from threading import Event
from typing import Any

from rclpy.node import Node
from sensor_msgs.msg import CompressedImage, Image

from fer_ros.errors import SettingError
from fer_ros.media.camera_model import CameraModel
from fer_ros.media.image_clock import ImageClock
from fer_ros.media.rate_limit import RateLimit
from fer_ros.messages.emotions import stamp_s_from_msg
from fer_ros.messages.image_transport import IMAGE_TRANSPORTS
from fer_ros.messages.images import ImageDecoder
from fer_ros.models import Models
from fer_ros.parameters.pipeline import pipeline_settings
from fer_ros.pipeline.emotion_pipeline import EmotionPipeline, face_ids_of_camera
from fer_ros.pipeline.observation import Observation
from fer_ros.pipeline.settings import PipelineSettings
from fer_ros.ros.camera_info import CameraInfoSubscription
from fer_ros.ros.diagnostics import TopicStatistics
from fer_ros.ros.face_topic import FaceTopic, face_topic_name
from fer_ros.ros.hri_faces import HriFaces
from fer_ros.ros.image_subscription import ImageSubscription
from fer_ros.ros.message_class import message_class, message_package
from fer_ros.structures import ImageArray


@dataclass(eq=False)
class ImageTopic:
    """One image topic with its pipeline, clock and subscriptions.

    Pipeline and clock belong to the thread that processes images. Other threads request changes,
    which take effect before the next image, and so never wait for one.

    Attributes:
        name: Full name of the subscribed topic.
        asked: Its name before it is remapped. A name that is remapped twice, as where two cameras
            are exchanged, would lead back to the first.
        pipeline: Pipeline that tracks the faces of this topic.
        decoder: Decoder of the messages.
        camera: Intrinsics of the camera.
        settings: Settings of the pipeline from the next image on.
        limit: Rate limit that selects the images to process.
        clock: Clock that determines when an image was taken.
        statistics: Counts since the last activation.
        subscription: Subscription while the node is active, otherwise None.
        boxes: Topic on which another detector publishes the faces in these images; None if the
            pipeline detects them itself.
    """

    name: str
    asked: str
    pipeline: EmotionPipeline
    decoder: ImageDecoder
    camera: CameraModel
    settings: PipelineSettings
    limit: RateLimit
    clock: ImageClock = field(default_factory=ImageClock)
    statistics: TopicStatistics = field(default_factory=TopicStatistics)
    subscription: ImageSubscription | None = None
    camera_info: CameraInfoSubscription | None = None
    boxes: FaceTopic | HriFaces | None = None
    _reset: Event = field(default_factory=Event)

    def subscribe(
        self,
        node: Node,
        reliability: str,
        on_image: Callable[['ImageTopic', Image | CompressedImage], None],
        say: Callable[[str, str], None],
    ) -> None:
        """Subscribe and restart the counts.

        Args:
            node: Node that owns the subscriptions.
            reliability: Reliability of the image subscription; see ``ImageSubscription``.
            on_image: Called with this topic and every image.
            say: Called with the name of a topic, this one or that of ``boxes``, and what is wrong
                with its ``camera_info`` or its boxes.
        """
        self.statistics = TopicStatistics()
        self.subscription = ImageSubscription(
            node,
            self.asked,
            reliability,
            lambda msg: on_image(self, msg),
            self.statistics.on_lost,
        )
        on_fault = partial(say, self.name)
        self.camera_info = CameraInfoSubscription(node, self.name, self.camera, on_fault)
        if self.boxes is not None:
            self.boxes.subscribe(node, self.pipeline.report, say)

    def unsubscribe(self) -> None:
        """Unsubscribe, if subscribed."""
        if self.subscription is not None:
            self.subscription.close()
            self.subscription = None
        if self.camera_info is not None:
            self.camera_info.close()
            self.camera_info = None
        if self.boxes is not None:
            self.boxes.unsubscribe()

    def takes(self, msg: Image | CompressedImage) -> bool:
        """Return whether to process an image, by its stamp or, without one, its arrival."""
        return self.limit.takes(stamp_s_from_msg(msg.header.stamp) or time.monotonic())

    def reset(self) -> None:
        """Have the faces and stamps forgotten before the next image."""
        self._reset.set()

    def prepare(self) -> None:
        """Apply requested changes; called by the thread that processes images."""
        if self._reset.is_set():
            self._reset.clear()
            self.pipeline.reset()
            self.clock = ImageClock()
        if self.pipeline.settings is not self.settings:
            self.pipeline.settings = self.settings


@dataclass(frozen=True, eq=False)
class ObservedImage:
    """An image and the faces in it, before their emotions are estimated."""

    topic: ImageTopic
    msg: Image | CompressedImage
    observation: Observation

    @cached_property
    def bgr(self) -> ImageArray:
        """``(H, W, 3)`` uint8 BGR, decoded on first access."""
        return self.topic.decoder.bgr(self.msg)


def make_image_topics(node: Node, models: Models, values: Mapping[str, Any]) -> list[ImageTopic]:
    """Return the image topics that a node's parameters name, not yet subscribed.

    Args:
        node: Node that resolves the names.
        models: Models that the pipelines share.
        values: The node's parameters by name.

    Raises:
        SettingError: A topic is named twice, or a required message package is not installed.
    """
    # Resolved before the suffix is added, so that remapping the raw topic is enough, and after it,
    # because the topic of compressed images may be remapped itself, to a name without the suffix.
    suffix = IMAGE_TRANSPORTS[values['image_transport']].suffix
    asked = [
        f'{node.resolve_topic_name(name)}{suffix}' if suffix else name
        for name in values['image_topics']
    ]
    names = [node.resolve_topic_name(name) for name in asked]
    if len(set(names)) < len(names):
        raise SettingError(f'image_topics names a topic twice: {", ".join(names)}')
    settings = pipeline_settings(values)
    topics = []
    face_topics = _make_face_topics(node, names, values)
    for index, name in enumerate(names):
        boxes = face_topics.get(name)
        face_ids = face_ids_of_camera(index, len(names))
        pipeline = EmotionPipeline(models, settings, face_ids, reported=boxes is not None)
        say = partial(_say_chosen, node, name)
        decoder = ImageDecoder(values['max_image_pixels'], values['white_level'], say)
        camera = CameraModel(values['rectified'])
        limit = RateLimit(values['max_rate_hz'])
        topics.append(
            ImageTopic(name, asked[index], pipeline, decoder, camera, settings, limit, boxes=boxes)
        )
    return topics


def _make_face_topics(
    node: Node, image_topics: Sequence[str], values: Mapping[str, Any]
) -> Mapping[str, FaceTopic | HriFaces]:
    """Return the source of boxes by image topic; empty if the pipelines detect the faces."""
    if values['face_source'] == 'detector':
        return {}
    if values['face_source'] == 'hri':
        return {image_topics[0]: _make_hri_faces(image_topics, values)}
    names = [
        node.resolve_topic_name(face_topic_name(values['face_topic'], topic))
        for topic in image_topics
    ]
    if len(set(names)) < len(names):
        raise SettingError(
            f'face_topic {values["face_topic"]!r} resolves to one topic, {names[0]}, for several '
            'image topics, and its boxes do not say to which image topic they belong: give each '
            'camera a namespace, and face_topic a name that does not start with a slash'
        )
    message = message_class('vision_msgs', 'Detection2DArray', 'face_source: topic')
    return {
        topic: FaceTopic(name, values['face_classes'], message)
        for topic, name in zip(image_topics, names, strict=True)
    }


def _make_hri_faces(image_topics: Sequence[str], values: Mapping[str, Any]) -> HriFaces:
    if len(image_topics) > 1:
        raise SettingError(
            'face_source is hri, whose faces are of one camera, and image_topics names '
            f'{len(image_topics)}: start a node for each, with its own hri_namespace'
        )
    if 'hri' in values['outputs']:
        raise SettingError(
            'face_source is hri and outputs has hri: the node would take its own faces'
        )
    return HriFaces(values['hri_namespace'], message_package('hri_msgs', 'face_source: hri'))


def _say_chosen(node: Node, topic: str, sentence: str) -> None:
    node.get_logger().info(f'{topic}: {sentence}')
