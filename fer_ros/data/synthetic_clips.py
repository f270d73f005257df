"""Stills become clips: what temporal smoothing is judged on where there is no video.

The clips are synthetic. Each shows one still for 30 frames at 30 Hz while a seeded random walk
moves what a camera and a tracker would: position, scale and roll of the face in the crop,
brightness, blur, noise, the jitter of the landmarks, and now and then something in front of the
face. Nobody's expression moves, so smoothing can only gain here; how fast it follows a change is
not seen in them.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from fer_ros.data.disturbances import blurred, covered, exposed, noisy, to_image, to_pixels
from fer_ros.face.alignment import crop_face, face_transform
from fer_ros.structures import AlignedFace, FloatArray, ImageArray, Landmarks

FRAMES = 30
RATE_HZ = 30.0
# Single frames of the validation clips lose 5 points of accuracy against the stills, with the
# model that ships.
SEVERITY = 0.96
# Of the walk: after so many frames a third of a displacement is left.
_CORRELATION_FRAMES = 4.0


@dataclass(frozen=True)
class WalkConfig:
    """Standard deviations of the walk at severity 1, unless said otherwise.

    Attributes:
        shift: Position, in halves of the crop's side.
        scale: Natural logarithm of the size.
        roll_deg: Roll.
        gamma: Logarithm of the exponent of brightness.
        blur_px: Blur; its absolute value counts.
        noise: Sensor noise in gray levels, new in every frame.
        landmark_noise: Of each landmark, in halves of the crop's side, new in every frame.
        cover: Probability per frame that something comes in front of the face.
        cover_frames: For how long it stays, uniform from 2 to this.
    """

    shift: float = 0.07
    scale: float = 0.08
    roll_deg: float = 8.0
    gamma: float = 0.35
    blur_px: float = 0.9
    noise: float = 8.0
    landmark_noise: float = 0.02
    cover: float = 0.04
    cover_frames: int = 6


def synthetic_clip(
    image: ImageArray,
    landmarks: Landmarks,
    size_px: int,
    rng: np.random.Generator,
    severity: float = SEVERITY,
    config: WalkConfig | None = None,
) -> Iterator[AlignedFace]:
    """Yield the frames of a clip made from one still.

    Args:
        image: ``(H, W)`` uint8 gray.
        landmarks: In pixels of ``image``.
        size_px: Side of the crops.
        rng: Source of all chance; the same state gives the same clip.
        severity: Factor on every strength of ``config``.
        config: What is moved, and how far.
    """
    walk = config or WalkConfig()
    base = np.vstack([face_transform(landmarks), [0, 0, 1]])
    covers = _covers(walk, size_px, severity, rng)
    for frame, step in enumerate(_walk(6, rng) * severity):
        x, y, scale, roll, gamma, blur = step
        face = crop_face(image, landmarks, _moved(walk, x, y, scale, roll) @ base, size_px)
        pixels = blurred(to_pixels(face.crop), abs(blur) * walk.blur_px)
        pixels = exposed(pixels, gamma * walk.gamma)
        pixels = noisy(pixels, walk.noise * severity, rng)
        for start, end, place, extent, gray in covers:
            if start <= frame < end:
                pixels = covered(pixels, place, extent, gray)
        jitter = rng.normal(0, walk.landmark_noise * severity, (68, 2))
        points = (face.landmarks_norm + jitter).astype(np.float32)
        yield AlignedFace(to_image(pixels), points)


def _walk(dimensions: int, rng: np.random.Generator) -> FloatArray:
    """Return ``(FRAMES, dimensions)`` of mean-reverting random walks of unit variance."""
    keep = np.exp(-1 / _CORRELATION_FRAMES)
    steps = rng.normal(0, 1, (FRAMES, dimensions)).astype(np.float32)
    for frame in range(1, FRAMES):
        steps[frame] = keep * steps[frame - 1] + np.sqrt(1 - keep**2) * steps[frame]
    return steps


def _moved(walk: WalkConfig, x: float, y: float, scale: float, roll: float) -> FloatArray:
    angle = np.radians(roll * walk.roll_deg)
    size = np.exp(scale * walk.scale)
    cos, sin = np.cos(angle) * size, np.sin(angle) * size
    matrix: FloatArray = np.array([[cos, -sin, x * walk.shift], [sin, cos, y * walk.shift]])
    return matrix


def _covers(
    walk: WalkConfig, size_px: int, severity: float, rng: np.random.Generator
) -> list[tuple[int, int, tuple[int, int], tuple[int, int], float]]:
    """Return first and last frame, place, extent and gray of what comes in front of the face."""
    covers = []
    for start in np.flatnonzero(rng.random(FRAMES) < walk.cover * severity):
        end = int(start + rng.integers(2, walk.cover_frames + 1))
        height, width = (int(side) for side in rng.integers(size_px // 6, size_px // 2, 2))
        place = int(rng.integers(0, size_px - height)), int(rng.integers(0, size_px - width))
        covers.append((int(start), end, place, (height, width), float(rng.uniform(0, 255))))
    return covers
