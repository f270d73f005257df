"""Image and landmarks → how well the image shows a face, independently of any classifier."""

import json
import math
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from fer_ros.face.appearance import COMPARED_PX, compared_crop, look_of
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
# Side of the looks that are compared with the mean face.
LOOK_PX = 16
# In the order in which ``measure_quality`` returns them.
FEATURES = (
    'log_size',
    'shape_residual',
    'likeness',
    'unlikeness',
    'log_sharpness',
    'log_sharpness_ratio',
    'log_contrast',
)
# The quality falls as these features rise; it rises with all others.
WORSE_IF_MORE = ('shape_residual', 'unlikeness')
# FER+ has too few faces turned further than the first angle for a fit, and landmarks become
# unreliable there: the value falls linearly from the first angle to 0 at the second.
_TURNED_RAD = math.radians(40)
_AWAY_RAD = math.radians(65)
# A face of low quality that is smaller than this is reported as too small.
_SMALL_PX = 24.0
# Most faces correlate more than this with the mean face, and most false detections less.
_NO_FACE_LIKENESS = 0.1

# The jaw, nose and eyes: the landmarks that expressions move least.
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
        weakness: Reason to report if the value is too low: ``TOO_SMALL``, ``TURNED_AWAY``,
            ``UNCLEAR`` or ``NO_FACE_SHAPE``.
    """

    value: float
    weakness: Judgement


@dataclass(frozen=True, eq=False)
class Faces:
    """A mean face and the ways in which faces differ (Turk & Pentland 1991, "Eigenfaces").

    Attributes:
        mean: ``(256,)`` float32 mean of ``small_look`` over many faces.
        differences: ``(K, 256)`` float32 principal components, orthogonal and of length 1.
    """

    mean: FloatArray
    differences: FloatArray


@dataclass(frozen=True, eq=False)
class QualityWeights:
    """A logistic regression on ``FEATURES``, each through a piecewise linear function of two
    segments. Its direction is fixed by ``WORSE_IF_MORE``: no face is rated better for being
    smaller.

    Attributes:
        low: ``(F,)`` least value of each feature in the fit; lower values are raised to it.
        high: ``(F,)`` greatest value of each feature in the fit; higher values are lowered to it.
        knots: ``(F,)`` values at which the two segments meet.
        below: ``(F,)`` slopes below the knots.
        above: ``(F,)`` slopes above the knots.
        bias: Logit of a face whose features are all at the knots.
        faces: Faces with which a crop is compared.
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
    """Return the weights fitted by ``benchmarks/fit_quality.py``."""
    content = json.loads(WEIGHTS.read_text(encoding='utf-8'))
    columns = {
        key: np.array([content['features'][name][key] for name in FEATURES])
        for key in ('low', 'high', 'knots', 'below', 'above')
    }
    faces = faces_from_thousandths(np.array(content['faces']))
    return QualityWeights(**columns, bias=content['bias'], faces=faces)


def faces_from_thousandths(rows: npt.NDArray[np.int64]) -> Faces:
    """Return the mean and the differences stored as ``(1 + K, 256)`` integers, in thousandths."""
    looks = (rows / 1000).astype(np.float32)
    lengths = np.linalg.norm(looks[1:], axis=1, keepdims=True)
    return Faces(looks[0], looks[1:] / lengths)


def small_look(crop: ImageArray) -> FloatArray:
    """Return ``look_of`` a crop, reduced to 16 x 16: ``(256,)`` float32 of length 1."""
    look = look_of(crop).reshape(COMPARED_PX, COMPARED_PX)
    small = cv2.resize(look, (LOOK_PX, LOOK_PX), interpolation=cv2.INTER_AREA).ravel()
    return np.asarray(small / max(float(np.linalg.norm(small)), 1e-6), np.float32)


def face_quality(face: AlignedFace, landmarks: Landmarks, head: HeadPose) -> FaceQuality:
    """Return how well an image shows a face.

    The value is a logistic regression on ``FEATURES``, reduced for faces turned far away. It
    approximates the accuracy of the shipped model on faces that the image shows equally well,
    under the disturbances of the fit.

    Args:
        face: Face aligned by ``landmarks``.
        landmarks: Landmarks in pixels of the image.
        head: Pose of the head; the value is 0 if it is unknown.
    """
    known = shipped_weights()
    measured = measure_quality(face, landmarks, known.faces)
    # If no pose fits the landmarks, they do not form a head.
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
        face: Face aligned by ``landmarks``.
        landmarks: Landmarks in pixels of the image.
        faces: Faces with which the crop is compared.
    """
    crop = compared_crop(face.crop)
    return np.array(
        [
            math.log(max(_size_px(face, landmarks), 1.0)),
            _shape_residual(face.landmarks_norm),
            *_likeness(small_look(crop), faces),
            *_focus_and_contrast(crop),
        ]
    )


def _likeness(look: FloatArray, faces: Faces) -> tuple[float, float]:
    """Return the correlation with the mean face, and the norm of the part of the look that is
    outside the face space.
    """
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
    """Return the root mean square distance of the landmarks from the nearest affine image of a
    head, per coordinate, in halves of the crop's side.
    """
    rest = _OUTSIDE @ landmarks_norm[_RIGID]
    return math.sqrt(float(np.square(rest).mean()))


def _focus_and_contrast(crop: ImageArray) -> tuple[float, float, float]:
    """Return ``log_sharpness``, ``log_sharpness_ratio`` and ``log_contrast``.

    Sharpness is the standard deviation of the differences between neighbouring pixels, relative to
    the contrast, after a blur that removes the noise of single pixels. The ratio compares the less
    sharp diagonal with the sharper one; motion blur lowers it.
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
    """Return the ``(N, N)`` projection onto the part of N points that no affine image of a head
    can have.
    """
    shape = np.column_stack([HEAD_SHAPE_M[_RIGID], np.full(len(_RIGID), 0.05)])
    return np.eye(len(_RIGID)) - shape @ np.linalg.pinv(shape)


_OUTSIDE = _outside_of_heads()
