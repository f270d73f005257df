"""Which data set a path holds, and its splits."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from fer_ros.atomic_file import atomic_file
from fer_ros.data.affectnet import AFFECTNET
from fer_ros.data.ck_plus import CK_PLUS
from fer_ros.data.crema_d import CREMA_D
from fer_ros.data.dataset import Dataset
from fer_ros.data.face_set import FaceSet
from fer_ros.data.ferplus import FERPLUS
from fer_ros.data.image_folder import IMAGE_FOLDER
from fer_ros.data.jaffe import JAFFE
from fer_ros.data.joined_sets import join_sets, without_copies
from fer_ros.data.kdef import KDEF
from fer_ros.data.manifest import MANIFEST
from fer_ros.data.photographs import find_photographs
from fer_ros.data.raf_db import RAF_DB
from fer_ros.errors import DatasetError

# In the order in which a path is compared with them.
READERS: tuple[Dataset, ...] = (
    FERPLUS,
    RAF_DB,
    AFFECTNET,
    CK_PLUS,
    KDEF,
    JAFFE,
    CREMA_D,
    IMAGE_FOLDER,
)
DATASETS = tuple(dataset.name for dataset in READERS)
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


def dataset_at(path: Path) -> Dataset:
    """Return which data set a path holds, by its layout.

    Raises:
        DatasetError: The path does not exist.
    """
    if not path.exists():
        raise DatasetError(f'data {path} does not exist')
    if (path / MANIFEST).is_file():
        # Somebody has said what lies here.
        return IMAGE_FOLDER
    return next(dataset for dataset in READERS if dataset.lies_at(path))


def dataset_named(name: str) -> Dataset:
    """Return the data set of one of the names in ``DATASETS``."""
    return READERS[DATASETS.index(name)]


def name_of(path: Path) -> str:
    """Return how to call the data at a path: as people do, or by the name of the folder."""
    dataset = dataset_at(path)
    return path.absolute().name if dataset is IMAGE_FOLDER else dataset.title


def load_training_data(
    paths: Sequence[Path], cache: Path, fold: int, progress: bool = True
) -> TrainingData:
    """Return the training and validation faces of the data at some paths.

    Of several, those are one set, as ``join_sets`` makes it; training faces whose photograph is in
    the validation or test of other data are left out.

    Args:
        paths: As in ``load_faces``, one or more.
        cache: Folder for what was prepared.
        fold: Number of the fold, for data that has folds.
        progress: Whether to draw progress bars and print what was found.

    Raises:
        DatasetError: The data cannot be used, or stands there twice.
    """
    places = [path.resolve() for path in paths]
    repeated = [path for path, place in zip(paths, places, strict=True) if places.count(place) > 1]
    if repeated:
        raise DatasetError(f'data {repeated[0]} is named twice')
    abouts = [_about(dataset_at(path), fold) for path in paths]
    sets = [
        [load_faces(path, split, cache, fold, progress) for split in ('train', 'validation')]
        for path in paths
    ]
    if len(sets) == 1:
        training, validation = sets[0]
        return TrainingData(training, validation, abouts[0])
    entries = [
        {key: about[key] for key in ('dataset', 'fold') if key in about} for about in abouts
    ]
    return TrainingData(
        join_sets(_apart(sets, paths, cache, fold, progress)),
        join_sets([validation for _, validation in sets]),
        {'datasets': entries, 'copies': COPIES_LEFT_OUT},
    )


def _about(dataset: Dataset, fold: int) -> dict[str, Any]:
    own = {'dataset': dataset.name}
    return {**own, 'fold': fold} if dataset.folds else {**own, 'copies': COPIES_LEFT_OUT}


def _apart(
    sets: Sequence[Sequence[FaceSet]],
    paths: Sequence[Path],
    cache: Path,
    fold: int,
    progress: bool,
) -> list[FaceSet]:
    """Return the training faces of each data set without copies of what others hold out."""
    parts = [
        [*pair, *_test_faces(path, cache, fold, progress)]
        for pair, path in zip(sets, paths, strict=True)
    ]
    pictures = [(part.images, part.landmarks_px) for of_set in parts for part in of_set]
    numbers = iter(find_photographs(pictures, cache, progress))
    photographs = [[next(numbers) for _ in of_set] for of_set in parts]
    kept = without_copies(
        [training for training, *_ in sets],
        [held_out for _, *held_out in photographs],
        [training for training, *_ in photographs],
        [name_of(path) for path in paths],
    )
    if progress:
        print(*(note for part in kept for note in part.notes), sep='\n')
    return kept


def _test_faces(path: Path, cache: Path, fold: int, progress: bool) -> list[FaceSet]:
    """Return the faces of the test; nothing for data that has none."""
    try:
        return [load_faces(path, 'test', cache, fold, progress=False)]
    except DatasetError as error:
        if progress:
            print(f'Training faces are not compared with a test of {name_of(path)}: {error}.')
        return []


def load_faces(path: Path, split: str, cache: Path, fold: int, progress: bool = True) -> FaceSet:
    """Return the faces that a training uses of one split of the data at a path.

    Args:
        path: In the layout of one of ``READERS``.
        split: ``train``, ``validation`` or ``test``.
        cache: Folder for what was prepared.
        fold: Number of the fold, for data that has folds.
        progress: Whether to draw progress bars and print what was found.

    Raises:
        DatasetError: The data cannot be used.
    """
    dataset = dataset_at(path)
    require_fold(dataset, fold)
    faces = dataset.load(path, split, fold, cache, progress)
    if progress:
        print(*faces.notes, sep='\n')
    return faces


def require_fold(dataset: Dataset, fold: int) -> None:
    """Refuse a fold that a data set does not have.

    Raises:
        DatasetError: It has fewer folds.
    """
    if dataset.folds and not 1 <= fold <= dataset.folds:
        raise DatasetError(f'fold is {fold}, {dataset.title} is split into 1 to {dataset.folds}')


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
