"""Frozen records that stages pass to each other; shapes are checked on creation."""

import math
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

import numpy as np
import numpy.typing as npt

NUM_LANDMARKS = 68
# Numbered as in iBUG 300-W (Sagonas et al. 2013).
LANDMARK_LAYOUT = 'ibug68'

FloatArray = npt.NDArray[np.float32]
ImageArray = npt.NDArray[np.uint8]


def _require_shape(name: str, array: npt.NDArray[Any], shape: tuple[int | None, ...]) -> None:
    fits = array.ndim == len(shape) and all(
        wanted is None or wanted == size for wanted, size in zip(shape, array.shape, strict=True)
    )
    if not fits:
        wanted_text = ', '.join('any' if size is None else str(size) for size in shape)
        raise ValueError(f'{name} has shape {array.shape}, expected ({wanted_text})')


@dataclass(frozen=True)
class FaceBox:
    """An upright rectangle around a face, in image pixels with the origin at the top left.

    Attributes:
        x0_px: Left edge; may lie outside the image, as may every edge.
        y0_px: Top edge.
        x1_px: Right edge, exclusive.
        y1_px: Bottom edge, exclusive.
        score: Detector confidence (dlib HOG: distance from the decision plane); 0 if the box was
            tracked, not detected.
    """

    x0_px: float
    y0_px: float
    x1_px: float
    y1_px: float
    score: float = 0.0

    def __post_init__(self) -> None:
        if not (self.x1_px > self.x0_px and self.y1_px > self.y0_px):
            raise ValueError(f'a face box needs positive width and height, got {self}')

    @property
    def width_px(self) -> float:
        """Width."""
        return self.x1_px - self.x0_px

    @property
    def height_px(self) -> float:
        """Height."""
        return self.y1_px - self.y0_px

    @property
    def center_px(self) -> tuple[float, float]:
        """Centre as x, y."""
        return (self.x0_px + self.x1_px) / 2, (self.y0_px + self.y1_px) / 2

    def shifted(self, x_px: float, y_px: float, score: float = 0.0) -> 'FaceBox':
        """Return the box moved by ``x_px`` to the right and ``y_px`` down, with another score."""
        return FaceBox(
            self.x0_px + x_px, self.y0_px + y_px, self.x1_px + x_px, self.y1_px + y_px, score
        )

    def scaled(self, x: float, y: float) -> 'FaceBox':
        """Return the box with x multiplied by one factor and y by another, with the same score."""
        return FaceBox(self.x0_px * x, self.y0_px * y, self.x1_px * x, self.y1_px * y, self.score)

    def clipped(self, size_wh: tuple[int, int]) -> tuple[float, float, float, float]:
        """Return left, top, right and bottom edge clipped to an image; a box outside it gets no
        width or height.

        Args:
            size_wh: Width and height of the image in pixels.
        """
        width, height = size_wh
        x0, x1 = (min(max(x, 0.0), float(width)) for x in (self.x0_px, self.x1_px))
        y0, y1 = (min(max(y, 0.0), float(height)) for y in (self.y0_px, self.y1_px))
        return x0, y0, x1, y1

    def iou(self, other: 'FaceBox') -> float:
        """Return intersection over union with another box, in [0, 1]."""
        width = min(self.x1_px, other.x1_px) - max(self.x0_px, other.x0_px)
        height = min(self.y1_px, other.y1_px) - max(self.y0_px, other.y0_px)
        if width <= 0 or height <= 0:
            return 0.0
        shared = width * height
        union = self.width_px * self.height_px + other.width_px * other.height_px - shared
        return shared / union


@dataclass(frozen=True, eq=False)
class Landmarks:
    """The 68 facial landmarks of the iBUG/dlib annotation.

    Attributes:
        points_px: ``(68, 2)`` float32 x, y in image pixels; may lie outside the image.
    """

    points_px: FloatArray

    def __post_init__(self) -> None:
        _require_shape('points_px', self.points_px, (NUM_LANDMARKS, 2))

    def following_box(self) -> FaceBox:
        """Return the best square box for predicting the landmarks in the next image.

        Its side is ``(w + h) / 2`` of the landmarks' bounding box, and its centre is 5 % of the
        side above that of the bounding box: lower squares would slide off the face from image to
        image.
        """
        x0, y0 = self.points_px.min(axis=0)
        x1, y1 = self.points_px.max(axis=0)
        side = max(float(x1 - x0 + y1 - y0) / 2, 1.0)
        left = float(x0 + x1) / 2 - side / 2
        top = float(y0 + y1) / 2 - 0.05 * side - side / 2
        return FaceBox(left, top, left + side, top + side)


@dataclass(frozen=True)
class TrackedFace:
    """A face with an identity that is stable from image to image.

    Attributes:
        face_id: Positive number, never reused for another face by the same tracker.
        box: Box of the face in this image.
        first_seen_s: Acquisition time in seconds of the first image in which it was found.
        detected: Whether the detector found it in this image; otherwise it was tracked.
    """

    face_id: int
    box: FaceBox
    first_seen_s: float
    detected: bool


@dataclass(frozen=True, eq=False)
class AlignedFace:
    """A face normalised in position, scale and roll.

    Attributes:
        crop: ``(S, S)`` uint8 gray.
        landmarks_norm: ``(68, 2)`` float32 x, y in the crop, whose edges are at -1 and 1.
    """

    crop: ImageArray
    landmarks_norm: FloatArray

    def __post_init__(self) -> None:
        _require_shape('crop', self.crop, (None, None))
        _require_shape('landmarks_norm', self.landmarks_norm, (NUM_LANDMARKS, 2))


@dataclass(frozen=True, eq=False)
class ObservedFace:
    """A tracked face as seen in one image."""

    face: TrackedFace
    landmarks: Landmarks
    aligned: AlignedFace


@dataclass(frozen=True, eq=False)
class ModelInput:
    """A batch of model input.

    Attributes:
        crops: ``(B, 1, S, S)`` float32, each crop with mean 0 and standard deviation 1.
        nodes: ``(B, 68, F)`` float32 node features of the landmark graphs.
    """

    crops: FloatArray
    nodes: FloatArray

    def __post_init__(self) -> None:
        batch = len(self.crops)
        _require_shape('crops', self.crops, (batch, 1, None, None))
        _require_shape('nodes', self.nodes, (batch, NUM_LANDMARKS, None))


class Judgement(IntEnum):
    """Whether a face's emotion was estimated in an image, and if not, why.

    The values are those of ``fer_ros/msg/FaceEmotion``, which describes them.
    """

    JUDGED = 0
    UNCERTAIN = 1
    TOO_SMALL = 2
    TURNED_AWAY = 3
    UNCLEAR = 4
    NO_FACE_SHAPE = 5

    @property
    def words(self) -> str:
        """The name in words, such as ``turned away``."""
        return self.name.lower().replace('_', ' ')


@dataclass(frozen=True)
class HeadPose:
    """Orientation and position of a head; unknown values are NaN.

    The frame is the camera's optical frame: x to the right, y down, z forward.

    Attributes:
        yaw_rad: Angle in radians, positive when the nose points to the right of the image.
        pitch_rad: Angle in radians, positive when the nose points up.
        roll_rad: Angle in radians, positive when the head is tilted clockwise in the image.
        facing_angle_rad: Angle between the direction of the face and the ray from it to the
            camera, in [0, pi]; 0 when it faces the camera.
        position_m: Position x, y, z in metres of the point between the eyes.
    """

    yaw_rad: float = math.nan
    pitch_rad: float = math.nan
    roll_rad: float = math.nan
    facing_angle_rad: float = math.nan
    position_m: tuple[float, float, float] = (math.nan, math.nan, math.nan)


@dataclass(frozen=True, eq=False)
class FaceEmotion:
    """One face's emotion in one image.

    Attributes:
        face_id: Identity of the face, stable from image to image.
        box: Box of the face.
        landmarks: Its landmarks; ``None`` if unknown.
        emotion: Most probable class after smoothing; empty unless ``judgement`` is ``JUDGED``.
        confidence: Probability of the most probable class after smoothing, in [0, 1]; NaN if it
            was not estimated in this image.
        probabilities: ``(C,)`` float32, smoothed, in the model's class order, summing to 1; those
            of the last estimate if there was none in this image, ``(0,)`` before the first.
        frame_probabilities: ``(C,)`` float32, from this image alone, after what
            ``adapt_to_person`` subtracts; ``(0,)`` if there was no estimate.
        judgement: Whether the emotion was estimated in this image, and if not, why.
        first_seen_s: Acquisition time in seconds of the first image in which the face was found.
        detected: Whether the detector found it in this image; otherwise it was tracked.
        quality: How well the image shows the face, in [0, 1]; NaN if unknown.
        head: Position and orientation of the head.
        measures: ``(M,)`` float32 measures in the order of ``FrameEmotions.measure_names``.
    """

    face_id: int
    box: FaceBox
    landmarks: Landmarks | None
    emotion: str
    confidence: float
    probabilities: FloatArray
    frame_probabilities: FloatArray
    judgement: Judgement = Judgement.JUDGED
    first_seen_s: float = math.nan
    detected: bool = False
    quality: float = math.nan
    head: HeadPose = HeadPose()
    measures: FloatArray = field(default_factory=lambda: np.empty(0, np.float32))

    def __post_init__(self) -> None:
        _require_shape('probabilities', self.probabilities, (None,))
        if len(self.frame_probabilities):
            shape = self.probabilities.shape
            _require_shape('frame_probabilities', self.frame_probabilities, shape)
        _require_shape('measures', self.measures, (None,))
        if bool(self.emotion) != (self.judgement == Judgement.JUDGED):
            raise ValueError(
                f'emotion is {self.emotion!r} and judgement {self.judgement.name}; expected an '
                'emotion if and only if judgement is JUDGED'
            )

    @property
    def judged(self) -> bool:
        """Whether the emotion was estimated in this image, even if no class was certain enough."""
        return self.judgement in (Judgement.JUDGED, Judgement.UNCERTAIN)

    @property
    def answer(self) -> str:
        """The emotion, or the reason why there is none, in words."""
        return self.emotion or self.judgement.words


@dataclass(frozen=True)
class FrameEmotions:
    """All faces of one image.

    Attributes:
        stamp_s: Acquisition time of the image in seconds.
        classes: Class names in the order of all ``probabilities``.
        faces: Faces ordered by ``face_id``; empty if there are none.
        size_wh: Width and height of the image in pixels; zeros if unknown.
        model: Name of the model, see ``Classifier.name``; empty if unknown.
        measure_names: Names of the measures in the order of all ``measures``.
    """

    stamp_s: float
    classes: tuple[str, ...]
    faces: tuple[FaceEmotion, ...]
    size_wh: tuple[int, int] = (0, 0)
    model: str = ''
    measure_names: tuple[str, ...] = ()
