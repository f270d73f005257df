"""The figures of each epoch of a training, as CSV, as a plot and for TensorBoard."""

import csv
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from fer_ros.atomic_file import atomic_file


@dataclass(frozen=True)
class EpochFigures:
    """Figures of one epoch.

    Attributes:
        epoch: Number of the epoch, from 1.
        loss: Mean loss over the training faces.
        validation_loss: Loss of the averaged weights, at the best temperature.
        validation_accuracy: Accuracy of the averaged weights, 0 to 1.
        validation_unweighted_recall: Unweighted recall of the averaged weights, 0 to 1.
    """

    epoch: int
    loss: float
    validation_loss: float
    validation_accuracy: float
    validation_unweighted_recall: float


COLUMNS = tuple(field.name for field in fields(EpochFigures))


def write_log(history: Sequence[EpochFigures], out: Path) -> None:
    """Rewrite ``metrics.csv`` and ``curve.png``, and append the last epoch to the TensorBoard log.

    Args:
        history: Figures of all epochs; the last one is new.
        out: Folder of the training.
    """
    from torch.utils.tensorboard import SummaryWriter

    with (
        atomic_file(out / 'metrics.csv') as aside,
        aside.open('w', newline='', encoding='utf-8') as stream,
    ):
        writer = csv.DictWriter(stream, COLUMNS)
        writer.writeheader()
        for row in history:
            writer.writerow({key: round(value, 5) for key, value in asdict(row).items()})
    _draw(history, out / 'curve.png')
    with SummaryWriter(str(out / 'tensorboard')) as board:
        for name in COLUMNS[1:]:
            board.add_scalar(name, getattr(history[-1], name), history[-1].epoch)


def _draw(history: Sequence[EpochFigures], path: Path) -> None:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 4), layout='constrained')
    left, middle, right = figure.subplots(1, 3)
    epochs = [row.epoch for row in history]
    left.plot(epochs, [row.loss for row in history], color='tab:gray', marker='.')
    left.set_title('training loss')
    losses = [row.validation_loss for row in history]
    best = losses.index(min(losses))
    middle.plot(epochs, losses, color='tab:gray', marker='.')
    middle.plot(epochs[best], losses[best], 'o', color='tab:red', fillstyle='none', ms=10)
    middle.set_title(f'validation loss, lowest in epoch {epochs[best]}')
    for name in COLUMNS[3:]:
        label = name.removeprefix('validation_').replace('_', ' ')
        right.plot(epochs, [100 * getattr(row, name) for row in history], marker='.', label=label)
    right.set_title('validation, %')
    right.legend(frameon=False)
    for axes in (left, middle, right):
        axes.set_xlabel('epoch')
        axes.grid(alpha=0.25)
    with atomic_file(path) as aside:
        figure.savefig(aside, dpi=110)
