"""Recognises the data set at a path and loads its splits."""

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
from fer_ros.data.lineage import COPIES_LEFT_OUT
from fer_ros.data.manifest import MANIFEST
from fer_ros.data.photographs import find_photographs
from fer_ros.data.raf_db import RAF_DB
from fer_ros.errors import DatasetError
from fer_ros.printable import printable

# In the order in which a path is tested for them.
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


@dataclass(frozen=True, eq=False)
class TrainingData:
    """The faces of a training.

    Attributes:
        training: Training faces.
        validation: Faces on which the best epoch is chosen and the model is calibrated.
        about: Description of the data for the model file, as JSON values.
    """

    training: FaceSet
    validation: FaceSet
    about: dict[str, Any] = field(default_factory=dict)


def dataset_at(path: Path) -> Dataset:
    """Return the data set at a path, recognised by its layout.

    Raises:
        DatasetError: The path does not exist, or is a CSV file in the folder of the data.
    """
    if not path.exists():
        raise DatasetError(f'data {path} does not exist')
    if path.is_file() and path.suffix.lower() == '.csv':
        raise DatasetError(f'data {path} is a single file, expected its folder {path.parent}')
    if (path / MANIFEST).is_file():
        # A manifest overrides the layout.
        return IMAGE_FOLDER
    return next(dataset for dataset in READERS if dataset.lies_at(path))


def dataset_named(name: str) -> Dataset:
    """Return the data set with one of the names in ``DATASETS``."""
    return READERS[DATASETS.index(name)]


def name_of(path: Path) -> str:
    """Return a name for the data at a path: the title of the data set or the folder's name."""
    dataset = dataset_at(path)
    return printable(path.absolute().name) if dataset is IMAGE_FOLDER else dataset.title


def load_training_data(
    paths: Sequence[Path], cache: Path, fold: int, progress: bool = True
) -> TrainingData:
    """Return the training and validation faces of one or more data sets.

    Several data sets are joined by ``join_sets``, without training faces whose photograph is in
    the validation or test split of another one.

    Args:
        paths: Paths of the data sets, in a layout of ``READERS``.
        cache: Folder for prepared data.
        fold: Number of the fold, for data that has folds.
        progress: Whether to show progress bars and print notes about the data.

    Raises:
        DatasetError: The data cannot be used, or a path is given twice.
    """
    places = [path.resolve() for path in paths]
    repeated = [path for path, place in zip(paths, places, strict=True) if places.count(place) > 1]
    if repeated:
        raise DatasetError(f'data {repeated[0]} is given twice')
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
    """Return the training faces of each data set without copies of faces that others hold out."""
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
    """Return the test faces as a list of one set; empty if the data has none."""
    try:
        return [load_faces(path, 'test', cache, fold, progress=False)]
    except DatasetError as error:
        if progress:
            print(f'Training faces are not compared with test faces of {name_of(path)}: {error}.')
        return []


def load_faces(path: Path, split: str, cache: Path, fold: int, progress: bool = True) -> FaceSet:
    """Return the faces in a split of the data at a path, as a training uses them.

    Args:
        path: Path of the data, in a layout of ``READERS``.
        split: ``train``, ``validation`` or ``test``.
        cache: Folder for prepared data.
        fold: Number of the fold, for data that has folds.
        progress: Whether to show progress bars and print notes about the data.

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
        DatasetError: The data set has no such fold.
    """
    if dataset.folds and not 1 <= fold <= dataset.folds:
        raise DatasetError(f'fold is {fold}, expected 1 to {dataset.folds} for {dataset.title}')


def mark_seen(
    faces: FaceSet, others: Sequence[FaceSet], cache: Path, progress: bool = True
) -> FaceSet:
    """Return the faces, marking those as ``seen`` whose photograph is in other data as well.

    Args:
        faces: Faces that a model is judged on.
        others: Faces that the model was trained or chosen on.
        cache: Folder for the results of the search.
        progress: Whether to show a progress bar.
    """
    sets = [(part.images, part.landmarks_px) for part in (faces, *others)]
    numbers, *known = find_photographs(sets, cache, progress)
    seen = np.isin(numbers, np.concatenate(known))
    note = f'The photograph of {seen.sum()} of these faces is also in data used for training.'
    if len(faces.seen):
        seen |= faces.seen
    return replace(faces, photographs=numbers, seen=seen, notes=(*faces.notes, note))


def write_not_detected(data: TrainingData, file: Path) -> int:
    """Write a CSV file of the pictures in which the detector found no face.

    Its columns are ``split`` and ``picture``. If there is no such picture, no file is written and
    an old one is removed.

    Returns:
        Number of the pictures.
    """
    rows = [
        (split, printable(str(picture)))
        for split, faces in (('train', data.training), ('validation', data.validation))
        if len(faces.detected)
        for picture in faces.pictures[~np.asarray(faces.detected)]
    ]
    file.unlink(missing_ok=True)
    if rows:
        with atomic_file(file) as aside, aside.open('w', newline='', encoding='utf-8') as stream:
            csv.writer(stream).writerows([('split', 'picture'), *rows])
    return len(rows)
