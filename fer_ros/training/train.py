"""The command ``train``: trains a model on data sets with given settings."""

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
    """Train on data sets and write the model to ``out``; an interrupted run resumes.

    Args:
        config: Settings of the training.
        data: Paths of the data sets; see ``load_training_data``.
        out: Folder of the run.
        device: ``cpu`` or ``cuda``; empty for ``cuda`` if there is a GPU, otherwise ``cpu``.
        threads: Number of torch threads; 0 for that of the resumed run, or in a new run the
            fastest by a few timed steps.

    Raises:
        DatasetError: The data cannot be used, or as in ``Trainer``.
        ModelFileError: The landmark model is missing, or as in ``Trainer``.
        OutputError: Another training is writing to ``out``.
        SettingError: ``device`` is not available, ``threads`` is negative, ``out`` is a file, the
            number of ``shares`` is not that of the data sets, or as in ``Trainer``.
    """
    # Refuse what can be refused before the data are prepared, which takes long.
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
                _print_notes(config, trainer, faces, out)
            metrics = trainer.fit()
    finally:
        leave()
    if rank.first:
        print(f'validation accuracy of the calibrated model {metrics.accuracy:.2%}')
        print(f'wrote {out}/model.safetensors and its ONNX files')


def _load(data: Sequence[Path], fold: int, rank: Rank) -> TrainingData:
    # The first process fills the cache; the others wait and then read it.
    if not rank.first:
        wait_for_all()
    faces = load_training_data(data, CACHE, fold, rank.first)
    if rank.first:
        wait_for_all()
    return faces


def _print_notes(config: TrainConfig, trainer: Trainer, faces: TrainingData, out: Path) -> None:
    """Print the number of pictures without a detected face, and a reduced batch size."""
    count = write_not_detected(faces, out / NOT_DETECTED)
    if count:
        print(f'pictures without a detected face: {count}, listed in {out / NOT_DETECTED}')
    if trainer.config.batch_size != config.batch_size:
        print(
            f'batch_size is {trainer.config.batch_size} instead of {config.batch_size}: the '
            f'training data has {len(faces.training)} faces'
        )
