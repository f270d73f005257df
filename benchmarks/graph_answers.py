"""What the streams of a fused model say of faces as they are and of disturbed ones."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache as once
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.graph_pictures import CONDITIONS, Condition, disturbed_picture
from fer_ros.data.face_set import FaceSet
from fer_ros.data.synthetic_clips import Still
from fer_ros.evaluation.calibration import log_of
from fer_ros.evaluation.coverage import quality_in_picture
from fer_ros.evaluation.predictions import answers_for
from fer_ros.face.alignment import align_face
from fer_ros.face.landmarks import LandmarkPredictor
from fer_ros.face.quality import FEATURES, measure_quality, shipped_weights
from fer_ros.inference.classifier import Classifier
from fer_ros.metrics import Labels
from fer_ros.progress import ProgressBar
from fer_ros.structures import AlignedFace, FloatArray, ImageArray, Landmarks

STREAMS = ('cnn', 'gat', 'fused')
STILLS = 'as it is'
QUALITY = 'quality'
# Columns of ``Answers.seen``.
SEEN = (*FEATURES, QUALITY)


@dataclass(frozen=True, eq=False)
class Answers:
    """What is said of N faces under one condition.

    Attributes:
        kind: Name of the disturbance, or ``STILLS``.
        strength: Of it; 0 of stills.
        labels: ``(N,)``.
        groups: ``(N,)`` what is not independent of each other.
        logits: ``(N, C)`` by stream, up to a constant of each face.
        landmarks_norm: ``(N, 68, 2)`` as they are found.
        seen: ``(N, len(SEEN))`` how well each face is seen.
    """

    kind: str
    strength: float
    labels: Labels
    groups: npt.NDArray[Any]
    logits: dict[str, FloatArray]
    landmarks_norm: FloatArray
    seen: npt.NDArray[np.float64]

    @property
    def condition(self) -> str:
        """Kind and strength."""
        return self.kind if self.kind == STILLS else f'{self.kind}: {self.strength:g}'


def ask_streams(classifier: Classifier, faces: FaceSet, limit: int) -> list[Answers]:
    """Return what is said of all faces as they are and then, disturbed, of some.

    Args:
        classifier: A fused model, in torch.
        faces: With labels.
        limit: So many of them, chosen by chance, are disturbed.
    """
    numbers = np.random.default_rng(0).permutation(len(faces))[:limit]
    chosen = faces.select(numbers)
    return [
        _answers(STILLS, 0.0, classifier, _stills(faces), faces),
        *(
            _answers(
                one.name, strength, classifier, _disturbed(chosen, numbers, one, strength), chosen
            )
            for one in CONDITIONS
            for strength in one.strengths
        ),
    ]


def _answers(
    kind: str,
    strength: float,
    classifier: Classifier,
    pictures: Iterable[tuple[ImageArray, Landmarks]],
    faces: FaceSet,
) -> Answers:
    bar = ProgressBar(pictures, f'{kind} {strength:g}', len(faces), unit=' faces', disable=None)
    aligned, seen = [], []
    for gray, landmarks in bar:
        face = align_face(gray, landmarks, classifier.config.crop_px)
        aligned.append(face)
        seen.append(_seen(face, landmarks, max(gray.shape)))
    said = answers_for(classifier, aligned, STREAMS, faces.classes)
    groups = faces.groups()
    return Answers(
        kind,
        strength,
        faces.labels(),
        np.arange(len(faces)) if groups is None else groups,
        {stream: log_of(probabilities) for stream, probabilities in said.items()},
        np.array([face.landmarks_norm for face in aligned]),
        np.array(seen),
    )


def _seen(face: AlignedFace, landmarks: Landmarks, side_px: int) -> list[float]:
    measured = measure_quality(face, landmarks, shipped_weights().faces)
    return [*measured.tolist(), quality_in_picture(face, landmarks, side_px)]


def _stills(faces: FaceSet) -> Iterator[tuple[ImageArray, Landmarks]]:
    for image, points in zip(faces.images, faces.landmarks_px, strict=True):
        yield image, Landmarks(points)


def _disturbed(
    faces: FaceSet, numbers: npt.NDArray[np.int64], condition: Condition, strength: float
) -> Iterator[tuple[ImageArray, Landmarks]]:
    """Yield pictures and the landmarks found in them; the number of a face seeds its chance."""
    for number, (image, landmarks) in zip(numbers.tolist(), _stills(faces), strict=True):
        rng = np.random.default_rng((1, number))
        yield disturbed_picture(Still(image, landmarks), condition, strength, rng, _predictor())


@once
def _predictor() -> LandmarkPredictor:
    return LandmarkPredictor()
