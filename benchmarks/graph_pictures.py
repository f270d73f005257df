"""Pictures of small, blurred, dark, compressed or covered faces, each at two strengths, and the
landmarks found in them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain

import cv2
import numpy as np

from fer_ros.data.disturbances import blotted, blurred, compressed, dimmed, to_image, to_pixels
from fer_ros.data.synthetic_clips import Still, found_landmarks
from fer_ros.face.landmark_layout import REGIONS
from fer_ros.face.landmarks import LandmarkPredictor
from fer_ros.structures import FloatArray, ImageArray, Landmarks

Rng = np.random.Generator
Disturb = Callable[[Still, float, Rng], ImageArray]

# Blurs are given in pixels of a face of this width, and scaled to that of each face.
_BLURRED_FACE_PX = 48
# Standard deviation of a face's motion and growth between two images, relative to its width.
_MOVED = 0.04

_EYES = np.array(
    list(
        chain.from_iterable(
            REGIONS[f'{side}_{part}'] for side in ('right', 'left') for part in ('eye', 'brow')
        )
    )
)
_MOUTH = np.array(list(REGIONS['outer_lip']))
_SIDES = np.array([[*range(9), *range(17, 22)], [*range(8, 17), *range(22, 27)]])


@dataclass(frozen=True)
class Condition:
    """A way to degrade a face.

    Attributes:
        name: Name of the condition with the unit of its strength.
        strengths: A weaker and a stronger strength.
        disturb: Returns the picture, given a still, a strength and a random generator.
    """

    name: str
    strengths: tuple[float, float]
    disturb: Disturb


def disturbed_picture(
    still: Still, condition: Condition, strength: float, rng: Rng, predictor: LandmarkPredictor
) -> tuple[ImageArray, Landmarks]:
    """Return a picture of a face and the landmarks found in it.

    They are found as for a tracked face: in a box near its position in the last image.

    Args:
        still: The undisturbed face.
        condition: The disturbance.
        strength: Strength of the disturbance.
        rng: Source of all random numbers.
        predictor: Landmark model.
    """
    picture = condition.disturb(still, strength, rng)
    scale = np.float32(picture.shape[1] / still.image.shape[1])
    points = still.landmarks.points_px
    middle, moved = points.mean(axis=0), rng.normal(0, _MOVED, 3)
    before = middle + (points - middle) * np.exp(moved[0]) + moved[1:] * _width_px(still)
    expected = Landmarks(((before + 0.5) * scale - 0.5).astype(np.float32))
    return picture, found_landmarks(picture, expected, predictor)


def _width_px(still: Still) -> float:
    return still.landmarks.following_box().width_px


def _smaller(still: Still, width_px: float, rng: Rng) -> ImageArray:
    scale = min(width_px / _width_px(still), 1.0)
    size_wh = [max(round(side * scale), 1) for side in reversed(still.image.shape)]
    return np.asarray(cv2.resize(still.image, size_wh, interpolation=cv2.INTER_AREA), np.uint8)


def _blurred(still: Still, sigma_px: float, rng: Rng) -> ImageArray:
    sigma_px *= _width_px(still) / _BLURRED_FACE_PX
    return to_image(blurred(to_pixels(still.image), sigma_px))


def _dark(still: Still, light: float, rng: Rng) -> ImageArray:
    return to_image(dimmed(to_pixels(still.image), light, rng))


def _jpeg(still: Still, quality: float, rng: Rng) -> ImageArray:
    return to_image(compressed(to_pixels(still.image), int(quality)))


def _over(points: FloatArray, still: Still, size: float, rng: Rng) -> ImageArray:
    """Cover the region of some landmarks with an ellipse that is ``size`` times as large."""
    low, high = points.min(axis=0), points.max(axis=0)
    (x, y), (half_width, half_height) = (low + high) / 2, size * (high - low) / 2
    pixels, gray = to_pixels(still.image), float(rng.uniform(0, 255))
    hidden = blotted(
        pixels, (float(y), float(x)), (float(half_width), float(half_height)), 0.0, gray, rng
    )
    return to_image(hidden)


def _mouth(still: Still, size: float, rng: Rng) -> ImageArray:
    return _over(still.landmarks.points_px[_MOUTH], still, size, rng)


def _eyes(still: Still, size: float, rng: Rng) -> ImageArray:
    return _over(still.landmarks.points_px[_EYES], still, size, rng)


def _side(still: Still, size: float, rng: Rng) -> ImageArray:
    return _over(still.landmarks.points_px[_SIDES[rng.integers(2)]], still, size, rng)


CONDITIONS = (
    Condition('width of the face, px', (24, 16), _smaller),
    Condition('blur, px on a face of 48', (1.5, 3), _blurred),
    Condition('remaining light, with noise', (0.1, 0.04), _dark),
    Condition('JPEG quality', (15, 5), _jpeg),
    Condition('mouth covered, times its size', (1, 1.6), _mouth),
    Condition('eyes and brows covered, times their size', (1, 1.6), _eyes),
    Condition('one side covered, times its size', (0.8, 1.2), _side),
)
