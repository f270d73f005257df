"""AffectNet (Mollahosseini et al. 2017): web pictures with expression, valence and arousal.

It has been published in two forms, and both are read: as numbered pictures in ``train_set`` and
``val_set``, each with ``images/0.jpg`` and ``annotations/0_exp.npy``, ``0_val.npy`` and
``0_aro.npy``; and as the lists ``training.csv`` and ``validation.csv`` (also in
``Manually_Annotated_file_lists``), with pictures in ``Manually_Annotated_Images``.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from fer_ros.counted import counted
from fer_ros.data.dataset import Dataset, pictures_of
from fer_ros.data.labelled_pictures import LabelledPictures, Picture, classes_of, listed
from fer_ros.errors import DatasetError

# Indexed by the data set's numbers, from 0.
_CLASSES = (
    'neutral',
    'happiness',
    'sadness',
    'surprise',
    'fear',
    'disgust',
    'anger',
    'contempt',
)
# The numbers of none, uncertain and no face.
_NO_EXPRESSION = (8, 9, 10)
_FOLDERS = {'train': 'train_set', 'validation': 'val_set'}
_LISTS = {'train': 'training.csv', 'validation': 'validation.csv'}
# One published form of the validation list lacks this header line.
_COLUMNS = (
    'subDirectory_filePath',
    'face_x',
    'face_y',
    'face_width',
    'face_height',
    'facial_landmarks',
    'expression',
    'valence',
    'arousal',
)
_LIST_PLACES = ('.', 'Manually_Annotated_file_lists', 'Manually_Annotated')
_IMAGE_PLACES = (
    'Manually_Annotated_Images',
    'Manually_Annotated/Manually_Annotated_Images',
    'Manually_Annotated',
    '.',
)


@dataclass
class _Found:
    pictures: list[Picture] = field(default_factory=list)
    unlabelled: list[str] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)
    without_expression: int = 0

    def add(
        self, path: Path, split: str, number: int, valence: float | None, arousal: float | None
    ) -> None:
        """Add an annotated picture if it has an expression; otherwise count it."""
        if number in _NO_EXPRESSION:
            self.without_expression += 1
        else:
            label = _CLASSES[number]
            picture = Picture(path, label, split, valence=valence, arousal=arousal)
            self.pictures.append(picture)

    def left_out(self) -> tuple[str, ...]:
        sentences = []
        if self.without_expression:
            sentences.append(
                f'Left out: {counted(self.without_expression, "picture")} labelled none, '
                'uncertain or no face.'
            )
        for names, noun, what in (
            (self.unlabelled, 'picture', 'without an annotation'),
            (
                self.damaged,
                'annotation',
                'damaged or not an expression from 0 to 10',
            ),
        ):
            if names:
                sentences.append(f'Left out: {counted(len(names), noun)} {what}: {listed(names)}.')
        return tuple(sentences)


def find_affectnet(path: Path, fold: int = 1) -> LabelledPictures:
    """Return the pictures of AffectNet with its splits; the test split is not published.

    Args:
        path: Folder of ``train_set`` and ``val_set``, or of the lists.
        fold: Ignored; the data set has fixed splits.

    Raises:
        DatasetError: The folder contains neither form.
    """
    found = _Found()
    if _has_numbered(path):
        for split, name in _FOLDERS.items():
            _find_numbered(path / name, split, found)
    else:
        lists = _lists_at(path)
        if not lists:
            raise DatasetError(
                f'AffectNet folder {path} has neither {" and ".join(_FOLDERS.values())} nor '
                f'{" and ".join(_LISTS.values())}'
            )
        images = next(path / place for place in _IMAGE_PLACES if (path / place).is_dir())
        for split, file in lists.items():
            _find_listed(file, images, split, found)
    return LabelledPictures(
        'AffectNet',
        found.pictures,
        classes_of(found.pictures),
        found.left_out(),
        'the test split of AffectNet is not published; models are usually judged on validation',
    )


def _has_numbered(path: Path) -> bool:
    return any((path / name / 'annotations').is_dir() for name in _FOLDERS.values())


def _find_numbered(folder: Path, split: str, found: _Found) -> None:
    if not folder.is_dir():
        return
    images, annotations = folder / 'images', folder / 'annotations'
    annotated = {file.name.removesuffix('_exp.npy') for file in annotations.glob('*_exp.npy')}
    pictured = {file.stem for file in images.glob('*.jpg')}
    found.unlabelled += [str(images / f'{name}.jpg') for name in sorted(pictured - annotated)]
    for name in sorted(annotated):
        exp, val, aro = (annotations / f'{name}_{part}.npy' for part in ('exp', 'val', 'aro'))
        number = _expression(_stored(exp))
        if number is None:
            found.damaged.append(str(exp))
        else:
            valence, arousal = _affect(_stored(val)), _affect(_stored(aro))
            found.add(images / f'{name}.jpg', split, number, valence, arousal)


def _find_listed(file: Path, images: Path, split: str, found: _Found) -> None:
    for line, row in enumerate(_rows(file), 1):
        name, number = row.get('subDirectory_filePath'), _expression(row.get('expression'))
        if number is None or not name:
            found.damaged.append(f'{file}, picture {line}')
        else:
            valence, arousal = _affect(row.get('valence')), _affect(row.get('arousal'))
            found.add(images / name.replace('\\', '/'), split, number, valence, arousal)


def _rows(file: Path) -> Iterator[dict[str, str]]:
    with file.open(newline='', encoding='utf-8-sig', errors='replace') as stream:
        for row in csv.reader(stream):
            if row and row[0] != _COLUMNS[0]:
                yield dict(zip(_COLUMNS, row, strict=False))


def _stored(file: Path) -> object:
    """Return the number or text in a NumPy file; None if there is none."""
    try:
        return np.load(file, allow_pickle=False).item()
    except (OSError, ValueError, EOFError, AttributeError):
        return None


def _number(value: object) -> float | None:
    try:
        return float(value)  # type: ignore[arg-type]
    except (ValueError, TypeError):
        return None


def _expression(value: object) -> int | None:
    number = _number(value)
    known = range(len(_CLASSES) + len(_NO_EXPRESSION))
    return int(number) if number is not None and number in known else None


def _affect(value: object) -> float | None:
    number = _number(value)
    # -2 means none.
    return number if number is not None and -1 <= number <= 1 else None


def _lists_at(path: Path) -> dict[str, Path]:
    """Return the lists by split; files of the same name with other columns are ignored."""
    found: dict[str, Path] = {}
    for split, name in _LISTS.items():
        for place in _LIST_PLACES:
            if _is_list(path / place / name):
                found.setdefault(split, path / place / name)
    return found


def _is_list(file: Path) -> bool:
    if not file.is_file():
        return False
    with file.open(encoding='utf-8-sig', errors='replace') as stream:
        columns = stream.readline().strip().split(',')
    return len(columns) == len(_COLUMNS) and (columns[0] == _COLUMNS[0] or '/' in columns[0])


AFFECTNET = Dataset(
    'affectnet',
    'AffectNet',
    lambda path: _has_numbered(path) or bool(_lists_at(path)),
    pictures_of(find_affectnet),
)
