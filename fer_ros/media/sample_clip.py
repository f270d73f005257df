"""The sample clip: a camera pans over two portraits on a wall, made from one photograph."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from fer_ros.atomic_file import atomic_file
from fer_ros.errors import SourceError
from fer_ros.structures import ImageArray

PORTRAIT = Path(__file__).parent.parent / 'assets' / 'portrait.jpg'

# What the clip shows, in seconds from its start; in between the camera moves on.
NUM_FACES_BETWEEN_S: tuple[tuple[float, float, int], ...] = (
    (0.0, 2.5, 1),
    (3.7, 6.2, 2),
    (7.4, 8.8, 0),
    (10.3, 12.0, 1),
)
DURATION_S = 12.0
SIZE_WH = (640, 480)
RATE_HZ = 30.0

# Camera at a time: centre x, y on the wall, visible width in wall pixels, roll in degrees.
_PATH: tuple[tuple[float, float, float, float, float], ...] = (
    (0.0, 470, 370, 600, 0.0),
    (1.2, 500, 390, 540, 3.0),
    (2.5, 480, 370, 640, -2.0),
    (3.7, 715, 380, 920, 0.0),
    (5.0, 730, 400, 880, 2.0),
    (6.2, 705, 370, 940, -2.0),
    (7.4, 1850, 400, 640, 0.0),
    (8.8, 1900, 420, 620, 1.0),
    (10.2, 500, 370, 600, 0.0),
    (12.0, 470, 360, 540, -1.0),
)
_WALL_WH = (2300, 860)


def sample_frames(
    rate_hz: float = RATE_HZ, size_wh: tuple[int, int] = SIZE_WH
) -> Iterator[ImageArray]:
    """Yield the clip's ``(H, W, 3)`` uint8 BGR images.

    Args:
        rate_hz: Images per second.
        size_wh: Width and height in pixels.
    """
    times_s = (index / rate_hz for index in range(round(DURATION_S * rate_hz)))
    return frames_at(times_s, size_wh)


def frames_at(
    times_s: Iterable[float], size_wh: tuple[int, int] = SIZE_WH
) -> Iterator[ImageArray]:
    """Yield the clip's ``(H, W, 3)`` uint8 BGR images of chosen times.

    Args:
        times_s: Seconds from the clip's start, 0 to ``DURATION_S``.
        size_wh: Width and height in pixels.
    """
    wall = _wall()
    rng = np.random.default_rng(1)
    for time_s in times_s:
        view = _view(time_s, size_wh)
        yield with_noise(cv2.warpAffine(wall, view, size_wh, flags=cv2.INTER_AREA), rng)


def write_sample_clip(
    path: Path, rate_hz: float = RATE_HZ, size_wh: tuple[int, int] = SIZE_WH
) -> None:
    """Write the clip as a video file.

    Raises:
        SourceError: The video cannot be written.
    """
    with atomic_file(path) as aside:
        codec = cv2.VideoWriter.fourcc(*'MJPG')
        writer = cv2.VideoWriter(str(aside), codec, rate_hz, size_wh)
        if not writer.isOpened():
            raise SourceError(f'video {path} cannot be written')
        for image in sample_frames(rate_hz, size_wh):
            writer.write(image)
        writer.release()


def with_noise(bgr: npt.NDArray[Any], rng: np.random.Generator) -> ImageArray:
    """Return an image with a little sensor noise, as every camera has it."""
    noise = rng.integers(-3, 4, bgr.shape, np.int16)
    return np.clip(bgr.astype(np.int16) + noise, 0, 255).astype(np.uint8)


def plaster(size_wh: tuple[int, int]) -> ImageArray:
    """Return a bare plastered wall, ``(H, W, 3)`` uint8 BGR."""
    width, height = size_wh
    rng = np.random.default_rng(0)
    plaster = cv2.GaussianBlur(rng.normal(0, 1, (height, width)).astype(np.float32), (0, 0), 2)
    shade = np.linspace(1.05, 0.9, width)[None, :] * np.linspace(1.05, 0.92, height)[:, None]
    tone = (168 * shade + 18 * plaster)[:, :, None] * np.array([0.93, 0.98, 1.0])
    return np.clip(tone, 0, 255).astype(np.uint8)


def _wall() -> ImageArray:
    """Return a plastered wall with the portrait and, mirrored and in another light, a second."""
    wall = plaster(_WALL_WH)
    portrait = np.asarray(cv2.imread(str(PORTRAIT), cv2.IMREAD_COLOR), np.uint8)
    first = portrait[10:300, 95:355]
    second = cv2.convertScaleAbs(portrait[10:300, 85:345][:, ::-1], alpha=0.8, beta=10)
    _hang(wall, first, (250, 150), 1.7)
    _hang(wall, np.asarray(second, np.uint8), (760, 170), 1.6)
    return wall


def _hang(wall: ImageArray, picture: ImageArray, corner_xy: tuple[int, int], scale: float) -> None:
    scaled = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    height, width = scaled.shape[:2]
    x, y = corner_xy
    cv2.rectangle(wall, (x - 14, y - 14), (x + width + 13, y + height + 13), (38, 52, 74), -1)
    wall[y : y + height, x : x + width] = scaled


def _view(time_s: float, size_wh: tuple[int, int]) -> npt.NDArray[np.float64]:
    """Return the ``(2, 3)`` matrix from the wall to the camera's image at a time."""
    times = [key[0] for key in _PATH]
    after = int(np.clip(np.searchsorted(times, time_s, side='right'), 1, len(_PATH) - 1))
    before = after - 1
    share = np.clip((time_s - times[before]) / (times[after] - times[before]), 0, 1)
    # Ease in and out: a camera has mass.
    share = share * share * (3 - 2 * share)
    here, there = np.array(_PATH[before][1:]), np.array(_PATH[after][1:])
    x, y, visible, roll = here + share * (there - here)
    matrix = cv2.getRotationMatrix2D((float(x), float(y)), float(roll), size_wh[0] / visible)
    matrix[:, 2] += np.array(size_wh) / 2 - (x, y)
    return np.asarray(matrix, np.float64)
