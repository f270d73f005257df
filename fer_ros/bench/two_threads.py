"""TwoThreads: both halves of the pipeline at work beside each other, as for recorded images."""

import time

from fer_ros.bench.pipeline_maker import settle
from fer_ros.bench.turns import Chunk, Turn
from fer_ros.offline.prefetch import WriteBehind
from fer_ros.pipeline import EmotionPipeline, Observation
from fer_ros.structures import FrameEmotions

NAME = 'two threads, for recorded images'
# Images that wait between the halves, as in a replay.
_DEPTH = 6


class TwoThreads:
    """A side that looks at an image while emotions are estimated in the one before.

    That takes images that wait to be processed: a camera's have no second one waiting.
    """

    def __init__(self, pipeline: EmotionPipeline) -> None:
        self.name = NAME
        self._pipeline = pipeline

    def reset(self) -> None:
        """Forget the images before."""
        self._pipeline.reset()

    def run(self, chunk: Chunk) -> Turn:
        """Process a chunk."""
        frames: list[FrameEmotions] = []

        def estimate(observation: Observation) -> None:
            frames.append(self._pipeline.estimate(observation))

        start_s = time.perf_counter()
        behind = WriteBehind(estimate, _DEPTH)
        for image, stamp_s in zip(chunk.images, chunk.stamps_s, strict=True):
            behind.put(self._pipeline.observe(image, stamp_s))
        behind.close()
        settle(self._pipeline)
        elapsed_s = time.perf_counter() - start_s
        return Turn(frames, sum(len(frame.faces) > 0 for frame in frames), elapsed_s)
