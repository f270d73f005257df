"""Stills become clips: what temporal smoothing is judged on where there is no video.

The clips are synthetic. Each shows one still, or several that turn into each other, at 30 Hz,
while a seeded random walk moves what a camera does to a face: its place, size and roll in the
picture, brightness, blur, noise, and now and then something in front of it. The landmarks are
found in every frame anew, and the face is aligned by them, as on a robot: in a blurred or covered
frame they are as wrong as there.
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
# Frames in which one still turns into the next, a fifth of a second.
FADE_FRAMES = 6
# Beside weaker and stronger ones: see the model card for what single frames lose at it.
SEVERITY = 0.96
SEVERITIES = (0.5, SEVERITY, 1.5)
# Of the walk: after so many frames a third of a displacement is left.
_CORRELATION_FRAMES = 4.0


@dataclass(frozen=True, eq=False)
class Still:
    """A face that is shown for a while.

    Attributes:
        image: ``(H, W)`` uint8 gray.
        landmarks: In pixels of it.
        frames: For how many frames it is shown.
    """

    image: ImageArray
    landmarks: Landmarks
    frames: int = FRAMES


@dataclass(frozen=True)
class WalkConfig:
    """Standard deviations of the walk at severity 1, unless said otherwise.

    Attributes:
        shift: Position, in halves of the aligned crop's side.
        scale: Natural logarithm of the size.
        roll_deg: Roll.
        gamma: Logarithm of the exponent of brightness.
        blur_px: Blur; its absolute value counts.
        noise: Sensor noise in gray levels, new in every frame.
        cover: Probability per frame that something comes in front of the face.
        cover_frames: For how long it stays, uniform from 2 to this.
    """

    shift: float = 0.07
    scale: float = 0.08
    roll_deg: float = 8.0
    gamma: float = 0.35
    blur_px: float = 0.9
    noise: float = 8.0
    cover: float = 0.04
    cover_frames: int = 6


def synthetic_clip(
    stills: Sequence[Still],
    size_px: int,
    rng: np.random.Generator,
    severity: float = SEVERITY,
    predictor: LandmarkPredictor | None = None,
    config: WalkConfig | None = None,
) -> Iterator[AlignedFace]:
    """Yield the aligned faces of ``synthetic_pictures``, whose arguments these are."""
    for picture, landmarks in synthetic_pictures(
        stills, size_px, rng, severity, predictor, config
    ):
        yield align_face(picture, landmarks, size_px)


def synthetic_pictures(
    stills: Sequence[Still],
    size_px: int,
    rng: np.random.Generator,
    severity: float = SEVERITY,
    predictor: LandmarkPredictor | None = None,
    config: WalkConfig | None = None,
) -> Iterator[tuple[ImageArray, Landmarks]]:
    """Yield the frames of a clip made from stills, and the landmarks that are found in them.

    Args:
        stills: Shown one after the other. ``FADE_FRAMES`` around the first frame of a new one they
            turn into each other, face upon face.
        size_px: Side of the aligned crops, in pixels of the frames: how large the faces are.
        rng: Source of all chance; the same state gives the same clip.
        severity: Factor on every strength of ``config``.
        predictor: That finds the landmarks; a new one when not given.
        config: What is moved, and how far.
    """
    walk, predictor = config or WalkConfig(), predictor or LandmarkPredictor()
    frames = sum(still.frames for still in stills)
    side_px = round(size_px * CHIP_MARGIN)
    covers = _covers(walk, frames, size_px, severity, rng)
    for frame, step in enumerate(_walk(frames, 6, rng) * severity):
        x, y, scale, roll, gamma, blur = step
        moved = _moved(walk, x, y, scale, roll)
        image, expected = _picture(stills, frame, moved, side_px)
        pixels = blurred(to_pixels(image), abs(blur) * walk.blur_px)
        pixels = exposed(pixels, gamma * walk.gamma)
        pixels = noisy(pixels, walk.noise * severity, rng)
        edge = (side_px - size_px) // 2
        for start, end, (top, left), extent, gray in covers:
            if start <= frame < end:
                pixels = covered(pixels, (top + edge, left + edge), extent, gray)
        picture = to_image(pixels)
        yield picture, found_landmarks(picture, expected, predictor)


def clips_of_stills(
    faces: FaceSet, size_px: int, severity: float = SEVERITY, frames: int = FRAMES
) -> Iterator[AlignedFace]:
    """Yield the frames of a clip of each face of a set, one clip after the other.

    Args:
        faces: Stills.
        size_px: Side of the aligned crops.
        severity: Severity of the disturbances, see ``synthetic_clip``.
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
    """Return what is shown in a frame, ``side_px`` across, and where its landmarks should be."""
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
    """Return the stills that are to be seen in a frame, and how much of each."""
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
    """Find the landmarks in a small picture that a face fills, from the box in which they are.

    Args:
        picture: ``(H, W)`` uint8 gray; the landmark model gets it enlarged, for it gives whole
            pixels.
        expected: Where they should be, in pixels of it.
        predictor: That finds them.
    """
    face, scale = enlarged(picture, FACE_PX * CHIP_MARGIN)
    box = Landmarks(expected.points_px * np.float32(scale)).following_box()
    return Landmarks(predictor.predict(face, box).points_px / np.float32(scale))


def _walk(frames: int, dimensions: int, rng: np.random.Generator) -> FloatArray:
    """Return ``(frames, dimensions)`` of mean-reverting random walks of unit variance."""
    keep = np.exp(-1 / _CORRELATION_FRAMES)
    steps = rng.normal(0, 1, (frames, dimensions)).astype(np.float32)
    for frame in range(1, frames):
        steps[frame] = keep * steps[frame - 1] + np.sqrt(1 - keep**2) * steps[frame]
    return steps


def _moved(walk: WalkConfig, x: float, y: float, scale: float, roll: float) -> Transform:
    angle = np.radians(roll * walk.roll_deg)
    size = np.exp(scale * walk.scale)
    cos, sin = np.cos(angle) * size, np.sin(angle) * size
    matrix: Transform = np.array([[cos, -sin, x * walk.shift], [sin, cos, y * walk.shift]])
    return matrix


def _covers(
    walk: WalkConfig, frames: int, size_px: int, severity: float, rng: np.random.Generator
) -> list[tuple[int, int, tuple[int, int], tuple[int, int], float]]:
    """Return first and last frame, place, extent and gray of what comes in front of the face."""
    covers = []
    for start in np.flatnonzero(rng.random(frames) < walk.cover * severity):
        end = int(start + rng.integers(2, walk.cover_frames + 1))
        height, width = (int(side) for side in rng.integers(size_px // 6, size_px // 2, 2))
        place = int(rng.integers(0, size_px - height)), int(rng.integers(0, size_px - width))
        covers.append((int(start), end, place, (height, width), float(rng.uniform(0, 255))))
    return covers
