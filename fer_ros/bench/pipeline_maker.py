"""PipelineMaker: creates pipelines with the node's default parameters."""

import time
from pathlib import Path

import cv2

from fer_ros.bench.turns import Chunk, Turn
from fer_ros.offline.prefetch import WriteBehind
from fer_ros.parameters.fer_node import FER_NODE
from fer_ros.parameters.models import pipeline_models
from fer_ros.parameters.pipeline import pipeline_settings
from fer_ros.pipeline.emotion_pipeline import EmotionPipeline
from fer_ros.pipeline.observation import Observation
from fer_ros.structures import FrameEmotions


class PipelineMaker:
    """Makes pipelines that share their models.

    Attributes:
        models: Models of all pipelines.
        model_name: Name of the file the classifier was loaded from.
    """

    def __init__(self, model: Path, backend: str) -> None:
        """Load the models.

        Args:
            model: ``.onnx`` or ``.safetensors`` file.
            backend: ``onnx`` or ``torch``.

        Raises:
            ModelFileError: A model is missing or damaged.
        """
        chosen = {spec.name: spec.default for spec in FER_NODE}
        chosen |= {'model': str(model), 'backend': backend}
        self.models = pipeline_models(chosen)
        self.model_name = self.models.classifier.path.name
        # As the node does.
        cv2.setNumThreads(1)
        self._settings = pipeline_settings(chosen)

    @property
    def detect_interval_s(self) -> float:
        """Time between detections in seconds."""
        return self._settings.tracker.detect_interval_s

    def make(self) -> EmotionPipeline:
        """Return a new pipeline."""
        return EmotionPipeline(self.models, self._settings)


NAME = 'two threads, for recorded images'
# Number of images that may wait between the threads, as in a replay.
_DEPTH = 6


class TwoThreads:
    """A side that observes an image while the emotions in the previous one are estimated.

    This needs recorded images: with a live camera, no second image is waiting.
    """

    def __init__(self, pipeline: EmotionPipeline) -> None:
        self.name = NAME
        self._pipeline = pipeline

    def reset(self) -> None:
        """Forget earlier images."""
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
        self._pipeline.settle()
        elapsed_s = time.perf_counter() - start_s
        return Turn(frames, sum(len(frame.faces) > 0 for frame in frames), elapsed_s)
