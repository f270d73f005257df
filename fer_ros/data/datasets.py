"""Which data set a path holds, and its splits."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from fer_ros.atomic_file import atomic_file
from fer_ros.data.crema_d import find_clips, load_crema_d_split
from fer_ros.data.face_set import FaceSet
from fer_ros.data.ferplus import load_ferplus, pictures_csv
from fer_ros.data.image_folder import load_image_folder
from fer_ros.data.photographs import find_photographs
from fer_ros.errors import DatasetError

DATASETS = ('ferplus', 'crema_d', 'folder')
# What a model file says of faces whose photograph stands in the validation or test split too.
COPIES_LEFT_OUT = 'left out'


@dataclass(frozen=True, eq=False)
class TrainingData:
    """The faces of a training.

    Attributes:
        training: Faces to learn from.
        validation: Faces by which the best epoch is chosen and the model is calibrated.
        about: What the model file says of the data, as JSON values.
    """

    training: FaceSet
    validation: FaceSet
    about: dict[str, Any] = field(default_factory=dict)


def dataset_at(path: Path) -> str:
    """Return which of ``DATASETS`` a path holds.

    Raises:
        DatasetError: The path does not exist.
    """
    if not path.exists():
        raise DatasetError(f'data {path} does not exist')
    if path.is_file() or pictures_csv(path):
        return 'ferplus'
    try:
        find_clips(path)
    except DatasetError:
        return 'folder'
    return 'crema_d'


def load_training_data(path: Path, cache: Path, fold: int, progress: bool = True) -> TrainingData:
    """Return the training and validation faces of the data at a path.

    Args:
        path: As in ``load_faces``.
        cache: Folder for what was prepared.
        fold: Of CREMA-D.
        progress: Whether to draw progress bars and print what was found.

    Raises:
        DatasetError: The data cannot be used.
    """
    kind = dataset_at(path)
    about: dict[str, Any] = {'dataset': kind}
    if kind == 'crema_d':
        about['fold'] = fold
    else:
        about['copies'] = COPIES_LEFT_OUT
    training, validation = (
        load_faces(path, split, cache, fold, progress) for split in ('train', 'validation')
    )
    return TrainingData(training, validation, about)


def load_faces(path: Path, split: str, cache: Path, fold: int, progress: bool = True) -> FaceSet:
    """Return the faces that a training uses of one split of the data at a path.

    Args:
        path: As in ``load_ferplus``, ``load_image_folder`` or ``load_crema_d_split``.
        split: ``train`` or ``validation``.
        cache: Folder for what was prepared.
        fold: Of CREMA-D.
        progress: Whether to draw progress bars and print what was found.

    Raises:
        DatasetError: The data cannot be used.
    """
    kind = dataset_at(path)
    problems: tuple[str, ...] = ()
    if kind == 'ferplus':
        # Every face has something to teach; judged are those on whom the raters agree.
        protocol = 'votes' if split == 'train' else 'majority'
        faces = load_ferplus(path, split, cache, protocol, progress)
    elif kind == 'crema_d':
        data = load_crema_d_split(path, fold, split, cache, progress)
        faces, problems = data.faces, data.problems
    else:
        faces = load_image_folder(path, split, cache, progress=progress)
    if progress:
        print(*faces.notes, *problems, sep='\n')
    return faces


def mark_seen(
    faces: FaceSet, others: Sequence[FaceSet], cache: Path, progress: bool = True
) -> FaceSet:
    """Return the faces with those marked as seen whose photograph stands in other data too.

    Args:
        faces: That are judged.
        others: That a model was trained or chosen by.
        cache: Folder for the search.
        progress: Whether to draw a progress bar.
    """
    sets = [(part.images, part.landmarks_px) for part in (faces, *others)]
    numbers, *known = find_photographs(sets, cache, progress)
    seen = np.isin(numbers, np.concatenate(known))
    note = f'{seen.sum()} of these faces have their photograph in data that was learned from too.'
    if len(faces.seen):
        seen |= faces.seen
    return replace(faces, photographs=numbers, seen=seen, notes=(*faces.notes, note))


def write_not_detected(data: TrainingData, file: Path) -> int:
    """Write a CSV file that names the pictures in which the detector found no face.

    It has the columns ``split`` and ``picture``. Without such a picture there is no file.

    Returns:
        How many they are.
    """
    rows = [
        (split, picture)
        for split, faces in (('train', data.training), ('validation', data.validation))
        if len(faces.detected)
        for picture in faces.pictures[~np.asarray(faces.detected)]
    ]
    file.unlink(missing_ok=True)
    if rows:
        with atomic_file(file) as aside, aside.open('w', newline='', encoding='utf-8') as stream:
            csv.writer(stream).writerows([('split', 'picture'), *rows])
    return len(rows)
