"""replay: stamped images → the pipeline → estimates, with both halves of the pipeline at work."""

from collections import deque
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from fer_ros.errors import StampError
from fer_ros.media.image_stream import StampedImage
from fer_ros.offline.prefetch import read_ahead
from fer_ros.pipeline import (
    EmotionPipeline,
    Models,
    Observation,
    PipelineSettings,
    face_ids_of_camera,
)
from fer_ros.structures import FrameEmotions

# Images that wait at each place; more would only cost memory.
_DEPTH = 6

Estimated = tuple[StampedImage, FrameEmotions]
Waiting = deque[tuple[StampedImage, Future[FrameEmotions]]]


class Replay:
    """Runs the pipeline over images as the node does: each topic has its own faces.

    The images are decoded in one thread, faces are found in the caller's and emotions are
    estimated in a third; the order of the images is kept everywhere.

    Attributes:
        estimated: Images that went through the pipeline so far.
    """

    def __init__(
        self, models: Models, settings: PipelineSettings, topics: Sequence[str] = ()
    ) -> None:
        """Args:
        models: Shared by the pipelines of all topics.
        settings: Theirs.
        topics: All of the images, in the order in which the node would have them; may be left
            out where there is one.
        """
        self.estimated = 0
        self._models = models
        self._settings = settings
        self._topics = list(topics)
        self._pipelines: dict[str, EmotionPipeline] = {}

    def run(self, images: Iterator[StampedImage]) -> Generator[Estimated, None, None]:
        """Yield each image with what was estimated from it."""
        waiting: Waiting = deque()
        with ThreadPoolExecutor(1, 'estimate') as estimating:
            for image in read_ahead(images, _DEPTH):
                observation = yield from self._observe(image, waiting)
                estimate = self._pipeline(image.topic).estimate
                waiting.append((image, estimating.submit(estimate, observation)))
                yield from self._finished(waiting, _DEPTH)
            yield from self._finished(waiting, 0)

    def stage_s(self) -> dict[str, float]:
        """Return the seconds that each stage of the pipeline has taken so far, in its order."""
        total: dict[str, float] = {}
        for pipeline in self._pipelines.values():
            for stage, elapsed_s in pipeline.stage_s.items():
                total[stage] = total.get(stage, 0.0) + elapsed_s
        return total

    def _pipeline(self, topic: str) -> EmotionPipeline:
        if topic not in self._pipelines:
            place = self._topics.index(topic) if topic in self._topics else 0
            face_ids = face_ids_of_camera(place, max(len(self._topics), 1))
            self._pipelines[topic] = EmotionPipeline(self._models, self._settings, face_ids)
        return self._pipelines[topic]

    def _observe(
        self, image: StampedImage, waiting: Waiting
    ) -> Generator[Estimated, None, Observation]:
        """Return what is seen in an image; yield what has to be finished before."""
        pipeline = self._pipeline(image.topic)
        try:
            return pipeline.observe(image.gray, image.stamp_s)
        except StampError:
            # As in the node: the faces before are no longer those after.
            yield from self._finished(waiting, 0)
            pipeline.reset()
            return pipeline.observe(image.gray, image.stamp_s)

    def _finished(self, waiting: Waiting, keep: int) -> Iterator[Estimated]:
        """Yield the oldest of what waits until no more than ``keep`` are left."""
        while len(waiting) > keep:
            image, future = waiting.popleft()
            frame = future.result()
            self.estimated += 1
            yield image, frame
