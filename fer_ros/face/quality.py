"""Image and landmarks → how well a face can be judged, whatever a classifier makes of it."""

import json
import math
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from fer_ros.face.appearance import look_of
from fer_ros.face.head_shape import HEAD_SHAPE_M
from fer_ros.face.landmark_layout import REGIONS
from fer_ros.structures import (
    AlignedFace,
    FloatArray,
    HeadPose,
    ImageArray,
    Judgement,
    Landmarks,
)

WEIGHTS = Path(__file__).parent.parent / 'weights' / 'quality.json'
# Side of the crops on which faces are measured.
MEASURED_PX = 48
# Side of the looks that are compared.
LOOK_PX = 16
# In order of ``measure_quality``.
FEATURES = (
    'log_size',
    'shape_residual',
    'likeness',
    'unlikeness',
    'log_sharpness',
    'log_sharpness_ratio',
    'log_contrast',
)
# These fall where a face is seen worse, the others rise.
WORSE_IF_MORE = ('shape_residual', 'unlikeness')
# FER+ has too few faces that look this far aside for a fit. On those that look further the
# landmarks do not sit any more, so that the value falls from the first to 0 at the second.
_TURNED_RAD = math.radians(40)
_AWAY_RAD = math.radians(65)
# Below this, size is said to be what a face of low quality lacks.
_SMALL_PX = 24.0
# Of faces, most are more like the mean face than this, of what is none most are less.
_NO_FACE_LIKENESS = 0.1

# The jaw, nose and eyes: what an expression moves least.
_RIGID = np.array(
    [
        *(index for name in ('jaw', 'nose_bridge', 'nose_base') for index in REGIONS[name]),
        *(index for name in ('right_eye', 'left_eye') for index in REGIONS[name]),
    ]
)
Matrix = npt.NDArray[np.float64]


@dataclass(frozen=True)
class FaceQuality:
    """How well an image shows a face.

    Attributes:
        value: In [0, 1].
        weakness: What it lacks, should that be too little: ``TOO_SMALL``, ``TURNED_AWAY``,
            ``UNCLEAR`` or ``NO_FACE_SHAPE``.
    """

    value: float
    weakness: Judgement


@dataclass(frozen=True, eq=False)
class Faces:
    """What faces look like: their mean, and how they differ (Turk & Pentland 1991, "Eigenfaces").

    Attributes:
        mean: ``(256,)`` float32 mean of ``small_look`` over faces.
        differences: ``(K, 256)`` float32 principal components, orthogonal and of length 1.
    """

    mean: FloatArray
    differences: FloatArray


@dataclass(frozen=True, eq=False)
class QualityWeights:
    """A logistic regression over ``FEATURES``, each along two straight lines that rise or fall as
    its name says: no face is better for being smaller.

    Attributes:
        low: ``(F,)`` least value of each feature in the fit; what is below counts as this.
        high: ``(F,)`` greatest value, likewise.
        knots: ``(F,)`` where the two lines meet.
        below: ``(F,)`` slopes of those below.
        above: ``(F,)`` slopes of those above.
        bias: Added to all.
        faces: What faces look like.
    """

    low: Matrix
    high: Matrix
    knots: Matrix
    below: Matrix
    above: Matrix
    bias: float
    faces: Faces

    def value(self, measured: Matrix) -> float:
        """Return the quality of ``(F,)`` features, in (0, 1)."""
        away = np.clip(measured, self.low, self.high) - self.knots
        slopes = np.where(away < 0, self.below, self.above)
        logit = float(away @ slopes) + self.bias
        return 1 / (1 + math.exp(-logit))


@cache
def shipped_weights() -> QualityWeights:
    """Return what ``benchmarks/fit_quality.py`` has fitted."""
    content = json.loads(WEIGHTS.read_text())
    columns = {
        key: np.array([content['features'][name][key] for name in FEATURES])
        for key in ('low', 'high', 'knots', 'below', 'above')
    }
    faces = faces_from_thousandths(np.array(content['faces']))
    return QualityWeights(**columns, bias=content['bias'], faces=faces)


def faces_from_thousandths(rows: npt.NDArray[np.int64]) -> Faces:
    """Return what faces look like from ``(1 + K, 256)`` whole numbers as they are kept."""
    looks = (rows / 1000).astype(np.float32)
    lengths = np.linalg.norm(looks[1:], axis=1, keepdims=True)
    return Faces(looks[0], looks[1:] / lengths)


def small_look(crop: ImageArray) -> FloatArray:
    """Return ``(256,)`` float32 of length 1: ``look_of`` a crop of 48 px, reduced to 16 x 16."""
    look = look_of(crop).reshape(MEASURED_PX, MEASURED_PX)
    small = cv2.resize(look, (LOOK_PX, LOOK_PX), interpolation=cv2.INTER_AREA).ravel()
    return np.asarray(small / max(float(np.linalg.norm(small)), 1e-6), np.float32)


def face_quality(face: AlignedFace, landmarks: Landmarks, head: HeadPose) -> FaceQuality:
    """Return how well an image shows a face.

    The value is a logistic regression over ``FEATURES``: about the share of right answers that the
    model that ships gave to faces seen as well as this one, under the disturbances of the fit.
    Of faces turned far away it is less.

    Args:
        face: Aligned by the landmarks.
        landmarks: In pixels of the image.
        head: Its pose.
    """
    known = shipped_weights()
    measured = measure_quality(face, landmarks, known.faces)
    # Without a pose the landmarks are no head.
    facing_rad = 0.0 if math.isnan(head.facing_angle_rad) else head.facing_angle_rad
    towards = min(max((_AWAY_RAD - facing_rad) / (_AWAY_RAD - _TURNED_RAD), 0.0), 1.0)
    value = 0.0 if math.isnan(head.facing_angle_rad) else towards * known.value(measured)
    return FaceQuality(value, _weakness(measured, facing_rad))


def _weakness(measured: Matrix, facing_rad: float) -> Judgement:
    log_size, _, likeness = measured[:3].tolist()
    if log_size < math.log(_SMALL_PX):
        return Judgement.TOO_SMALL
    if facing_rad > _TURNED_RAD:
        return Judgement.TURNED_AWAY
    return Judgement.NO_FACE_SHAPE if likeness < _NO_FACE_LIKENESS else Judgement.UNCLEAR


def measure_quality(face: AlignedFace, landmarks: Landmarks, faces: Faces) -> Matrix:
    """Return the ``(F,)`` values of ``FEATURES``.

    Args:
        face: As for ``face_quality``.
        landmarks: Likewise.
        faces: What it is compared with.
    """
    crop = face.crop
    if len(crop) != MEASURED_PX:
        resized = cv2.resize(crop, (MEASURED_PX, MEASURED_PX), interpolation=cv2.INTER_AREA)
        crop = np.asarray(resized, np.uint8)
    return np.array(
        [
            math.log(max(_size_px(face, landmarks), 1.0)),
            _shape_residual(face.landmarks_norm),
            *_likeness(small_look(crop), faces),
            *_focus_and_contrast(crop),
        ]
    )


def _likeness(look: FloatArray, faces: Faces) -> tuple[float, float]:
    """Return the correlation with the mean face, and the length of what no mix of faces has."""
    rest = look - faces.mean
    rest = rest - faces.differences.T @ (faces.differences @ rest)
    return float(look @ faces.mean) / float(np.linalg.norm(faces.mean)), float(
        np.linalg.norm(rest)
    )


def _size_px(face: AlignedFace, landmarks: Landmarks) -> float:
    """Return the side of the aligned crop in pixels of the image."""
    spread_px, spread_norm = landmarks.points_px.std(axis=0), face.landmarks_norm.std(axis=0)
    return 2 * float(np.hypot(*spread_px) / max(np.hypot(*spread_norm), 1e-6))


def _shape_residual(landmarks_norm: FloatArray) -> float:
    """Return by how much landmarks differ from any affine image of a head, in halves of the
    crop's side (root of the mean square).
    """
    rest = _OUTSIDE @ landmarks_norm[_RIGID]
    return math.sqrt(float(np.square(rest).mean()))


def _focus_and_contrast(crop: ImageArray) -> tuple[float, float, float]:
    """Return the features from ``log_sharpness`` on.

    Sharpness is the spread of differences between neighbours, relative to the contrast, after a
    blur that takes out the noise of single pixels; its ratio, of the lesser to the greater
    diagonal, falls with motion.
    """
    deviation = float(cv2.meanStdDev(crop)[1][0, 0])
    smooth = cv2.GaussianBlur(crop, (0, 0), 0.8).astype(np.float32)
    level, down, up = (
        float(cv2.meanStdDev(one)[1][0, 0]) / max(deviation, 1.0)
        for one in (
            smooth[1:] - smooth[:-1],
            smooth[1:, 1:] - smooth[:-1, :-1],
            smooth[1:, :-1] - smooth[:-1, 1:],
        )
    )
    ratio = (min(down, up) + 0.005) / (max(down, up) + 0.005)
    return math.log(level + 0.005), math.log(ratio), math.log(deviation + 2)


def _outside_of_heads() -> Matrix:
    """Return the ``(N, N)`` matrix that leaves of N points what no affine image of a head has."""
    shape = np.column_stack([HEAD_SHAPE_M[_RIGID], np.full(len(_RIGID), 0.05)])
    return np.eye(len(_RIGID)) - shape @ np.linalg.pinv(shape)


_OUTSIDE = _outside_of_heads()
