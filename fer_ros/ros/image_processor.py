"""ImageProcessor: processes images in the worker thread, from message to outputs."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

from rclpy.node import Node
from sensor_msgs.msg import CompressedImage, Image

from fer_ros.errors import FerError, SettingError, StampError
from fer_ros.face.pose import CameraIntrinsics
from fer_ros.media.image_clock import stamp_s
from fer_ros.messages.emotions import stamp_s_from_msg
from fer_ros.pipeline.emotion_estimator import estimate_together
from fer_ros.ros.image_topic import ImageTopic, ObservedImage
from fer_ros.ros.outputs.output import Output
from fer_ros.ros.throttled_log import ThrottledLog
from fer_ros.structures import ImageArray


class ImageProcessor:
    """Turns image messages into the messages that the outputs publish.

    Attributes:
        values: The node's parameters by name; may be replaced at any time.
        stopped: Whether to publish and log nothing more; may be set at any time.
    """

    def __init__(
        self,
        node: Node,
        outputs: Sequence[Output],
        log: ThrottledLog,
        values: Mapping[str, Any],
    ) -> None:
        """Args:
        node: Node whose clock is used.
        outputs: Outputs in the order in which they publish.
        log: Log for faults of images.
        values: The node's parameters by name.
        """
        self.values = values
        self.stopped = False
        self._node, self._outputs, self._log = node, outputs, log

    def process(self, waiting: Mapping[ImageTopic, Image | CompressedImage]) -> None:
        """Process the waiting image of each topic, in the worker thread; faults are logged.

        The faces of all images are classified in one batch.
        """
        images = []
        for topic, msg in waiting.items():
            try:
                images.append(self._observe(topic, msg))
            except Exception as error:
                self._on_failure(topic, error)
        try:
            frames = estimate_together(
                [(image.topic.pipeline.estimator, image.observation) for image in images]
            )
        except Exception as error:
            for image in images:
                self._on_failure(image.topic, error)
            return
        for output in self._outputs:
            for image, frame in zip(images, frames, strict=True):
                # The publishers may have been destroyed meanwhile.
                if self.stopped:
                    return
                try:
                    output.publish(image, frame, self.values)
                    if output is self._outputs[0]:
                        age_ms = self._age_ms(image.msg)
                        image.topic.statistics.on_published(
                            time.monotonic(), len(frame.faces), age_ms
                        )
                except Exception as error:
                    self._on_failure(image.topic, error, answered=output is not self._outputs[0])

    def _observe(self, topic: ImageTopic, msg: Image | CompressedImage) -> ObservedImage:
        gray = topic.decoder.gray(msg)
        topic.prepare()
        taken_s = self._taken_s(topic, msg)
        topic.pipeline.camera = self._camera(topic, gray)
        return ObservedImage(topic, msg, topic.pipeline.observe(gray, taken_s))

    def _camera(self, topic: ImageTopic, gray: ImageArray) -> CameraIntrinsics | None:
        height, width = gray.shape
        try:
            return topic.camera.of_image((width, height))
        except SettingError as error:
            self._log.say(topic.name, str(error))
            return None

    def _taken_s(self, topic: ImageTopic, msg: Image | CompressedImage) -> float:
        """Return when an image was taken, in seconds.

        Raises:
            StampError: An image with a later stamp has arrived before it.
        """
        # Not with rclpy's Time, which rejects times before 1970.
        stamp_ns = msg.header.stamp.sec * 1_000_000_000 + msg.header.stamp.nanosec
        if stamp_ns == 0:
            # The driver does not stamp its images, but smoothing and tracking need times.
            self._log.say(topic.name, 'images have no stamp; the time of arrival is used')
            stamp_ns = self._node.get_clock().now().nanoseconds
        time_of_image = topic.clock.take(stamp_ns, time.time_ns())
        if time_of_image is None:
            raise StampError('images arrive out of order; late ones are skipped')
        if time_of_image.new_start:
            topic.pipeline.reset()
            self._on_image_error(
                topic, 'the stamp went backwards (a replay?); all faces are forgotten', None
            )
        return stamp_s(time_of_image.stamp_ns)

    def _on_failure(self, topic: ImageTopic, error: Exception, answered: bool = False) -> None:
        if self.stopped:
            return
        if not answered and isinstance(error, StampError):
            topic.statistics.on_late()
        elif not answered:
            topic.statistics.on_failed()
        if isinstance(error, FerError):
            self._on_image_error(topic, str(error), None)
            return
        # After shutdown, the log can no longer be published.
        if not self._node.context.ok():
            return
        # The cause may be in the remembered faces.
        topic.reset()
        self._on_image_error(topic, f'{type(error).__name__}: {error}', error)

    def _on_image_error(self, topic: ImageTopic, text: str, error: Exception | None) -> None:
        topic.statistics.on_error(f'{topic.name}: {text}', time.monotonic())
        self._log.say(topic.name, text, error)

    def _age_ms(self, msg: Image | CompressedImage) -> float:
        stamp_s = stamp_s_from_msg(msg.header.stamp)
        return (
            (self._node.get_clock().now().nanoseconds * 1e-9 - stamp_s) * 1e3 if stamp_s else 0.0
        )
