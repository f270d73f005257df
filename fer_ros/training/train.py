"""The command train: data and settings in, a trained model out."""

from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

from fer_ros.atomic_file import require_folder, sole_writer
from fer_ros.data.cache import CACHE
from fer_ros.data.datasets import TrainingData, load_training_data, write_not_detected
from fer_ros.training.checks import require_shares
from fer_ros.training.compute import Compute, choose_device
from fer_ros.training.config import TrainConfig
from fer_ros.training.data_parallel import Rank, join, leave, wait_for_all
from fer_ros.training.sources import load_sources
from fer_ros.training.trainer import Trainer

NOT_DETECTED = 'not_detected.csv'


def train(
    config: TrainConfig,
    data: Sequence[Path],
    out: Path,
    device: str = '',
    threads: int = 0,
) -> None:
    """Train on the data at some paths and leave a model in ``out``; a stopped run goes on.

    Args:
        config: The settings.
        data: As the paths of ``load_training_data``.
        out: Folder of the run.
        device: ``cpu`` or ``cuda``; the latter where there is one when empty.
        threads: Of torch; 0: those of the run that goes on, or else chosen by measured steps.

    Raises:
        DatasetError: The data cannot be used; see also ``Trainer``.
        ModelFileError: There is no landmark model, or as ``Trainer``.
        OutputError: Another training is at work in ``out``.
        SettingError: ``device`` is not there, ``threads`` is negative, ``out`` is a file, there
            are other than a share for each data set, or as ``Trainer``.
    """
    # What can be refused is refused before the data are prepared.
    compute = Compute(choose_device(device), threads=threads)
    sources = load_sources(config)
    require_folder(out)
    require_shares(config, len(data))
    rank, device = join(compute.device)
    try:
        with sole_writer(out) if rank.first else nullcontext():
            faces = _load(data, config.fold, rank)
            trainer = Trainer(config, faces, out, Compute(device, rank, threads), sources)
            if rank.first:
                _say_what_differs(config, trainer, faces, out)
            metrics = trainer.fit()
    finally:
        leave()
    if rank.first:
        print(f'validation accuracy of the calibrated model {metrics.accuracy:.2%}')
        print(f'wrote {out}/model.safetensors and its forms for ONNX Runtime')


def _load(data: Sequence[Path], fold: int, rank: Rank) -> TrainingData:
    # The first process fills the cache; the others wait and then read it.
    if not rank.first:
        wait_for_all()
    faces = load_training_data(data, CACHE, fold, rank.first)
    if rank.first:
        wait_for_all()
    return faces


def _say_what_differs(
    config: TrainConfig, trainer: Trainer, faces: TrainingData, out: Path
) -> None:
    """Say which pictures show no detected face, and that the data does not fill a batch."""
    count = write_not_detected(faces, out / NOT_DETECTED)
    if count:
        print(f'Pictures without a detection: {count}, named in {out / NOT_DETECTED}')
    if trainer.config.batch_size != config.batch_size:
        print(
            f'batch_size is {trainer.config.batch_size} instead of {config.batch_size}: the '
            f'training data has {len(faces.training)} faces'
        )
