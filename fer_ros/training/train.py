"""The command train: data and settings in, a trained model out."""

import os
from pathlib import Path
from typing import Any

import torch

from fer_ros.atomic_file import require_folder
from fer_ros.data.cache import CACHE
from fer_ros.data.datasets import dataset_at, load_training_data
from fer_ros.errors import SettingError
from fer_ros.training.checks import require_present
from fer_ros.training.config import TrainConfig
from fer_ros.training.data_parallel import join, leave, wait_for_all
from fer_ros.training.trainer import Trainer


def train(config: TrainConfig, data: Path, out: Path, device: str = '', threads: int = 0) -> None:
    """Train on the data at a path and leave a model in ``out``; a stopped run goes on.

    Args:
        config: The settings.
        data: As in ``load_training_data``.
        out: Folder of the run.
        device: ``cpu`` or ``cuda``; the latter where there is one when empty.
        threads: Of torch; 0 leaves the choice to it.

    Raises:
        DatasetError: The data cannot be used; see also ``Trainer``.
        ModelFileError: There is no landmark model, or as ``Trainer``.
        SettingError: ``device`` is not there, ``threads`` is negative, ``out`` is a file, or as
            ``Trainer``.
    """
    if threads < 0:
        raise SettingError(f'threads is {threads}, allowed are 0 and more')
    # Before the data are prepared.
    require_present(config.sources)
    require_folder(out)
    if threads:
        torch.set_num_threads(threads)
    has_gpu = torch.cuda.is_available()
    device = device or ('cuda' if has_gpu else 'cpu')
    if device not in ('cpu', 'cuda') or (device == 'cuda' and not has_gpu):
        raise SettingError(
            f'device is {device!r}, allowed are cpu' + (' and cuda' if has_gpu else ' here')
        )
    if device == 'cuda':
        # The same command gives the same model on the same machine.
        os.environ.setdefault('CUBLAS_WORKSPACE_CONFIG', ':4096:8')
        torch.use_deterministic_algorithms(True)
    rank, device = join(device)
    try:
        # The first process fills the cache; the others wait and then read it.
        if not rank.first:
            wait_for_all()
        training, validation = load_training_data(data, CACHE, config.fold, rank.first)
        if rank.first:
            wait_for_all()
        about: dict[str, Any] = {'dataset': dataset_at(data)}
        if about['dataset'] == 'crema_d':
            about['fold'] = config.fold
        trainer = Trainer(config, training, validation, out, device, rank, about)
        metrics = trainer.fit()
    finally:
        leave()
    if rank.first:
        print(f'validation accuracy of the calibrated model {metrics.accuracy:.2%}')
        print(f'wrote {out}/model.safetensors and its forms for ONNX Runtime')
