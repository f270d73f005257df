"""Selects the faces that a model is judged on, and refuses those that it was trained on."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from fer_ros.counted import counted
from fer_ros.data.dataset import Dataset
from fer_ros.data.datasets import name_of
from fer_ros.data.face_set import ALL, FaceSet
from fer_ros.data.ferplus import FERPLUS, load_ferplus
from fer_ros.data.image_folder import IMAGE_FOLDER, find_pictures, gives_splits
from fer_ros.data.lineage import folds_seen, other_folds, seen_by
from fer_ros.errors import SettingError
from fer_ros.evaluation.settings import EvaluateSettings
from fer_ros.printable import printable

_MAY_HAVE_SEEN = (
    'The model, or one that it descends from, was trained on a folder of pictures. If it was this '
    'one, these pictures include those that it was trained on.'
)


def with_split(
    settings: EvaluateSettings, dataset: Dataset, figures: Mapping[str, Any]
) -> EvaluateSettings:
    """Return settings in which an empty ``split`` is replaced by its default.

    Args:
        settings: Settings of the evaluation.
        dataset: Data set at the path in the settings.
        figures: Figures stored in the model file.

    Raises:
        DatasetError: The manifest of a folder cannot be read.
    """
    if settings.split:
        return settings
    learned_from = {entry.get('dataset') for entry in seen_by(figures)}
    unseen = bool(learned_from) and IMAGE_FOLDER.name not in learned_from
    # A folder that does not exist is refused when it is read.
    is_folder = dataset is IMAGE_FOLDER and settings.data.is_dir()
    whole = is_folder and unseen and not gives_splits(settings.data)
    return replace(settings, split=ALL if whole else 'validation')


def describe_split(settings: EvaluateSettings, dataset: Dataset) -> str:
    """Return a text with the split and, for a folder, the number of its pictures in the split.

    Raises:
        DatasetError: The folder cannot be used.
    """
    split = settings.split
    of_split = f'{name_of(settings.data)}: split {split}'
    if dataset is not IMAGE_FOLDER:
        return of_split
    pictures = find_pictures(settings.data)
    judged = sum(split in (ALL, picture.split) for picture in pictures)
    return f'{of_split}, {judged} of {counted(len(pictures), "picture")}'


def judged_faces(
    settings: EvaluateSettings, dataset: Dataset, figures: Mapping[str, Any], cache: Path
) -> tuple[str, FaceSet]:
    """Return a title, and the faces of the requested split.

    Args:
        settings: Settings with path, split and fold.
        dataset: Data set whose faces are judged one by one.
        figures: Figures stored in the model file.
        cache: Folder for prepared data.

    Raises:
        DatasetError: The data cannot be used.
        SettingError: The model, or one that it descends from, was trained on these faces.
    """
    split = settings.split
    if dataset is FERPLUS:
        if split == ALL:
            raise SettingError(f'split is {ALL}, expected validation or test for FER+')
        faces = load_ferplus(settings.data, split, cache, 'majority')
        return f'FER+ {split}, majority protocol, {counted(len(faces), "face")}', faces
    fold = settings.fold or next(iter(folds_seen(figures, dataset.name)), 1)
    _require_unseen(settings, dataset, figures, fold)
    faces = dataset.load(settings.data, split, fold, cache, True)
    if dataset is IMAGE_FOLDER and split == ALL and _trained_on(dataset, figures):
        # Which folder it was is not known.
        faces = replace(faces, notes=(*faces.notes, _MAY_HAVE_SEEN))
    folder = printable(settings.data.absolute().name)
    name = folder if dataset is IMAGE_FOLDER else dataset.title
    of_fold = f' of fold {fold}' if dataset.folds and split != ALL else ''
    return f'{name} {split}{of_fold}, {counted(len(faces), "face")}', faces


def _trained_on(dataset: Dataset, figures: Mapping[str, Any]) -> bool:
    return any(entry.get('dataset') == dataset.name for entry in seen_by(figures))


def _require_unseen(
    settings: EvaluateSettings, dataset: Dataset, figures: Mapping[str, Any], fold: int
) -> None:
    if settings.split == 'train' or dataset is IMAGE_FOLDER:
        return
    if settings.split == ALL and _trained_on(dataset, figures):
        raise SettingError(
            f'split is {ALL}, but model {settings.model} was trained on {dataset.title}: judge it '
            'on the split test or validation'
        )
    others = other_folds(figures, dataset.name, fold)
    if others:
        raise SettingError(
            f'model {settings.model} was trained for fold {", ".join(map(str, others))} of '
            f'{dataset.title}, or descends from one that was, and has seen subjects of fold {fold}'
        )
