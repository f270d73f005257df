"""Checks of the faces and checkpoints that a training is given."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from fer_ros.data.datasets import dataset_named
from fer_ros.data.face_set import FaceSet
from fer_ros.data.lineage import other_folds, seen_by
from fer_ros.errors import DatasetError, SettingError
from fer_ros.inference.config import ModelConfig
from fer_ros.structures import Judgement
from fer_ros.training.config import TrainConfig
from fer_ros.training.sources import Sources

# What reports say in place of a class.
_NOT_CLASSES = {'not judged', *(reason.words for reason in Judgement if reason)}


def require_trainable(training: FaceSet, validation: FaceSet, processes: int) -> None:
    """Refuse faces that do not suffice for a training.

    Args:
        training: Training faces.
        validation: Validation faces.
        processes: Number of processes of a parallel training, otherwise 1.

    Raises:
        DatasetError: A class has no training face or a name with another meaning, there are fewer
            than two training faces per process, or there is no validation face.
    """
    taken = [name for name in training.classes if name in _NOT_CLASSES]
    if taken:
        raise DatasetError(
            f'a class of the data is called {taken[0]}, which in reports is a face without a '
            'class: rename it, or leave its pictures out'
        )
    counts = np.bincount(training.labels(), minlength=len(training.classes))
    missing = [name for name, count in zip(training.classes, counts, strict=True) if not count]
    if missing:
        raise DatasetError(f'the training data has no face of the class {", ".join(missing)}')
    if len(training) < 2 * processes:
        raise DatasetError(
            f'the training data has {len(training)} faces, expected at least two for each of '
            f'{processes} processes'
        )
    if not len(validation):
        raise DatasetError('the validation data has no face')


def require_shares(config: TrainConfig, sets: int) -> None:
    """Refuse ``shares`` whose number is not that of the data sets.

    Args:
        config: Settings of the training.
        sets: Number of data sets.

    Raises:
        SettingError: There are more or fewer shares than data sets.
    """
    if config.shares and len(config.shares) != sets:
        raise SettingError(
            f'shares has {len(config.shares)} numbers for {sets} data set(s), expected one per '
            'data set, in the order of --data'
        )


def fitted_config(config: TrainConfig, training: FaceSet, processes: int) -> TrainConfig:
    """Return a configuration with the classes of the data, and a batch that the data can fill.

    Args:
        config: Settings of the training.
        training: Training faces that ``require_trainable`` accepts.
        processes: Number of processes of a parallel training, otherwise 1.

    Raises:
        SettingError: The configuration names other classes than the data has, or the batch cannot
            be divided among the processes.
    """
    if config.model.classes not in (ModelConfig().classes, training.classes):
        raise SettingError(
            f'the classes of the model are {", ".join(config.model.classes)}, those of the data '
            f'{", ".join(training.classes)}: leave classes out of the configuration'
        )
    if config.batch_size % processes or config.batch_size < 2 * processes:
        raise SettingError(
            f'batch_size is {config.batch_size}, expected a multiple of {processes}, at least '
            f'{2 * processes}, for {processes} process(es)'
        )
    most = len(training) - len(training) % processes
    return replace(
        config,
        model=replace(
            config.model,
            classes=training.classes,
            second_classes=training.second_classes if config.second_loss else (),
        ),
        batch_size=min(config.batch_size, most),
    )


def require_unseen(sources: Sources, about: Mapping[str, Any]) -> None:
    """Refuse checkpoints that were trained on the test faces of this training.

    Args:
        sources: Checkpoints that the training starts from or learns from.
        about: Description of the data for the model file, with the fold of each data set.

    Raises:
        SettingError: A checkpoint, or one that it descends from, was trained for another fold.
    """
    for entry in seen_by(about):
        if 'fold' not in entry:
            continue
        name, fold = dataset_named(entry['dataset']).title, entry['fold']
        for source in sources:
            others = other_folds(source.checkpoint.figures, entry['dataset'], fold)
            if others:
                raise SettingError(
                    f'checkpoint {source.path} was trained for fold '
                    f'{", ".join(map(str, others))} of {name}, or descends from one that was, and '
                    f'has seen test subjects of fold {fold}'
                )


def require_teachers_know(sources: Sources, classes: tuple[str, ...]) -> None:
    """Refuse teachers that do not know the classes of the data.

    Raises:
        DatasetError: A teacher does not know one.
    """
    for teacher in sources.teachers:
        known = teacher.checkpoint.model.config.classes
        unknown = [name for name in classes if name not in known]
        if unknown:
            raise DatasetError(
                f'teacher {teacher.path} does not know the class {", ".join(unknown)} of the data'
            )
