"""What a training asks of its faces and of the checkpoints that it builds on."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from fer_ros.data.datasets import dataset_named
from fer_ros.data.face_set import FaceSet
from fer_ros.data.lineage import other_folds, seen_by
from fer_ros.errors import DatasetError, SettingError
from fer_ros.inference.config import ModelConfig
from fer_ros.training.config import TrainConfig
from fer_ros.training.sources import Sources


def require_trainable(training: FaceSet, validation: FaceSet, processes: int) -> None:
    """Refuse faces that nothing can be trained on.

    Args:
        training: Faces to learn from.
        validation: Faces to judge by.
        processes: Number of processes of a parallel training, otherwise 1.

    Raises:
        DatasetError: A class has no face, there are too few for the processes, or none to judge
            by.
    """
    counts = np.bincount(training.labels(), minlength=len(training.classes))
    missing = [name for name, count in zip(training.classes, counts, strict=True) if not count]
    if missing:
        raise DatasetError(f'the training data has no face of the class {", ".join(missing)}')
    if len(training) < 2 * processes:
        raise DatasetError(
            f'the training data has {len(training)} faces, expected two for each of {processes} '
            'processes'
        )
    if not len(validation):
        raise DatasetError('the validation data has no face')


def require_shares(config: TrainConfig, sets: int) -> None:
    """Refuse shares of other than the data sets that are learned from.

    Raises:
        SettingError: They are more or fewer.
    """
    if config.shares and len(config.shares) != sets:
        raise SettingError(
            f'shares has {len(config.shares)} numbers, data sets are {sets}: expected one for '
            'each, in the order in which they are given'
        )


def fitted_config(config: TrainConfig, training: FaceSet, processes: int) -> TrainConfig:
    """Return a configuration with the classes of the data, and a batch that the data can fill.

    Args:
        config: The settings.
        training: Faces that ``require_trainable`` accepts.
        processes: Number of processes of a parallel training, otherwise 1.

    Raises:
        SettingError: The model's classes are other ones, or the batch cannot be shared out.
    """
    if config.model.classes not in (ModelConfig().classes, training.classes):
        raise SettingError(
            f'model classes are {", ".join(config.model.classes)}, those of the data '
            f'{", ".join(training.classes)}: leave them out of the configuration'
        )
    if config.batch_size % processes or config.batch_size < 2 * processes:
        raise SettingError(
            f'batch_size is {config.batch_size}, expected a multiple of {processes} processes '
            'with two faces or more for each'
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
    """Refuse checkpoints that have learned from what a training leaves for the test.

    Args:
        sources: Checkpoints that are started from and learned from.
        about: What the model file will say of the data; of those with folds one is left.

    Raises:
        SettingError: A checkpoint, or one that it goes back to, was trained for another fold.
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
                    f'{", ".join(map(str, others))} of {name}, or goes back to one that was, and '
                    f'has seen people of the test of fold {fold}'
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
