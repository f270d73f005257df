"""Augmentation of faces: crop and landmarks together, then light, focus and occlusion."""

from dataclasses import dataclass

import numpy as np

from fer_ros.data.disturbances import (
    blotted,
    blurred,
    coarse,
    compressed,
    covered,
    dimmed,
    exposed,
    noisy,
    shaded,
    smeared,
    to_image,
    to_pixels,
)
from fer_ros.errors import SettingError
from fer_ros.face.alignment import crop_face, face_transform
from fer_ros.face.landmark_layout import mirrored_landmarks
from fer_ros.structures import AlignedFace, FloatArray, ImageArray, Landmarks

# Allowed ranges other than 0 to 1.
_ALLOWED = {
    'rotation_deg': (0, 90),
    'gamma': (0, 3),
    'shade': (0, 3),
    'noise': (0, 128),
    'blur_px': (0, 10),
    'coarse': (0.1, 1),
    'smear_px': (0, 20),
}


@dataclass(frozen=True)
class AugmentConfig:
    """Strengths of the disturbances; 0 turns one off, except where noted.

    Attributes:
        rotation_deg: Standard deviation of the roll.
        scale: Standard deviation of the natural logarithm of the size.
        shift: Standard deviation of the position, in half sides of the crop.
        stretch: Standard deviation of the logarithm of the aspect ratio.
        landmark_noise: Standard deviation of each landmark, in half sides of the crop.
        gamma: Standard deviation of the logarithm of the gamma exponent.
        shade: Standard deviation of the strength of a light from one side.
        noise: Highest sensor noise in gray levels; uniformly distributed.
        blur_px: Largest radius of a Gaussian blur on half of the faces; uniformly distributed.
        coarse: Lowest resolution as a fraction of the crop's, on a quarter of the faces; 1 is off.
        cover: Probability that part of the face is hidden: half of the time by a rectangle,
            otherwise by a shape with the outline and texture of a hand or of hair.
        misplaced: Probability that all geometric disturbances are 2.5 times as large, as with
            wrong landmarks.
        smear_px: Longest path of motion blur, on an eighth of the faces; uniformly distributed.
        dim: Probability of low light, down to a tenth, with the noise that comes with it.
        jpeg: Probability of JPEG compression with a quality of 20 to 80.
    """

    rotation_deg: float = 8.0
    scale: float = 0.08
    shift: float = 0.05
    stretch: float = 0.04
    landmark_noise: float = 0.012
    gamma: float = 0.25
    shade: float = 0.25
    noise: float = 8.0
    blur_px: float = 1.0
    coarse: float = 0.42
    cover: float = 0.4
    misplaced: float = 0.1
    smear_px: float = 4.0
    dim: float = 0.1
    jpeg: float = 0.2

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            low, high = _ALLOWED.get(name, (0, 1))
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise SettingError(f'augment {name} is {value!r}, expected a number')
            if not low <= value <= high:
                raise SettingError(f'augment {name} is {value}, expected {low} to {high}')


def mirror(face: AlignedFace) -> AlignedFace:
    """Return the mirror image; each landmark takes the place of its counterpart."""
    landmarks = mirrored_landmarks(face.landmarks_norm)
    return AlignedFace(np.ascontiguousarray(face.crop[:, ::-1]), landmarks)


def augmented_face(
    image: ImageArray,
    landmarks: Landmarks,
    size_px: int,
    config: AugmentConfig,
    rng: np.random.Generator,
) -> AlignedFace:
    """Return a disturbed aligned face; the same ``rng`` state gives the same face.

    Args:
        image: ``(H, W)`` uint8 gray.
        landmarks: Landmarks in pixels of ``image``.
        size_px: Side of the crop.
        config: Strengths of the disturbances.
        rng: Source of all random numbers.
    """
    face = moved_face(image, landmarks, size_px, config, rng)
    points = face.landmarks_norm + rng.normal(0, config.landmark_noise, (68, 2))
    face = AlignedFace(_disturbed_pixels(face.crop, config, rng), points.astype(np.float32))
    return mirror(face) if rng.random() < 0.5 else face


def moved_face(
    image: ImageArray,
    landmarks: Landmarks,
    size_px: int,
    config: AugmentConfig,
    rng: np.random.Generator,
) -> AlignedFace:
    """Return an aligned face, shifted, rolled, scaled and stretched at random.

    Args:
        image: ``(H, W)`` uint8 gray.
        landmarks: Landmarks in pixels of ``image``.
        size_px: Side of the crop.
        config: Strengths of the disturbances.
        rng: Source of all random numbers.
    """
    transform = _disturbance(config, rng) @ np.vstack([face_transform(landmarks), [0, 0, 1]])
    return crop_face(image, landmarks, transform, size_px)


def _disturbance(config: AugmentConfig, rng: np.random.Generator) -> FloatArray:
    far = 2.5 if rng.random() < config.misplaced else 1.0
    angle = np.radians(rng.normal(0, far * config.rotation_deg))
    scale = np.exp(rng.normal(0, far * config.scale))
    stretch = np.exp(rng.normal(0, far * config.stretch) / 2)
    cos, sin = np.cos(angle) * scale, np.sin(angle) * scale
    x, y = rng.normal(0, far * config.shift, 2)
    matrix: FloatArray = np.array(
        [[cos * stretch, -sin * stretch, x], [sin / stretch, cos / stretch, y]]
    )
    return matrix


def _disturbed_pixels(
    crop: ImageArray, config: AugmentConfig, rng: np.random.Generator
) -> ImageArray:
    pixels = to_pixels(crop)
    if config.blur_px and rng.random() < 0.5:
        sigma_px = rng.uniform(0.3, 0.3 + config.blur_px)
        # Half of the time sharpened instead, as a large face is that was scaled down.
        pixels = blurred(pixels, sigma_px, 1.0 if rng.random() < 0.5 else rng.uniform(-0.8, 0))
    pixels = exposed(pixels, rng.normal(0, config.gamma))
    if config.shade:
        pixels = shaded(pixels, rng.normal(0, config.shade), rng.uniform(0, 2 * np.pi))
    if rng.random() < config.cover:
        pixels = _covered(pixels, rng)
    return to_image(_by_camera(pixels, config, rng))


def _covered(pixels: FloatArray, rng: np.random.Generator) -> FloatArray:
    size, gray = len(pixels), rng.uniform(0, 255)
    if rng.random() < 0.5:
        height, width = (int(side) for side in rng.integers(size // 8, size // 3, 2))
        place = int(rng.integers(0, size - height)), int(rng.integers(0, size - width))
        return covered(pixels, place, (height, width), gray)
    y, x = rng.uniform(0, size, 2).tolist()
    axes = (size * rng.uniform(0.08, 0.25, 2)).tolist()
    return blotted(pixels, (y, x), (axes[0], axes[1]), rng.uniform(0, 180), gray, rng)


def _by_camera(pixels: FloatArray, config: AugmentConfig, rng: np.random.Generator) -> FloatArray:
    """Return pixels with the effects of a camera: motion, distance, noise, compression."""
    if config.smear_px and rng.random() < 1 / 8:
        pixels = smeared(pixels, rng.uniform(1, 1 + config.smear_px), rng.uniform(0, 180))
    if config.coarse < 1 and rng.random() < 1 / 4:
        pixels = coarse(pixels, rng.uniform(config.coarse, 1))
    pixels = noisy(pixels, rng.uniform(0, config.noise), rng)
    if rng.random() < config.dim:
        pixels = dimmed(pixels, rng.uniform(0.1, 0.5), rng)
    if rng.random() < config.jpeg:
        pixels = compressed(pixels, int(rng.integers(20, 80)))
    return pixels
