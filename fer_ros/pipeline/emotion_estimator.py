"""EmotionEstimator: the half of the pipeline that turns observed faces into emotions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from fer_ros.face.pose import CameraIntrinsics, head_pose
from fer_ros.face.quality import FaceQuality, face_quality
from fer_ros.inference.classifier import Classifier, softmax
from fer_ros.inference.inputs import make_batch
from fer_ros.inference.prior_correction import PriorCorrection
from fer_ros.inference.valence_arousal import ValenceArousal
from fer_ros.pipeline.observation import Observation
from fer_ros.pipeline.settings import PipelineSettings
from fer_ros.resting_face import RestingFaces
from fer_ros.smoothing import EmotionSmoother
from fer_ros.stage_timer import StageTimer
from fer_ros.structures import (
    FaceEmotion,
    FloatArray,
    FrameEmotions,
    HeadPose,
    Judgement,
    Landmarks,
    ObservedFace,
)

_NOTHING = np.zeros(0, np.float32)
_NO_ROWS = np.zeros((0, 0), np.float32)


@dataclass(frozen=True)
class View:
    """How an image shows a face, and whether that is enough for it to be judged."""

    head: HeadPose
    quality: FaceQuality
    enough: bool


class EmotionEstimator:
    """Estimates the emotions of the faces in the images of one camera or clip.

    For every image, ``estimate_together`` calls ``views``, then the classifier for the faces that
    are judged, then ``smooth``.

    Attributes:
        classifier: Judges faces; may be shared.
        camera: Intrinsics for head poses; may be set at any time. ``None``: unknown.
    """

    def __init__(
        self, classifier: Classifier, settings: PipelineSettings, timer: StageTimer
    ) -> None:
        """Args:
        classifier: Classifier to use.
        settings: Settings; may be replaced at any time.
        timer: Records the time each stage takes.

        Raises:
            SettingError: The classifier does not allow the ``prior_correction`` of the settings.
        """
        self.classifier = classifier
        self.camera: CameraIntrinsics | None = None
        self._timer = timer
        self._smoother = EmotionSmoother()
        self._resting = RestingFaces()
        self._measures = ValenceArousal(self.classes)
        self._settings = settings
        self.settings = settings

    @property
    def settings(self) -> PipelineSettings:
        """The settings; new ones apply from the next image."""
        return self._settings

    @settings.setter
    def settings(self, settings: PipelineSettings) -> None:
        self._correction = PriorCorrection(self.classifier, settings.prior_correction)
        if settings.prior_correction != self._settings.prior_correction:
            # Its means are of probabilities that were corrected as before.
            self._resting.reset()
        self._smoother.settings = settings.smoothing
        self._settings = settings

    @property
    def classes(self) -> tuple[str, ...]:
        """The model's classes, in the order of every array of probabilities."""
        return self.classifier.config.classes

    def views(self, observation: Observation) -> list[View]:
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
            View(head, quality, quality.value >= least)
            for head, quality in zip(heads, qualities, strict=True)
        ]

    def smooth(
        self,
        observation: Observation,
        views: Sequence[View],
        logits: FloatArray,
        model_s: Mapping[str, float],
    ) -> FrameEmotions:
        """Blend the model's probabilities for an image's faces with those of earlier images.

        Args:
            observation: Observation of the image after the last estimated one.
            views: Views of its faces.
            logits: ``(N, C)`` logits of the N faces that are judged.
            model_s: Seconds that the stages ``batch`` and ``model`` took for them.
        """
        for stage, seconds in model_s.items():
            self._timer.add(stage, seconds)
        with self._timer.time('smoothing'):
            answers = iter(softmax(self._correction(logits)) if len(logits) else logits)
            faces = tuple(
                self._face_emotion(
                    face,
                    view,
                    self._of_person(face, next(answers), observation) if view.enough else None,
                    observation,
                )
                for face, view in zip(observation.faces, views, strict=True)
            )
            if not observation.alone:
                self._smoother.keep(observation.known_ids)
                self._resting.keep(observation.known_ids)
        return FrameEmotions(
            observation.stamp_s,
            self.classes,
            faces,
            observation.size_wh,
            self.classifier.name,
            self._measures.names,
        )

    def reset(self) -> None:
        """Forget all faces."""
        self._smoother.reset()
        self._resting.reset()

    def _head(self, landmarks: Landmarks, size_wh: tuple[int, int]) -> HeadPose:
        if self.camera is not None:
            return head_pose(landmarks, self.camera)
        guess = CameraIntrinsics.from_hfov(size_wh, self._settings.hfov_deg)
        return replace(head_pose(landmarks, guess), position_m=HeadPose().position_m)

    def _of_person(
        self, seen: ObservedFace, answer: FloatArray, observation: Observation
    ) -> FloatArray:
        """Return the probabilities of a face in one image, adapted to the person."""
        if observation.alone:
            return answer
        face_id = seen.face.face_id
        self._resting.update(face_id, answer, observation.stamp_s)
        return self._resting.without(face_id, answer, self._settings.adapt_to_person)

    def _face_emotion(
        self, seen: ObservedFace, view: View, frame: FloatArray | None, observation: Observation
    ) -> FaceEmotion:
        """Return the estimate for a face; ``frame`` is None if it is not judged."""
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


def estimate_together(
    observed: Sequence[tuple[EmotionEstimator, Observation]],
) -> list[FrameEmotions]:
    """Estimate the emotions in several images, one per camera, with all faces in one batch.

    Args:
        observed: Estimators that share their classifier, each with the observation of the image
            after the last one that it estimated.
    """
    views = [estimator.views(observation) for estimator, observation in observed]
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
            logits = observed[0][0].classifier.logits(batch)
    frames, first = [], 0
    for (estimator, observation), of_image in zip(observed, views, strict=True):
        end = first + sum(view.enough for view in of_image)
        frames.append(estimator.smooth(observation, of_image, logits[first:end], timer.stage_s))
        first = end
    return frames
