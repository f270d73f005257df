"""StreamProcessor: stamped images → emotions, with both halves of the pipeline in parallel."""

import threading
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from fer_ros.media.image_stream import StampedImage
from fer_ros.models import Models
from fer_ros.offline.prefetch import read_ahead
from fer_ros.pipeline.emotion_pipeline import EmotionPipeline, face_ids_of_camera
from fer_ros.pipeline.observation import Observation
from fer_ros.pipeline.settings import PipelineSettings
from fer_ros.structures import FrameEmotions

# Number of images that may wait for each stage; more would only take memory.
_DEPTH = 6

Processed = tuple[StampedImage, FrameEmotions]
Waiting = deque[tuple[StampedImage, Future[FrameEmotions]]]


class StreamProcessor:
    """Runs the pipeline over images as the node does: each topic has its own faces.

    One thread decodes images, the caller's observes faces, and a third estimates emotions; the
    images stay in order.
    """

    def __init__(
        self,
        models: Models,
        settings: PipelineSettings,
        topics: Sequence[str],
        alone: bool = False,
    ) -> None:
        """Args:
        models: Models that the pipelines of all topics share.
        settings: Settings of every pipeline.
        topics: Topics of the images, in the order of the node's ``image_topics``.
        alone: Whether each image is analysed on its own.
        """
        self._alone = alone
        self._pipelines = {
            topic: EmotionPipeline(models, settings, face_ids_of_camera(index, len(topics)))
            for index, topic in enumerate(topics)
        }

    def process(
        self, images: Iterator[StampedImage], stop: threading.Event | None = None
    ) -> Generator[Processed, None, None]:
        """Yield each image with its estimates.

        Args:
            images: Images of all topics; only one thread uses them.
            stop: Ends the images once it is set.
        """
        waiting: Waiting = deque()
        with ThreadPoolExecutor(1, 'estimate') as estimating:
            for image in read_ahead(images, _DEPTH, stop):
                observation = yield from self._observe(image, waiting)
                waiting.append((image, estimating.submit(self._estimate, image, observation)))
                yield from _finished(waiting, _DEPTH)
            yield from _finished(waiting, 0)

    def stage_s(self) -> dict[str, float]:
        """Return the seconds that each stage of the pipeline has taken so far, in order."""
        total: dict[str, float] = {}
        for pipeline in self._pipelines.values():
            for stage, elapsed_s in pipeline.stage_s.items():
                total[stage] = total.get(stage, 0.0) + elapsed_s
        return total

    def _estimate(self, image: StampedImage, observation: Observation) -> FrameEmotions:
        pipeline = self._pipelines[image.topic]
        pipeline.camera = image.camera
        return pipeline.estimate(observation)

    def _observe(
        self, image: StampedImage, waiting: Waiting
    ) -> Generator[Processed, None, Observation]:
        """Return the observation of an image; yield the results that must be complete before."""
        pipeline = self._pipelines[image.topic]
        if self._alone:
            return pipeline.observe_alone(image.gray)
        if image.new_scene:
            # As in the node when a stamp jumps back: these are not the same faces any more.
            yield from _finished(waiting, 0)
            pipeline.reset()
        return pipeline.observe(image.gray, image.stamp_s)


def _finished(waiting: Waiting, keep: int) -> Iterator[Processed]:
    """Yield the oldest pending results until at most ``keep`` are left."""
    while len(waiting) > keep:
        image, future = waiting.popleft()
        yield image, future.result()
