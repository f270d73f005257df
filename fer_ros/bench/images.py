"""Images for benchmarks: the people in the sample clip, many at once or one by one."""

import sys

import cv2
import numpy as np

from fer_ros.bench.turns import CHUNK_IMAGES, Chunk
from fer_ros.media.sample_clip import RATE_HZ, frames_at
from fer_ros.media.sample_people import Person, sample_people
from fer_ros.media.wall import plaster, with_noise
from fer_ros.structures import ImageArray

# The part of a picture that is shown, in face widths.
_SHOWN = 2.1
_MARGIN_PX = 4
_SHAKE_PX = 1.0
# Number of images after which the shaking repeats.
_SHAKE_IMAGES = 64
# Start and end of the time in the sample clip in which a person's face is nearly frontal and in
# the image, if nobody else is there.
_ALONE_S = {
    'portrait.jpg': (0.2, 2.2),
    'grace_hopper.jpg': (3.4, 5.4),
    'carphone_pristine.mp4': (12.0, 14.0),
}


class Scene:
    """Images with a number of faces; scenes with more faces contain the same ones in the same
    places.

    Faces are frontal and at least 90 px wide, so that every one should be found.
    """

    def __init__(
        self,
        num_faces: int,
        size_wh: tuple[int, int] = (1280, 720),
        places: tuple[int, int] = (6, 3),
    ) -> None:
        """Put the people on the wall, from the middle of the image outwards.

        Args:
            num_faces: Number of faces, at most the number of places.
            size_wh: Width and height of the images in pixels.
            places: Columns and rows; 6 and 3 give faces of 90 px at 1280 x 720.
        """
        self._size_wh = size_wh
        self._wall = plaster(size_wh)
        people = sample_people()
        squares = _squares(size_wh, places)
        for place, (x, y, side) in enumerate(squares[:num_faces]):
            times, who = divmod(place, len(people))
            shown = _varied(_face_square(people[who]), times)
            picture = cv2.resize(shown, (side, side), interpolation=cv2.INTER_CUBIC)
            self._wall[y : y + side, x : x + side] = picture
        self._shake_px = np.random.default_rng(2).normal(0, _SHAKE_PX, (_SHAKE_IMAGES, 2))

    def image(self, index: int) -> ImageArray:
        """Return the image with an index, the same every time, ``(H, W, 3)`` uint8 BGR."""
        x, y = self._shake_px[index % _SHAKE_IMAGES]
        shift = np.array([[1, 0, x], [0, 1, y]])
        moved = cv2.warpAffine(self._wall, shift, self._size_wh, borderMode=cv2.BORDER_REPLICATE)
        return with_noise(moved, np.random.default_rng(index))


def _squares(size_wh: tuple[int, int], places: tuple[int, int]) -> list[tuple[int, int, int]]:
    """Return left, top and side of each place in pixels, nearest to the middle first."""
    width, height = size_wh[0] // places[0], size_wh[1] // places[1]
    side = min(width, height) - _MARGIN_PX
    squares = [
        (column * width + (width - side) // 2, row * height + (height - side) // 2, side)
        for row in range(places[1])
        for column in range(places[0])
    ]
    middle_x, middle_y = (size_wh[0] - side) / 2, (size_wh[1] - side) / 2
    return sorted(squares, key=lambda xy: (xy[0] - middle_x) ** 2 + (xy[1] - middle_y) ** 2)


def _face_square(person: Person) -> ImageArray:
    x, y = person.face_xy_px
    half = _SHOWN * person.face_px / 2
    rows, columns = (slice(round(middle - half), round(middle + half)) for middle in (y, x))
    return person.pictures[0][rows, columns]


def _varied(picture: ImageArray, times: int) -> ImageArray:
    """Return a picture in different light for each repetition, mirrored every second time."""
    lit = cv2.convertScaleAbs(picture, alpha=1 - 0.03 * (times % 7), beta=3 * (times % 5))
    return np.asarray(lit[:, ::-1] if times % 2 else lit, np.uint8)


def one_face_chunks(size_wh: tuple[int, int], most: int = 0) -> list[Chunk]:
    """Return images of the people in the sample clip one by one, as from a camera at 30 Hz.

    Each person has a separate recording, which runs forwards and then backwards and so shows the
    person for some seconds.

    Args:
        size_wh: Width and height in pixels; an image of 1280 x 720 takes 2.8 MB.
        most: Largest number of images; 0: all, 120 of each person.
    """
    chunks = []
    left = most or sys.maxsize
    for person in sample_people():
        start_s, end_s = _ALONE_S[person.file]
        times_s = [start_s + step / RATE_HZ for step in range(round((end_s - start_s) * RATE_HZ))]
        images = list(frames_at(times_s[:left], size_wh, [person]))
        images = (images + images[::-1])[:left]
        left -= len(images)
        for begin in range(0, len(images), CHUNK_IMAGES):
            part = images[begin : begin + CHUNK_IMAGES]
            stamps_s = [start_s + (begin + step) / RATE_HZ for step in range(len(part))]
            chunks.append(Chunk(part, stamps_s, first=begin == 0))
        if not left:
            break
    return chunks
