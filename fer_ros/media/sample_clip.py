"""The sample clip: pictures of people come, go, turn, shrink and overlap in front of a wall.

Each picture is a card in space, seen by a pinhole camera with a 60° field of view, whose
homography of a plane draws it. A card that turns is a flat face that turns.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from fer_ros.atomic_file import atomic_file
from fer_ros.errors import SourceError
from fer_ros.media.sample_people import Person, sample_people
from fer_ros.media.wall import plaster, with_noise
from fer_ros.structures import ImageArray

SIZE_WH = (640, 480)
RATE_HZ = 30.0
# The focal length for 60° across the width of 640 x 480, in image heights.
_FOCAL = 4 / 3 / 2 / math.tan(math.radians(30))
# White edge and shadow of a card, in face widths.
_EDGE, _SHADOW = 0.07, 0.3
_SHADOW_ALPHA = 115
_WHITE = (238, 242, 244, 255)


class Pose(NamedTuple):
    """The pose of a face at one time.

    Attributes:
        time_s: Seconds from the start of the clip.
        x: Offset of the face's centre to the right of the image's centre, in image heights.
        y: Offset downwards, in image heights.
        face: Width of the face in image heights.
        yaw: Degrees, positive when the face turns to the image's right.
        roll: Degrees, positive when the face is tilted clockwise.
    """

    time_s: float
    x: float
    y: float
    face: float
    yaw: float = 0
    roll: float = 0


# Keyed by the person's file; later people stand in front of earlier ones.
PATHS: dict[str, tuple[Pose, ...]] = {
    # Eileen Collins is there from the start, comes nearer, makes room, shrinks, and goes first.
    'portrait.jpg': (
        Pose(0.0, 0.02, -0.03, 0.29),
        Pose(1.2, -0.02, -0.02, 0.33, 8, -7),
        Pose(2.2, 0.02, -0.03, 0.31, -10, 5),
        Pose(3.4, -0.33, -0.04, 0.24, 12, 0),
        Pose(4.4, -0.31, -0.02, 0.25, 28, 4),
        Pose(5.4, -0.34, -0.03, 0.23, -6, -5),
        Pose(6.6, -0.44, -0.05, 0.17, 14, 0),
        Pose(7.8, -0.40, -0.16, 0.11, 4, 6),
        Pose(8.6, -0.43, -0.04, 0.17, 14, -4),
        Pose(10.4, -1.05, -0.02, 0.19, -10, -8),
    ),
    'carphone_pristine.mp4': (
        Pose(5.4, 0.0, 0.95, 0.2),
        Pose(6.6, 0.0, 0.0, 0.18, 0, 0),
        Pose(8.0, -0.01, 0.02, 0.19, 0, 5),
        Pose(9.9, 0.01, -0.01, 0.18, 0, -4),
        # Close behind the other person.
        Pose(10.8, 0.1, 0.0, 0.19, -4),
        Pose(12.0, 0.02, -0.02, 0.29, 14, 3),
        Pose(13.4, -0.02, 0.0, 0.32, -14, 9),
        Pose(14.6, 0.0, 0.0, 0.3, 8, -3),
        Pose(15.2, 0.0, 0.0, 0.3),
        Pose(16.6, 1.15, 0.0, 0.3, 12),
    ),
    'grace_hopper.jpg': (
        Pose(2.2, 1.1, 0.0, 0.24, -20, 6),
        Pose(3.4, 0.34, -0.01, 0.24, -6, 0),
        Pose(4.4, 0.32, 0.0, 0.25, -10, -6),
        Pose(5.4, 0.35, -0.02, 0.23, 20, 4),
        Pose(6.6, 0.44, -0.01, 0.17, -14, 0),
        Pose(8.0, 0.43, 0.01, 0.18, -20, -3),
        Pose(9.9, 0.44, 0.0, 0.18, -10, 4),
        Pose(10.8, -0.34, 0.0, 0.2, 10),
        Pose(11.3, -0.36, 0.0, 0.2, 12, 3),
        Pose(12.2, -1.1, 0.0, 0.22, 0, -6),
    ),
}
# Everybody has left; only the wall remains.
_EMPTY_S = 0.6


def duration_s(people: Sequence[Person]) -> float:
    """Return the duration in seconds of the clip with some people."""
    return max(PATHS[person.file][-1].time_s for person in people) + _EMPTY_S


def sample_frames(
    rate_hz: float = RATE_HZ,
    size_wh: tuple[int, int] = SIZE_WH,
    people: Sequence[Person] | None = None,
) -> Iterator[ImageArray]:
    """Yield the clip's ``(H, W, 3)`` uint8 BGR images, the same ones every time.

    Args:
        rate_hz: Images per second.
        size_wh: Width and height in pixels.
        people: People in the clip; ``None``: all that this installation has.

    Raises:
        SourceError: A picture cannot be read.
    """
    people = sample_people() if people is None else people
    times_s = (index / rate_hz for index in range(round(duration_s(people) * rate_hz)))
    return frames_at(times_s, size_wh, people)


def frames_at(
    times_s: Iterable[float], size_wh: tuple[int, int], people: Sequence[Person]
) -> Iterator[ImageArray]:
    """Yield the clip's ``(H, W, 3)`` uint8 BGR images at given times.

    Args:
        times_s: Seconds from the clip's start.
        size_wh: Width and height in pixels.
        people: People in the clip; the others are left out.
    """
    wall = plaster(size_wh)
    backmost_first = sorted(people, key=lambda person: list(PATHS).index(person.file))
    decks = [_Deck(person) for person in backmost_first]
    rng = np.random.default_rng(1)
    for time_s in times_s:
        image = wall.copy()
        for deck in decks:
            deck.draw(image, time_s)
        yield with_noise(image, rng)


def write_sample_clip(
    path: Path,
    rate_hz: float = RATE_HZ,
    size_wh: tuple[int, int] = SIZE_WH,
    people: Sequence[Person] | None = None,
) -> None:
    """Write the clip as a video file; see ``sample_frames`` for the arguments.

    Raises:
        SourceError: A picture cannot be read, or the video cannot be written.
    """
    with atomic_file(path) as aside:
        codec = cv2.VideoWriter.fourcc(*'MJPG')
        writer = cv2.VideoWriter(str(aside), codec, rate_hz, size_wh)
        if not writer.isOpened():
            raise SourceError(f'video {path} cannot be written')
        for image in sample_frames(rate_hz, size_wh, people):
            writer.write(image)
        writer.release()


class _Deck:
    """The cards of a person: pictures with a white edge and a shadow.

    They are ``(H, W, 4)`` uint8, BGR premultiplied with the alpha of the fourth channel.
    """

    def __init__(self, person: Person) -> None:
        self._person = person
        self._path = PATHS[person.file]
        self._margin_px = round(_SHADOW * person.face_px) + 1
        edge_px = round(_EDGE * person.face_px)
        blank = _blank(person.pictures[0].shape, self._margin_px, edge_px)
        self._cards = [_halvings(self._card(blank, picture)) for picture in person.pictures]

    def draw(self, image: ImageArray, time_s: float) -> None:
        """Draw the card at a time into ``(H, W, 3)`` uint8 BGR, if the person is there."""
        if not self._path[0].time_s <= time_s <= self._path[-1].time_s:
            return
        pose = _pose(self._path, time_s)
        cards = self._cards[self._person.picture_index(time_s)]
        # The warp samples only a few pixels: fine lines of a large card would flicker.
        scale = pose.face * image.shape[0] / self._person.face_px
        halved = min(max(0, math.floor(-math.log2(scale))), len(cards) - 1)
        face_px = self._person.face_px / 2**halved
        x, y = ((self._margin_px + value) / 2**halved for value in self._person.face_xy_px)
        to_plane = np.array([[1, 0, -x], [0, 1, -y], [0, 0, face_px]]) / face_px
        height, width = image.shape[:2]
        to_image = _homography(pose, (width, height)) @ to_plane
        _lay(image, cards[halved], to_image, enlarged=scale > 1)

    def _card(self, blank: ImageArray, picture: ImageArray) -> ImageArray:
        height, width = picture.shape[:2]
        card = blank.copy()
        rows, columns = (slice(self._margin_px, self._margin_px + n) for n in (height, width))
        card[rows, columns, :3] = picture
        return card


def _blank(shape: tuple[int, ...], margin_px: int, edge_px: int) -> ImageArray:
    """Return an empty card."""
    height, width = shape[:2]
    card = np.zeros((height + 2 * margin_px, width + 2 * margin_px, 4), np.uint8)
    first = (margin_px - edge_px, margin_px - edge_px)
    last = (margin_px + width + edge_px - 1, margin_px + height + edge_px - 1)
    shadow = np.zeros(card.shape[:2], np.uint8)
    cv2.rectangle(shadow, first, last, _SHADOW_ALPHA, -1)
    card[..., 3] = cv2.GaussianBlur(shadow, (0, 0), (margin_px - edge_px) / 3)
    cv2.rectangle(card, first, last, _WHITE, -1)
    return card


def _halvings(card: ImageArray) -> list[ImageArray]:
    """Return a card at full size, half size, and so on."""
    cards = [card]
    while min(cards[-1].shape[:2]) >= 64:
        half = cv2.resize(cards[-1], None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
        cards.append(np.asarray(half, np.uint8))
    return cards


def _lay(
    image: ImageArray, card: ImageArray, to_image: npt.NDArray[np.float64], enlarged: bool
) -> None:
    """Lay a card over an image, in place.

    Args:
        image: ``(H, W, 3)`` uint8 BGR.
        card: ``(h, w, 4)`` uint8, premultiplied.
        to_image: ``(3, 3)`` from pixels of the card to pixels of the image.
        enlarged: Whether pixels of the card are larger than those of the image.
    """
    height, width = card.shape[:2]
    corners = np.array([[[0, 0], [width, 0], [width, height], [0, height]]], np.float64)
    outline = cv2.perspectiveTransform(corners, to_image)[0]
    x0, y0 = np.maximum(np.floor(outline.min(0)), 0).astype(int)
    x1, y1 = np.minimum(np.ceil(outline.max(0)), image.shape[1::-1]).astype(int)
    if x0 >= x1 or y0 >= y1:
        return
    to_part = np.array([[1, 0, -x0], [0, 1, -y0], [0, 0, 1]]) @ to_image
    how = cv2.INTER_CUBIC if enlarged else cv2.INTER_LINEAR
    warped = cv2.warpPerspective(card, to_part, (int(x1 - x0), int(y1 - y0)), flags=how)
    part = image[y0:y1, x0:x1]
    through = cv2.cvtColor(255 - warped[..., 3], cv2.COLOR_GRAY2BGR)
    part[:] = cv2.add(cv2.multiply(part, through, scale=1 / 255), warped[..., :3])


def _pose(path: Sequence[Pose], time_s: float) -> Pose:
    times = [pose.time_s for pose in path]
    after = int(np.clip(np.searchsorted(times, time_s, side='right'), 1, len(path) - 1))
    here, there = np.array(path[after - 1]), np.array(path[after])
    share = np.clip((time_s - here[0]) / (there[0] - here[0]), 0, 1)
    # Ease in and out, as people do.
    share = share * share * (3 - 2 * share)
    return Pose(*(float(value) for value in here + share * (there - here)))


def _homography(pose: Pose, size_wh: tuple[int, int]) -> npt.NDArray[np.float64]:
    """Return the ``(3, 3)`` matrix from the plane of a card to the image.

    On the card, the face's centre is the origin and its width is 1.
    """
    width, height = size_wh
    yaw, roll = math.radians(pose.yaw), math.radians(pose.roll)
    tilt = np.array([[math.cos(roll), -math.sin(roll)], [math.sin(roll), math.cos(roll)]])
    # The right edge comes closer when the face turns to the left.
    turn = np.array([[math.cos(yaw), 0], [0, 1], [math.sin(yaw), 0]])
    distance = _FOCAL / pose.face
    place = np.array([[pose.x * distance / _FOCAL], [pose.y * distance / _FOCAL], [distance]])
    camera = np.array(
        [[_FOCAL * height, 0, width / 2], [0, _FOCAL * height, height / 2], [0, 0, 1]]
    )
    return camera @ np.hstack([turn @ tilt, place])
