"""Disturbed faces: those that the estimate of quality is fitted on, and others to judge it on.

The fit uses frames of synthetic clips, faces as small as 10 px, single disturbances of
``data/disturbances.py`` up to complete loss of the face, and places without a face. It is judged
on other disturbances: JPEG, motion, few photons, parts of other pictures in front of the face,
glare, and defocus.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from fer_ros.data.disturbances import (
    Disturb,
    blurred,
    covered,
    exposed,
    noisy,
    shaded,
    to_image,
    to_pixels,
)
from fer_ros.data.landmarked_pictures import CHIP_MARGIN
from fer_ros.data.synthetic_clips import Still, found_landmarks, synthetic_pictures
from fer_ros.face.alignment import crop_face, face_transform
from fer_ros.face.landmarks import LandmarkPredictor
from fer_ros.structures import FloatArray, ImageArray, Landmarks

Rng = np.random.Generator

FACE_PX = 48
_SMALLEST_PX, _LARGEST_PX = 10, 64
_FRAMES = 4
_NO_FACES = 0.6


@dataclass(frozen=True, eq=False)
class Disturbed:
    """A picture and the landmarks found in it.

    Attributes:
        gray: ``(H, W)`` uint8 gray.
        landmarks: Landmarks in pixels of ``gray``.
        kind: Name of the disturbance.
        strength: Strength of the disturbance in [0, 1]; 0 if it has none.
        face: Whether there is a face where the landmarks are.
    """

    gray: ImageArray
    landmarks: Landmarks
    kind: str
    strength: float = 0.0
    face: bool = True


def _cover(pixels: FloatArray, strength: float, rng: Rng) -> FloatArray:
    """Cover up to 60 % of the face with a rectangle."""
    inner = len(pixels) / CHIP_MARGIN
    area = 0.6 * strength * inner * inner
    height = min(max(area**0.5 * np.exp(rng.uniform(-0.4, 0.4)), 1.0), inner)
    width = min(max(area / height, 1.0), inner)
    edge = (len(pixels) - inner) / 2
    y, x = (int(edge + rng.uniform(0, inner - side)) for side in (height, width))
    return covered(pixels, (y, x), (int(height), int(width)), float(rng.uniform(0, 255)))


_FITTED: dict[str, Disturb] = {
    'blur': lambda p, s, _: blurred(p, 4 * s * len(p) / (FACE_PX * CHIP_MARGIN)),
    'dark': lambda p, s, rng: noisy(p * np.float32(np.exp(-3.5 * s)), 1.5, rng),
    'bright': lambda p, s, rng: noisy(p * np.float32(np.exp(1.8 * s)), 1.5, rng),
    'gamma': lambda p, s, _: exposed(p, 2 * s),
    'side light': lambda p, s, rng: shaded(p, 2.5 * s, rng.uniform(0, 2 * np.pi)),
    'noise': lambda p, s, rng: noisy(p, 50 * s, rng),
    'cover': _cover,
}


def fitted_pictures(still: Still, rng: Rng, predictor: LandmarkPredictor) -> Iterator[Disturbed]:
    """Yield the pictures made of one still for the fit.

    Args:
        still: A face.
        rng: Source of all random numbers.
        predictor: Landmark model.
    """
    size_px = FACE_PX
    if rng.random() < 0.5:
        size_px = round(float(np.exp(rng.uniform(np.log(_SMALLEST_PX), np.log(_LARGEST_PX)))))
    alone, severity = rng.random() < 0.5, rng.uniform(0, 2)
    if alone:
        severity /= 3
    stills = [Still(still.image, still.landmarks, _FRAMES)]
    for gray, landmarks in synthetic_pictures(stills, size_px, rng, severity, predictor):
        if not alone:
            yield Disturbed(gray, landmarks, f'clip, {size_px} px')
            continue
        kind, strength = str(rng.choice(list(_FITTED))), rng.random()
        worse = to_image(_FITTED[kind](to_pixels(gray), strength, rng))
        yield Disturbed(worse, found_landmarks(worse, landmarks, predictor), kind, strength)
    if rng.random() < _NO_FACES:
        yield _no_face(still, rng, predictor)


def _no_face(still: Still, rng: Rng, predictor: LandmarkPredictor) -> Disturbed:
    """Return landmarks in an upside-down face, in clouds, next to a face, or in a part of one."""
    gray, landmarks = _placed(still, rng)
    kind = str(rng.choice(['upside down', 'clouds', 'beside', 'part']))
    points = landmarks.points_px.astype(np.float64)
    middle = points.mean(axis=0)
    if kind == 'upside down':
        gray = np.ascontiguousarray(gray[::-1])
    elif kind == 'clouds':
        gray = _clouds(len(gray), rng)
    elif kind == 'beside':
        angle = rng.uniform(0, 2 * np.pi)
        away = np.array([np.cos(angle), np.sin(angle)]) * rng.uniform(0.55, 0.9) * FACE_PX
        points = points + away
    else:
        points = (points - middle) * rng.uniform(0.2, 0.4) + points[rng.integers(len(points))]
    expected = Landmarks(points.astype(np.float32))
    found = found_landmarks(gray, expected, predictor)
    return Disturbed(gray, found, kind, face=False)


def _clouds(side_px: int, rng: Rng) -> ImageArray:
    """Return a random texture whose spectrum falls with the frequency."""
    frequency = np.fft.fftfreq(side_px)
    radius = np.hypot(frequency[:, None], frequency[None]) + 1 / side_px
    spectrum = np.fft.fft2(rng.normal(size=(side_px, side_px))) / radius ** rng.uniform(0.5, 2)
    texture = np.fft.ifft2(spectrum).real
    return to_image((128 + rng.uniform(5, 60) * (texture / texture.std())).astype(np.float32))


def _placed(still: Still, rng: Rng) -> tuple[ImageArray, Landmarks]:
    """Return a picture of a face of ``FACE_PX`` with a margin, and its landmarks."""
    side_px = round(FACE_PX * CHIP_MARGIN)
    angle, size = np.radians(rng.normal() * 6), np.exp(rng.normal() * 0.06)
    cos, sin = np.cos(angle) * size, np.sin(angle) * size
    x, y = rng.normal(0, 0.05, 2)
    moved = np.array([[cos, -sin, x], [sin, cos, y]])
    base = np.vstack([face_transform(still.landmarks), [0, 0, 1]])
    face = crop_face(still.image, still.landmarks, moved @ base / CHIP_MARGIN, side_px)
    points = ((face.landmarks_norm + 1) * (side_px / 2) - 0.5).astype(np.float32)
    return face.crop, Landmarks(points)


def _jpeg(pixels: FloatArray, strength: float, rng: Rng) -> FloatArray:
    """Compress with a quality from 61 down to 1."""
    options = [cv2.IMWRITE_JPEG_QUALITY, round(60 * (1 - strength) ** 2 + 1)]
    code = cv2.imencode('.jpg', to_image(pixels), options)[1]
    return np.asarray(cv2.imdecode(code, cv2.IMREAD_GRAYSCALE), np.float32)


def _motion(pixels: FloatArray, strength: float, rng: Rng) -> FloatArray:
    """Blur by a motion of up to 23 px."""
    length, angle = 1 + 22 * strength, rng.uniform(0, np.pi)
    kernel = np.zeros((49, 49), np.float32)
    reach = np.array([np.cos(angle), np.sin(angle)]) * length / 2
    start, end = ([round(16 * v) for v in 24 + sign * reach] for sign in (-1, 1))
    cv2.line(kernel, start, end, 1.0, 1, cv2.LINE_AA, 4)
    kernel /= kernel.sum()
    return _filtered(pixels, kernel)


def _photons(pixels: FloatArray, strength: float, rng: Rng) -> FloatArray:
    """Add shot noise, with 300 photons down to one for white."""
    white = 300 ** (1 - strength)
    counts = rng.poisson(np.clip(pixels, 0, 255) / 255 * white)
    return (counts * 255 / white).astype(np.float32)


def _glare(pixels: FloatArray, strength: float, rng: Rng) -> FloatArray:
    """Add the glare of a lamp."""
    side = len(pixels) / CHIP_MARGIN
    x, y = len(pixels) / 2 + rng.uniform(-0.35, 0.35, 2) * side
    rows, columns = np.mgrid[: len(pixels), : len(pixels)]
    distance = np.hypot(columns - x, rows - y) / side
    spot = np.exp(-((distance / (0.15 + 0.35 * strength)) ** 2) / 2)
    return pixels + (600 * strength * spot).astype(np.float32)


def _defocus(pixels: FloatArray, strength: float, rng: Rng) -> FloatArray:
    """Spread each point over a disk of up to 7.5 px."""
    rows, columns = np.mgrid[-9:10, -9:10]
    disk = np.clip(1 + 7 * strength - np.hypot(rows, columns), 0, 1).astype(np.float32)
    return _filtered(pixels, disk / disk.sum())


def _filtered(pixels: FloatArray, kernel: FloatArray) -> FloatArray:
    result = cv2.filter2D(pixels, -1, kernel, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(result, np.float32)


def _something_before(
    pixels: FloatArray, strength: float, rng: Rng, other: ImageArray
) -> FloatArray:
    """Cover up to 70 % of the face with an ellipse of another picture, like a hand."""
    side = len(pixels) / CHIP_MARGIN
    across = (0.7 * strength / np.pi) ** 0.5 * side * np.exp(rng.uniform(-0.5, 0.5))
    along = 0.7 * strength / np.pi * side**2 / max(across, 1e-3)
    x, y = (float(v) for v in len(pixels) / 2 + rng.uniform(-0.4, 0.4, 2) * side)
    mask = np.zeros_like(pixels)
    ellipse = (x, y), (2 * across + 0.1, 2 * along + 0.1), float(rng.uniform(0, 180))
    cv2.ellipse(mask, ellipse, 1.0, -1, cv2.LINE_AA)
    before = cv2.resize(other, pixels.shape[::-1])[::-1].astype(np.float32)
    before = np.roll(before, rng.integers(0, len(pixels), 2), (0, 1))
    return pixels * (1 - mask) + mask * before


_SHOWN: dict[str, Disturb] = {
    'JPEG': _jpeg,
    'motion': _motion,
    'few photons': _photons,
    'glare': _glare,
    'defocus': _defocus,
}
COVERED = 'something before it'


def shown_pictures(
    still: Still, other: ImageArray, rng: Rng, predictor: LandmarkPredictor
) -> Iterator[Disturbed]:
    """Yield one still under each disturbance for judging quality, with random strengths.

    Args:
        still: A face.
        other: Picture of which a part covers the face.
        rng: Source of all random numbers.
        predictor: Landmark model.
    """
    for kind in (*_SHOWN, COVERED):
        gray, expected = _placed(still, rng)
        pixels, strength = to_pixels(gray), rng.random()
        if kind == COVERED:
            worse = to_image(_something_before(pixels, strength, rng, other))
        else:
            worse = to_image(_SHOWN[kind](pixels, strength, rng))
        yield Disturbed(worse, found_landmarks(worse, expected, predictor), kind, strength)
