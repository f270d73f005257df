"""A small clip for tests: a camera pans over two portraits on a wall, made from one photograph."""

import cv2
import numpy as np

from fer_ros.media.sample_people import PORTRAIT
from fer_ros.media.wall import plaster, with_noise

# Start and end in seconds and the number of faces in between; outside these the camera moves on.
NUM_FACES_BETWEEN_S = (
    (0.0, 2.5, 1),
    (3.7, 6.2, 2),
    (7.4, 8.8, 0),
    (10.3, 12.0, 1),
)
DURATION_S = 12.0
SIZE_WH = (640, 480)
RATE_HZ = 30.0

# Camera over time: centre x, y on the wall, visible width in wall pixels, roll in degrees.
_PATH = (
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


def portrait_frames(rate_hz=RATE_HZ, size_wh=SIZE_WH):
    """Yield the clip's ``(H, W, 3)`` BGR images."""
    return frames_at((k / rate_hz for k in range(round(DURATION_S * rate_hz))), size_wh)


def frames_at(times_s, size_wh=SIZE_WH):
    """Yield the clip's ``(H, W, 3)`` BGR images at chosen times."""
    wall = _wall()
    rng = np.random.default_rng(1)
    for time_s in times_s:
        view = _view(time_s, size_wh)
        yield with_noise(cv2.warpAffine(wall, view, size_wh, flags=cv2.INTER_AREA), rng)


def _wall():
    """Return a plastered wall with the portrait and, mirrored and in another light, a second."""
    wall = plaster(_WALL_WH)
    portrait = cv2.imread(str(PORTRAIT))
    first = portrait[10:300, 95:355]
    second = cv2.convertScaleAbs(portrait[10:300, 85:345][:, ::-1], alpha=0.8, beta=10)
    _hang(wall, first, (250, 150), 1.7)
    _hang(wall, second, (760, 170), 1.6)
    return wall


def _hang(wall, picture, corner_xy, scale):
    scaled = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    height, width = scaled.shape[:2]
    x, y = corner_xy
    cv2.rectangle(wall, (x - 14, y - 14), (x + width + 13, y + height + 13), (38, 52, 74), -1)
    wall[y : y + height, x : x + width] = scaled


def _view(time_s, size_wh):
    """Return the ``(2, 3)`` matrix from the wall to the camera's image at a time."""
    times = [key[0] for key in _PATH]
    after = int(np.clip(np.searchsorted(times, time_s, side='right'), 1, len(_PATH) - 1))
    before = after - 1
    share = np.clip((time_s - times[before]) / (times[after] - times[before]), 0, 1)
    # Ease in and out, as a camera has mass.
    share = share * share * (3 - 2 * share)
    here, there = np.array(_PATH[before][1:]), np.array(_PATH[after][1:])
    x, y, visible, roll = here + share * (there - here)
    matrix = cv2.getRotationMatrix2D((float(x), float(y)), float(roll), size_wh[0] / visible)
    matrix[:, 2] += np.array(size_wh) / 2 - (x, y)
    return matrix
