"""EmotionPipeline: image in, emotions out; the only place where the stages are combined."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count

import cv2
import numpy as np

from fer_ros.errors import ImageError, StampError
from fer_ros.face.observer import FaceObserver
from fer_ros.face.pose import CameraIntrinsics, head_pose
from fer_ros.face.quality import FaceQuality, face_quality
from fer_ros.face.reported import FaceReport, ReportQueue
from fer_ros.face.rotation import turned, turned_back, turned_box
from fer_ros.inference.classifier import softmax
from fer_ros.inference.inputs import make_batch
from fer_ros.inference.prior_correction import PriorCorrection
from fer_ros.inference.valence_arousal import ValenceArousal
from fer_ros.models import Models
from fer_ros.pipeline.observation import Observation
from fer_ros.pipeline.settings import PipelineSettings
from fer_ros.smoothing import EmotionSmoother
from fer_ros.stage_timer import StageTimer
from fer_ros.structures import (
    FaceBox,
    FaceEmotion,
    FloatArray,
    FrameEmotions,
    HeadPose,
    ImageArray,
    Judgement,
    Landmarks,
    ObservedFace,
)

_NOTHING = np.zeros(0, np.float32)
_NO_ROWS = np.zeros((0, 0), np.float32)

# Keys of ``EmotionPipeline.stage_s``, in order; ``detector`` is the time that images wait for it.
STAGES = (
    'gray',
    'detector',
    'landmarks',
    'crop',
    'tracker',
    'pose',
    'quality',
    'batch',
    'model',
    'smoothing',
)


@dataclass(frozen=True)
class _View:
    """How an image shows a face, and whether that is enough for it to be judged."""

    head: HeadPose
    quality: FaceQuality
    enough: bool


class EmotionPipeline:
    """Turns the images of one camera into faces with emotions.

    Attributes:
        models: The stages that are loaded from files.
        camera: Intrinsics for head poses; may be set at any time. ``None``: unknown, so that the
            orientation of a head follows from ``hfov_deg`` and its position stays unknown.
    """

    def __init__(
        self,
        models: Models,
        settings: PipelineSettings | None = None,
        face_ids: Iterator[int] | None = None,
        reported: bool = False,
    ) -> None:
        """Args:
        models: Models to use; may be shared.
        settings: Pipeline settings; may be replaced at any time.
        face_ids: Ids for new faces; 1, 2, 3, ... if left out. See ``face_ids_of_camera``.
        reported: Whether an external detector finds the faces and passes them to ``report``; the
            detector of ``models`` is then used by ``analyze`` only.

        Raises:
            SettingError: The model does not allow the ``prior_correction`` of the settings.
        """
        self.models = models
        self.camera: CameraIntrinsics | None = None
        self._timer = StageTimer()
        self._observer = FaceObserver(
            models.detector,
            models.landmarks,
            models.classifier.config.crop_px,
            self._timer,
            face_ids,
            reported,
        )
        self._reports = ReportQueue()
        self._smoother = EmotionSmoother()
        self._measures = ValenceArousal(self.classes)
        self._stamp_s = float('-inf')
        self._settings = PipelineSettings()
        self.settings = settings or PipelineSettings()

    @property
    def settings(self) -> PipelineSettings:
        """The settings; new ones apply from the next image. Faces stay known unless ``rotate_deg``
        changes.
        """
        return self._settings

    @settings.setter
    def settings(self, settings: PipelineSettings) -> None:
        self._correction = PriorCorrection(self.models.classifier, settings.prior_correction)
        if self._settings.rotate_deg != settings.rotate_deg:
            self._observer.reset()
        self._smoother.settings = settings.smoothing
        self._observer.settings = settings.tracker
        self._settings = settings

    @property
    def stage_s(self) -> dict[str, float]:
        """Seconds that each of ``STAGES`` took for the last processed image, if it ran; calls of
        ``observe`` and ``estimate`` add up. ``search`` is the time the detector worked in the
        background.
        """
        return self._timer.stage_s

    @property
    def classes(self) -> tuple[str, ...]:
        """The model's classes, in the order of every array of probabilities."""
        return self.models.classifier.config.classes

    def process(self, image: ImageArray, stamp_s: float) -> FrameEmotions:
        """Find the faces in an image and estimate their emotions.

        Args:
            image: ``(H, W)`` gray or ``(H, W, 3)`` BGR, uint8. A gray image must not be changed
                afterwards, since it may still be searched.
            stamp_s: Acquisition time in seconds, increasing from call to call.

        Raises:
            ImageError: The array has another shape or type, or no pixels.
            StampError: ``stamp_s`` is not later than the last image's. Use ``analyze`` for
                pictures that are not a sequence, or ``reset`` to start again.
        """
        self._timer.clear()
        return self.estimate(self.observe(image, stamp_s))

    def analyze(self, image: ImageArray) -> FrameEmotions:
        """Find the faces in a single picture and estimate their emotions.

        Nothing is tracked or smoothed, and the state from other images is not changed: faces are
        numbered from 1 in every picture, clearest first, and ``stamp_s`` is 0.

        Args:
            image: Image as for ``process``, with the same errors.
        """
        self._timer.clear()
        return self.estimate(self.observe_alone(image))

    def report(self, boxes: Sequence[FaceBox], stamp_s: float) -> str:
        """Pass in the faces that an external detector found in an image, from any thread.

        They are used with the next processed image if the pipeline was created with ``reported``;
        their own image may be processed already or still to come. Without reports, the known faces
        are tracked.

        Args:
            boxes: Boxes around the faces in pixels of the original image, covering whole heads or
                brows to chin. Empty if there are no faces.
            stamp_s: Acquisition time in seconds of the image or of one close to it.

        Returns:
            Why the boxes are of no use, as the rest of a sentence that begins "boxes are"; empty
            if they are of use.
        """
        return self._reports.put(FaceReport(stamp_s, tuple(boxes)))

    def observe_alone(self, image: ImageArray) -> Observation:
        """Do the first half of ``analyze``; see ``observe``.

        Args:
            image: Image as for ``process``, with the same errors.
        """
        with self._timer.time('gray'):
            gray = _gray(image)
        rotate_deg, size_wh = self._settings.rotate_deg, (gray.shape[1], gray.shape[0])
        seen = self._observer.observe_alone(turned(gray, rotate_deg))
        faces = tuple(turned_back(face, size_wh, rotate_deg) for face in seen)
        return Observation(0.0, size_wh, faces, frozenset(), alone=True)

    def observe(self, image: ImageArray, stamp_s: float) -> Observation:
        """Do the first half of ``process``: find and track the faces.

        For recorded images, one thread may observe while another estimates earlier observations,
        each in the order of the images.

        Args:
            image: Image as for ``process``, with the same errors.
            stamp_s: Acquisition time in seconds; see ``process``.
        """
        if not stamp_s > self._stamp_s:
            raise StampError(
                f'image stamp {stamp_s} s is not later than the last one, {self._stamp_s} s; '
                'use analyze(image) for pictures that are not a sequence'
            )
        with self._timer.time('gray'):
            gray = _gray(image)
        self._stamp_s = stamp_s
        rotate_deg, size_wh = self._settings.rotate_deg, (gray.shape[1], gray.shape[0])
        reports = [
            replace(
                report, boxes=tuple(turned_box(box, size_wh, rotate_deg) for box in report.boxes)
            )
            for report in self._reports.take(stamp_s)
        ]
        seen = self._observer.observe(turned(gray, rotate_deg), stamp_s, reports)
        faces = tuple(turned_back(face, size_wh, rotate_deg) for face in seen)
        return Observation(stamp_s, size_wh, faces, self._observer.known_ids)

    def estimate(self, observation: Observation) -> FrameEmotions:
        """Do the second half of ``process``: estimate the emotions of the observed faces.

        Args:
            observation: Observation of the image after the last estimated one.
        """
        return estimate_together([(self, observation)])[0]

    def settle(self) -> None:
        """Wait until no work is running in the background, e.g. before measuring time."""
        self._observer.settle()

    def reset(self) -> None:
        """Forget all faces and the last stamp."""
        self._observer.reset()
        self._reports.clear()
        self._smoother.reset()
        self._stamp_s = float('-inf')

    def _views(self, observation: Observation) -> list[_View]:
        """Return how an image shows its faces."""
        with self._timer.time('pose'):
            heads = [self._head(face.landmarks, observation.size_wh) for face in observation.faces]
        least = self._settings.min_quality
        with self._timer.time('quality'):
            qualities = [
                face_quality(face.aligned, face.landmarks, head)
                for face, head in zip(observation.faces, heads, strict=True)
            ]
        return [
            _View(head, quality, quality.value >= least)
            for head, quality in zip(heads, qualities, strict=True)
        ]

    def _smooth(
        self,
        observation: Observation,
        views: Sequence[_View],
        logits: FloatArray,
        model_s: Mapping[str, float],
    ) -> FrameEmotions:
        """Blend the model's probabilities for an image's faces with those of earlier images.

        Args:
            observation: Observation of the image after the last estimated one.
            views: Of its faces.
            logits: ``(N, C)`` of the N faces that are judged.
            model_s: Seconds that the stages ``batch`` and ``model`` took for them.
        """
        for stage, seconds in model_s.items():
            self._timer.add(stage, seconds)
        with self._timer.time('smoothing'):
            probabilities = iter(softmax(self._correction(logits)) if len(logits) else logits)
            faces = tuple(
                self._face_emotion(
                    face, view, next(probabilities) if view.enough else None, observation
                )
                for face, view in zip(observation.faces, views, strict=True)
            )
            if not observation.alone:
                self._smoother.keep(observation.known_ids)
        return FrameEmotions(
            observation.stamp_s,
            self.classes,
            faces,
            observation.size_wh,
            self.models.classifier.name,
            self._measures.names,
        )

    def _head(self, landmarks: Landmarks, size_wh: tuple[int, int]) -> HeadPose:
        if self.camera is not None:
            return head_pose(landmarks, self.camera)
        guess = CameraIntrinsics.from_hfov(size_wh, self._settings.hfov_deg)
        return replace(head_pose(landmarks, guess), position_m=HeadPose().position_m)

    def _face_emotion(
        self, seen: ObservedFace, view: _View, frame: FloatArray | None, observation: Observation
    ) -> FaceEmotion:
        """Return what is said of a face; ``frame`` is None where it is not judged."""
        face_id, stamp_s = seen.face.face_id, observation.stamp_s
        emotion, confidence, judgement = '', float('nan'), view.quality.weakness
        if frame is None:
            past = None if observation.alone else self._smoother.last(face_id)
            smoothed = _NOTHING if past is None else past
        else:
            alone = observation.alone
            smoothed = frame if alone else self._smoother.update(face_id, frame, stamp_s)
            best = int(smoothed.argmax())
            confidence = float(smoothed[best])
            named = confidence >= self._settings.confidence_threshold
            emotion = self.classes[best] if named else ''
            judgement = Judgement.JUDGED if named else Judgement.UNCERTAIN
        return FaceEmotion(
            face_id=face_id,
            box=seen.face.box,
            landmarks=seen.landmarks,
            emotion=emotion,
            confidence=confidence,
            probabilities=smoothed,
            frame_probabilities=_NOTHING if frame is None else frame,
            judgement=judgement,
            first_seen_s=seen.face.first_seen_s,
            detected=seen.face.detected,
            quality=view.quality.value,
            head=view.head,
            measures=self._measures.of(smoothed),
        )


def face_ids_of_camera(index: int, cameras: int) -> Iterator[int]:
    """Return ids for the faces of one camera that no other camera assigns.

    Args:
        index: Index of the camera, from 0.
        cameras: Number of cameras; the ids are index + 1, index + 1 + cameras, ...
    """
    return count(index + 1, cameras)


def estimate_together(
    observed: Sequence[tuple[EmotionPipeline, Observation]],
) -> list[FrameEmotions]:
    """Estimate the emotions of several pipelines' observations, with all faces in one batch.

    Args:
        observed: Pipelines that share their models, each with an observation for its ``estimate``.
    """
    views = [pipeline._views(observation) for pipeline, observation in observed]
    judged = [
        face.aligned
        for (_, observation), of_image in zip(observed, views, strict=True)
        for face, view in zip(observation.faces, of_image, strict=True)
        if view.enough
    ]
    logits, timer = _NO_ROWS, StageTimer()
    if judged:
        with timer.time('batch'):
            batch = make_batch(judged)
        with timer.time('model'):
            logits = observed[0][0].models.classifier.logits(batch)
    frames, first = [], 0
    for (pipeline, observation), of_image in zip(observed, views, strict=True):
        end = first + sum(view.enough for view in of_image)
        frames.append(pipeline._smooth(observation, of_image, logits[first:end], timer.stage_s))
        first = end
    return frames


def _gray(image: ImageArray) -> ImageArray:
    if not isinstance(image, np.ndarray):
        raise ImageError(
            f'image is {image!r}, expected an array: OpenCV returns None for a file that it '
            'cannot read'
        )
    if image.dtype != np.uint8:
        raise ImageError(f'image has type {image.dtype}, expected uint8')
    if image.ndim not in (2, 3) or (image.ndim == 3 and image.shape[2] != 3) or not image.size:
        raise ImageError(
            f'image has shape {image.shape}, expected (height, width) or (height, width, 3)'
        )
    if image.ndim == 2:
        return np.ascontiguousarray(image)
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), np.uint8)
