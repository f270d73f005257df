"""Synthetic clips made of stills, to judge temporal smoothing where there is no video.

Each clip shows one still, or several that fade into each other, at 30 Hz. Seeded random walks vary
position, size and roll of the face, brightness and blur; noise is added to every frame, and at
times something covers the face. Landmarks are found in each frame and the face is aligned by them,
as on a robot, so that they are as wrong in blurred or covered frames as there.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from fer_ros.data.disturbances import blurred, covered, exposed, noisy, to_image, to_pixels
from fer_ros.data.face_set import FaceSet
from fer_ros.data.landmarked_pictures import CHIP_MARGIN, FACE_PX, enlarged
from fer_ros.face.alignment import Transform, align_face, crop_face, face_transform
from fer_ros.face.landmarks import LandmarkPredictor
from fer_ros.structures import AlignedFace, FloatArray, ImageArray, Landmarks

FRAMES = 30
RATE_HZ = 30.0
# Frames in which one still fades into the next, a fifth of a second.
FADE_FRAMES = 6
# The default severity; the model card gives the accuracy of single frames at each.
SEVERITY = 0.96
SEVERITIES = (0.5, SEVERITY, 1.5)
# Side of a clip's faces, aligned, in pixels of its frames: the size of the pictures of FER2013.
SHOWN_PX = 48
# After this many frames, about a third (1/e) of a displacement of the walk is left.
_CORRELATION_FRAMES = 4.0
# Standard deviations at severity 1: of the position in half sides of the aligned crop, of the
# natural logarithm of the size, of the roll, of the logarithm of the gamma exponent, of the walk
# whose absolute value is the blur radius, and of the sensor noise in gray levels, which is drawn
# anew in every frame.
_SHIFT, _SCALE, _ROLL_DEG, _GAMMA, _BLUR_PX, _NOISE = 0.07, 0.08, 8.0, 0.35, 0.9, 8.0
# Probability per frame that something starts to cover the face, and the longest time for which it
# stays, in frames; the shortest is 2.
_COVER, _COVER_FRAMES = 0.04, 6


@dataclass(frozen=True, eq=False)
class Still:
    """A face that is shown for a while.

    Attributes:
        image: ``(H, W)`` uint8 gray.
        landmarks: Landmarks in pixels of ``image``.
        frames: Number of frames for which it is shown.
    """

    image: ImageArray
    landmarks: Landmarks
    frames: int = FRAMES


def synthetic_clip(
    stills: Sequence[Still],
    size_px: int,
    rng: np.random.Generator,
    severity: float = SEVERITY,
    predictor: LandmarkPredictor | None = None,
) -> Iterator[AlignedFace]:
    """Yield the aligned faces in ``synthetic_pictures``.

    The faces are ``SHOWN_PX`` wide in every frame, so that noise and blur are the same for all
    models.

    Args:
        stills: As there, like all that follow ``size_px``.
        size_px: Side of the aligned crops.
        rng: Source of all random numbers.
        severity: Factor on the strengths of the disturbances.
        predictor: Landmark model.
    """
    for picture, landmarks in synthetic_pictures(stills, SHOWN_PX, rng, severity, predictor):
        yield align_face(picture, landmarks, size_px)


def synthetic_pictures(
    stills: Sequence[Still],
    size_px: int,
    rng: np.random.Generator,
    severity: float = SEVERITY,
    predictor: LandmarkPredictor | None = None,
) -> Iterator[tuple[ImageArray, Landmarks]]:
    """Yield the frames of a clip made of stills, and the landmarks found in them.

    Args:
        stills: Stills to show one after the other. Each fades into the next over ``FADE_FRAMES``,
            with the faces aligned to each other.
        size_px: Side of the aligned crops in pixels of the frames, which sets the size of faces.
        rng: Source of all random numbers; the same state gives the same clip.
        severity: Factor on the strengths of the disturbances.
        predictor: Landmark model; by default a new one.
    """
    predictor = predictor or LandmarkPredictor()
    frames = sum(still.frames for still in stills)
    side_px = round(size_px * CHIP_MARGIN)
    covers = _covers(frames, size_px, severity, rng)
    for frame, step in enumerate(_walk(frames, 6, rng) * severity):
        x, y, scale, roll, gamma, blur = step
        moved = _moved(x, y, scale, roll)
        image, expected = _picture(stills, frame, moved, side_px)
        pixels = blurred(to_pixels(image), abs(blur) * _BLUR_PX)
        pixels = exposed(pixels, gamma * _GAMMA)
        pixels = noisy(pixels, _NOISE * severity, rng)
        edge = (side_px - size_px) // 2
        for start, end, (top, left), extent, gray in covers:
            if start <= frame < end:
                pixels = covered(pixels, (top + edge, left + edge), extent, gray)
        picture = to_image(pixels)
        yield picture, found_landmarks(picture, expected, predictor)


def clips_of_stills(
    faces: FaceSet, size_px: int, severity: float = SEVERITY, frames: int = FRAMES
) -> Iterator[AlignedFace]:
    """Yield the aligned frames of one clip per face of a set, one clip after the other.

    Args:
        faces: Stills.
        size_px: Side of the aligned crops.
        severity: Severity of the disturbances; see ``synthetic_pictures``.
        frames: Number of frames in each clip.
    """
    predictor = LandmarkPredictor()
    for index, (image, points) in enumerate(zip(faces.images, faces.landmarks_px, strict=True)):
        rng = np.random.default_rng((0, index))
        still = Still(image, Landmarks(points), frames)
        yield from synthetic_clip([still], size_px, rng, severity, predictor)


def _picture(
    stills: Sequence[Still], frame: int, moved: Transform, side_px: int
) -> tuple[ImageArray, Landmarks]:
    """Return a frame, ``side_px`` across, before blur and noise, and its expected landmarks."""
    parts = [
        (share, crop_face(still.image, still.landmarks, _placed(still, moved), side_px))
        for still, share in _shown(stills, frame)
    ]
    pixels = np.sum([share * to_pixels(face.crop) for share, face in parts], axis=0)
    points = np.sum([share * face.landmarks_norm for share, face in parts], axis=0)
    in_pixels = ((points + 1) * (side_px / 2) - 0.5).astype(np.float32)
    return to_image(pixels), Landmarks(in_pixels)


def _placed(still: Still, moved: Transform) -> Transform:
    base = np.vstack([face_transform(still.landmarks), [0, 0, 1]])
    placed: Transform = moved @ base / CHIP_MARGIN
    return placed


def _shown(stills: Sequence[Still], frame: int) -> list[tuple[Still, float]]:
    """Return the stills that are visible in a frame, and the share of each."""
    start = 0
    for number, still in enumerate(stills):
        end = start + still.frames
        if frame < end or number + 1 == len(stills):
            break
        start = end
    neighbours = (
        (stills[number - 1], (start + FADE_FRAMES / 2 - frame - 0.5) / FADE_FRAMES)
        if number and frame < start + FADE_FRAMES / 2
        else (stills[number + 1], (frame + 0.5 + FADE_FRAMES / 2 - end) / FADE_FRAMES)
        if number + 1 < len(stills) and frame >= end - FADE_FRAMES / 2
        else None
    )
    if neighbours is None:
        return [(still, 1.0)]
    other, share = neighbours
    return [(still, 1 - share), (other, share)]


def found_landmarks(
    picture: ImageArray, expected: Landmarks, predictor: LandmarkPredictor
) -> Landmarks:
    """Find the landmarks in a small picture of a face, starting from the box of expected ones.

    Args:
        picture: ``(H, W)`` uint8 gray. It is enlarged for the landmark model, which returns whole
            pixels.
        expected: Expected landmarks in pixels of the picture.
        predictor: Landmark model.
    """
    face, scale = enlarged(picture, FACE_PX * CHIP_MARGIN)
    box = Landmarks(expected.points_px * np.float32(scale)).following_box()
    return Landmarks(predictor.predict(face, box).points_px / np.float32(scale))


def _walk(frames: int, dimensions: int, rng: np.random.Generator) -> FloatArray:
    """Return ``(frames, dimensions)`` mean-reverting random walks of unit variance."""
    keep = np.exp(-1 / _CORRELATION_FRAMES)
    steps = rng.normal(0, 1, (frames, dimensions)).astype(np.float32)
    for frame in range(1, frames):
        steps[frame] = keep * steps[frame - 1] + np.sqrt(1 - keep**2) * steps[frame]
    return steps


def _moved(x: float, y: float, scale: float, roll: float) -> Transform:
    angle = np.radians(roll * _ROLL_DEG)
    size = np.exp(scale * _SCALE)
    cos, sin = np.cos(angle) * size, np.sin(angle) * size
    matrix: Transform = np.array([[cos, -sin, x * _SHIFT], [sin, cos, y * _SHIFT]])
    return matrix


def _covers(
    frames: int, size_px: int, severity: float, rng: np.random.Generator
) -> list[tuple[int, int, tuple[int, int], tuple[int, int], float]]:
    """Return first frame, end, position, size and gray of each thing that covers the face."""
    covers = []
    for start in np.flatnonzero(rng.random(frames) < _COVER * severity):
        end = int(start + rng.integers(2, _COVER_FRAMES + 1))
        height, width = (int(side) for side in rng.integers(size_px // 6, size_px // 2, 2))
        place = int(rng.integers(0, size_px - height)), int(rng.integers(0, size_px - width))
        covers.append((int(start), end, place, (height, width), float(rng.uniform(0, 255))))
    return covers
