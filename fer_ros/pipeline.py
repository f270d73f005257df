"""EmotionPipeline: image in, emotions out; the only place where the stages meet."""

import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import cv2
import numpy as np

from fer_ros.classifier import Classifier
from fer_ros.errors import ImageError, SettingError, StampError
from fer_ros.face_crop import align_face
from fer_ros.face_detector import FaceDetector
from fer_ros.face_landmarks import LandmarkPredictor
from fer_ros.face_tracker import FaceTracker, TrackerSettings
from fer_ros.preprocess import make_batch
from fer_ros.smoothing import EmotionSmoother
from fer_ros.structures import (
    AlignedFace,
    FaceEmotion,
    FloatArray,
    FrameEmotions,
    ImageArray,
    Landmarks,
    TrackedFace,
)

# Keys of ``EmotionPipeline.stage_s``, in order of execution.
STAGES = ('gray', 'detector', 'landmarks', 'crop', 'tracker', 'batch', 'model', 'smoothing')


@dataclass(frozen=True)
class PipelineSettings:
    """What may be chosen, also while running.

    Attributes:
        tracker: When faces are detected and how long they are followed.
        smoothing_time_constant_s: See ``EmotionSmoother``.
        confidence_threshold: Smoothed probability in [0, 1] that the most probable class needs to
            be named as the emotion.
    """

    tracker: TrackerSettings = field(default_factory=TrackerSettings)
    smoothing_time_constant_s: float = 0.5
    confidence_threshold: float = 0.0

    def __post_init__(self) -> None:
        if not 0 <= self.confidence_threshold <= 1:
            raise SettingError(
                f'confidence_threshold is {self.confidence_threshold}, allowed are 0 to 1'
            )


@dataclass(frozen=True)
class Models:
    """The stages that are loaded from files and keep no state; pipelines may share them."""

    detector: FaceDetector
    landmarks: LandmarkPredictor
    classifier: Classifier


@dataclass(frozen=True, eq=False)
class ObservedFace:
    """What is seen of a face before its emotion is estimated."""

    face: TrackedFace
    landmarks: Landmarks
    aligned: AlignedFace


@dataclass(frozen=True)
class Observation:
    """What is seen of all faces of one image.

    Attributes:
        stamp_s: Acquisition time of the image in seconds.
        faces: In order of ``face_id``; empty when nobody is there.
    """

    stamp_s: float
    faces: tuple[ObservedFace, ...]


class EmotionPipeline:
    """Turns the images of one camera into faces with emotions.

    Attributes:
        stage_s: Seconds that each of ``STAGES`` took for the last image that was processed, if it
            was run; images that were observed and estimated by themselves add up.
    """

    def __init__(self, models: Models, settings: PipelineSettings | None = None) -> None:
        self.models = models
        self.stage_s: dict[str, float] = defaultdict(float)
        self._tracker = FaceTracker()
        self._smoother = EmotionSmoother()
        self._stamp_s = float('-inf')
        self.settings = settings or PipelineSettings()

    @property
    def settings(self) -> PipelineSettings:
        """The settings; new ones hold from the next image on, and faces stay known."""
        return self._settings

    @settings.setter
    def settings(self, settings: PipelineSettings) -> None:
        self._smoother.time_constant_s = settings.smoothing_time_constant_s
        self._tracker.settings = settings.tracker
        self._settings = settings

    @property
    def classes(self) -> tuple[str, ...]:
        """The model's classes, in the order of every array of probabilities."""
        return self.models.classifier.config.classes

    @property
    def memory(self) -> tuple[FaceTracker, EmotionSmoother, float]:
        """What is remembered of the faces; assigned to another pipeline, that one goes on as this
        one would have.
        """
        return self._tracker, self._smoother, self._stamp_s

    @memory.setter
    def memory(self, memory: tuple[FaceTracker, EmotionSmoother, float]) -> None:
        self._tracker, self._smoother, self._stamp_s = memory

    def process(self, image: ImageArray, stamp_s: float) -> FrameEmotions:
        """Find the faces in an image and estimate their emotions.

        Args:
            image: ``(H, W)`` gray or ``(H, W, 3)`` BGR, uint8.
            stamp_s: Acquisition time in seconds, not decreasing from call to call.

        Raises:
            ImageError: The array has another shape or type, or no pixels.
            StampError: ``stamp_s`` precedes the last image's; ``reset`` starts anew.
        """
        self.stage_s.clear()
        return self.estimate(self.observe(image, stamp_s))

    def observe(self, image: ImageArray, stamp_s: float) -> Observation:
        """Do the first half of ``process``: find the faces and follow them.

        Where images wait to be processed, one thread may observe them while another estimates
        what was observed before, each in the order of the images.

        Args:
            image: As for ``process``; errors too.
            stamp_s: As for ``process``.
        """
        if not stamp_s >= self._stamp_s:
            raise StampError(f'image stamp {stamp_s} s precedes the last one, {self._stamp_s} s')
        with self._timed('gray'):
            gray = _gray(image)
        self._stamp_s = stamp_s
        return Observation(stamp_s, tuple(self._observe(gray, stamp_s)))

    def estimate(self, observation: Observation) -> FrameEmotions:
        """Do the second half of ``process``: estimate the emotions of what was observed.

        Args:
            observation: Of the image that follows the last estimated one.
        """
        stamp_s, seen = observation.stamp_s, observation.faces
        if not seen:
            self._smoother.keep(())
            return FrameEmotions(stamp_s, self.classes, ())
        with self._timed('batch'):
            batch = make_batch([face.aligned for face in seen])
        with self._timed('model'):
            probabilities = softmax(self.models.classifier.logits(batch))
        with self._timed('smoothing'):
            faces = [
                self._estimate(face, frame, stamp_s)
                for face, frame in zip(seen, probabilities, strict=True)
            ]
            self._smoother.keep([face.face_id for face in faces])
        return FrameEmotions(stamp_s, self.classes, tuple(faces))

    def reset(self) -> None:
        """Forget all faces and the last stamp."""
        self._tracker.reset()
        self._smoother.reset()
        self._stamp_s = float('-inf')

    def _observe(self, gray: ImageArray, stamp_s: float) -> list[ObservedFace]:
        if not self._tracker.detection_due(stamp_s):
            seen, doubted = self._look(gray, self._tracker.followed(stamp_s), stamp_s)
            if not doubted:
                return seen
        # Detection is due, or a followed face does not look like itself any more.
        with self._timed('detector'):
            boxes = self.models.detector.detect(gray)
        seen, doubted = self._look(gray, self._tracker.match(boxes, stamp_s), stamp_s)
        for face in doubted:
            self._tracker.drop(face)
        return seen

    def _look(
        self, gray: ImageArray, faces: Sequence[TrackedFace], stamp_s: float
    ) -> tuple[list[ObservedFace], list[TrackedFace]]:
        """Return what is seen of each face, and the faces that were not recognised in it."""
        seen, doubted = [], []
        for face in sorted(faces, key=lambda face: face.face_id):
            with self._timed('landmarks'):
                landmarks = self.models.landmarks.predict(gray, face.box)
            with self._timed('crop'):
                aligned = align_face(gray, landmarks, self.models.classifier.config.crop_px)
            with self._timed('tracker'):
                accepted = self._tracker.accept(face, landmarks, aligned, stamp_s)
            if accepted:
                seen.append(ObservedFace(face, landmarks, aligned))
            else:
                doubted.append(face)
        return seen, doubted

    def _estimate(self, seen: ObservedFace, frame: FloatArray, stamp_s: float) -> FaceEmotion:
        smoothed = self._smoother.update(seen.face.face_id, frame, stamp_s)
        best = int(smoothed.argmax())
        confidence = float(smoothed[best])
        named = confidence >= self._settings.confidence_threshold
        return FaceEmotion(
            face_id=seen.face.face_id,
            box=seen.face.box,
            landmarks=seen.landmarks,
            emotion=self.classes[best] if named else '',
            confidence=confidence,
            probabilities=smoothed,
            frame_probabilities=frame,
        )

    @contextmanager
    def _timed(self, stage: str) -> Iterator[None]:
        start = time.perf_counter()
        yield
        self.stage_s[stage] += time.perf_counter() - start


def softmax(logits: FloatArray) -> FloatArray:
    """Return ``(B, C)`` float32 probabilities of ``(B, C)`` logits."""
    weights = np.exp(logits - logits.max(axis=1, keepdims=True))
    probabilities: FloatArray = (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)
    return probabilities


def _gray(image: ImageArray) -> ImageArray:
    if image.dtype != np.uint8:
        raise ImageError(f'image has type {image.dtype}, needed is uint8')
    if image.ndim not in (2, 3) or (image.ndim == 3 and image.shape[2] != 3) or not image.size:
        raise ImageError(
            f'image has shape {image.shape}, needed is (height, width) or (height, width, 3)'
        )
    if image.ndim == 2:
        return np.ascontiguousarray(image)
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), np.uint8)
