"""JAFFE (Lyons et al. 1998): 213 pictures of ten Japanese women, posed.

Its files are named like ``KA.AN1.39.tiff``: subject, emotion and a number.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from fer_ros.counted import counted
from fer_ros.data.dataset import Dataset, pictures_of
from fer_ros.data.labelled_pictures import (
    SUBJECT_FOLDS,
    LabelledPictures,
    Picture,
    listed,
    recorded_pictures,
)
from fer_ros.errors import DatasetError
from fer_ros.labels import class_name
from fer_ros.media.picture_files import IMAGE_SUFFIXES

_NAME = re.compile(r'([A-Z]{2})\.(AN|DI|FE|HA|NE|SA|SU)\d\.\d+\.tiff?', re.IGNORECASE)


def find_jaffe(path: Path, fold: int) -> LabelledPictures:
    """Return the pictures of JAFFE.

    Args:
        path: Folder of the pictures, or its parent.
        fold: Number of the fold, 1 to 10, each of which has one woman as its test split; see
            ``recorded_pictures``.

    Raises:
        DatasetError: There is no picture.
    """
    pictures, others = [], []
    for file in sorted(_files(path)):
        match = _NAME.fullmatch(file.name)
        if match is None:
            others.append(file.name)
        else:
            subject, code = match.groups()
            pictures.append(Picture(file, class_name(code), subject=subject.upper()))
    if not pictures:
        raise DatasetError(f'{path} has no JAFFE pictures, expected files like KA.AN1.39.tiff')
    number = counted(len(others), 'picture')
    left_out = f'Left out: {number} without a label in the name: {listed(others)}.'
    return recorded_pictures('JAFFE', pictures, fold, [left_out] if others else [])


def _lies_at(path: Path) -> bool:
    """Return whether most pictures are named like those of JAFFE.

    A collection into which somebody has sorted a few of them is another data set.
    """
    named = [_NAME.fullmatch(file.name) is not None for file in _files(path)]
    return 2 * sum(named) > len(named)


def _files(path: Path) -> Iterator[Path]:
    """Yield the pictures in a folder and its subfolders."""
    for pattern in ('*', '*/*'):
        yield from (file for file in path.glob(pattern) if file.suffix.lower() in IMAGE_SUFFIXES)


JAFFE = Dataset(
    'jaffe',
    'JAFFE',
    _lies_at,
    pictures_of(find_jaffe),
    SUBJECT_FOLDS,
)
