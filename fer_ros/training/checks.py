"""What a training asks of its faces, and how often it draws each of them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from fer_ros.data.face_set import FaceSet
from fer_ros.errors import DatasetError, ModelFileError, SettingError
from fer_ros.inference.config import ModelConfig
from fer_ros.network.checkpoint import load_checkpoint
from fer_ros.training.config import TrainConfig


def require_trainable(config: TrainConfig, training: FaceSet, processes: int) -> None:
    """Refuse faces that a configuration cannot be trained on.

    Args:
        config: The settings.
        training: Faces to learn from.
        processes: Of a parallel training; else 1.

    Raises:
        DatasetError: A class has no face, or there are fewer faces than in a batch.
        SettingError: The model's classes are other ones, or the batch cannot be shared out.
    """
    counts = np.bincount(training.labels(), minlength=len(training.classes))
    missing = [name for name, count in zip(training.classes, counts, strict=True) if not count]
    if missing:
        raise DatasetError(f'the training data has no face of the class {", ".join(missing)}')
    if config.model.classes not in (ModelConfig().classes, training.classes):
        raise SettingError(
            f'model classes are {", ".join(config.model.classes)}, those of the data '
            f'{", ".join(training.classes)}: leave them out of the configuration'
        )
    if len(training) < config.batch_size:
        raise DatasetError(
            f'the training data has {len(training)} faces, batch_size is {config.batch_size}: '
            'choose a smaller one'
        )
    if config.batch_size % processes or config.batch_size < 2 * processes:
        raise SettingError(
            f'batch_size is {config.batch_size}, needed is a multiple of {processes} processes '
            'with two faces or more for each'
        )


def require_present(sources: Sequence[Path]) -> None:
    """Refuse checkpoints that are not there.

    Raises:
        ModelFileError: One does not exist.
    """
    for source in sources:
        if not source.is_file():
            raise ModelFileError(f'checkpoint {source} does not exist')


def require_unseen(sources: Sequence[Path], about: Mapping[str, Any]) -> None:
    """Refuse checkpoints that have learned from what a training leaves for the test.

    Args:
        sources: Checkpoints that are started from and learned from.
        about: What the model file will say of the data; of CREMA-D its ``fold`` is left.

    Raises:
        ModelFileError: A checkpoint is missing or damaged.
        SettingError: A checkpoint was trained for another fold of CREMA-D.
    """
    if about.get('dataset') != 'crema_d':
        return
    for source in sources:
        figures = load_checkpoint(source).figures
        if figures.get('dataset') == 'crema_d' and figures.get('fold') != about['fold']:
            raise SettingError(
                f'checkpoint {source} was trained for fold {figures.get("fold")} of CREMA-D and '
                f'has seen the test actors of fold {about["fold"]}'
            )
