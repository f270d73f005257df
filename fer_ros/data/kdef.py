"""KDEF (Lundqvist et al. 1998): 70 people, seven posed expressions, five views, each taken twice.

Its files are named like ``AF01/AF01ANS.JPG``: session, sex and number of the person, expression
and view.
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

_NAME = re.compile(r'[AB]([FM]\d\d)(AF|AN|DI|HA|NE|SA|SU)(S|HL|HR|FL|FR)\.JPE?G', re.IGNORECASE)
# A folder with the pictures of one session and person.
_FOLDER = re.compile(r'[AB][FM]\d\d', re.IGNORECASE)
_PLACES = ('.', 'KDEF', 'KDEF_and_AKDEF/KDEF')


def find_kdef(path: Path, fold: int) -> LabelledPictures:
    """Return the pictures of KDEF whose landmarks can be found.

    Models are judged on the 980 straight views, as usual; half profiles are used only for
    training. Full profiles, which show one eye, are left out.

    Args:
        path: Folder of the pictures, or of folders ``AF01`` and so on, or a parent of it.
        fold: Number of the fold, 1 to 10; see ``recorded_pictures``.

    Raises:
        DatasetError: There is no picture.
    """
    pictures, others, profiles = [], [], 0
    for file in sorted(_files(path)):
        match = _NAME.fullmatch(file.name)
        if match is None:
            others.append(file.name)
            continue
        subject, code, view = (part.upper() for part in match.groups())
        if view in ('FL', 'FR'):
            profiles += 1
        else:
            label, judged = class_name(code), view == 'S'
            pictures.append(Picture(file, label, subject=subject, judged=judged))
    if not pictures:
        raise DatasetError(f'{path} has no KDEF pictures, expected files like AF01ANS.JPG')
    left_out = []
    if profiles:
        left_out.append(f'Left out: {counted(profiles, "full profile")}.')
    if others:
        left_out.append(
            f'Left out: {counted(len(others), "picture")} without expression and view in the '
            f'name: {listed(others)}.'
        )
    return recorded_pictures('KDEF', pictures, fold, left_out)


def _files(path: Path) -> Iterator[Path]:
    """Yield the pictures, with or without a folder per person, of the first place with any."""
    for place in (path / name for name in _PLACES):
        if not place.is_dir():
            continue
        persons = [p for p in place.iterdir() if _FOLDER.fullmatch(p.name) and p.is_dir()]
        for folder in persons or [place]:
            yield from (file for file in folder.iterdir() if file.suffix.lower() == '.jpg')
        if persons:
            return


KDEF = Dataset(
    'kdef',
    'KDEF',
    lambda path: any(_NAME.fullmatch(file.name) for file in _files(path)),
    pictures_of(find_kdef),
    SUBJECT_FOLDS,
)
