"""The course of a training, epoch by epoch: as CSV, as a picture, and for TensorBoard."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

from fer_ros.atomic_file import atomic_file

COLUMNS = (
    'epoch',
    'loss',
    'validation_loss',
    'validation_accuracy',
    'validation_unweighted_recall',
)


def write_log(history: Sequence[Mapping[str, float]], out: Path) -> None:
    """Bring ``metrics.csv``, ``curve.png`` and the TensorBoard log of a training up to date.

    Args:
        history: A row per epoch with ``COLUMNS``; the last one is new.
        out: Folder of the training.
    """
    from torch.utils.tensorboard import SummaryWriter

    with atomic_file(out / 'metrics.csv') as aside, aside.open('w', newline='') as stream:
        writer = csv.DictWriter(stream, COLUMNS)
        writer.writeheader()
        for row in history:
            writer.writerow({key: round(value, 5) for key, value in row.items()})
    _draw(history, out / 'curve.png')
    with SummaryWriter(str(out / 'tensorboard')) as board:
        for name in COLUMNS[1:]:
            board.add_scalar(name, history[-1][name], int(history[-1]['epoch']))


def _draw(history: Sequence[Mapping[str, float]], path: Path) -> None:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 4), layout='constrained')
    left, middle, right = figure.subplots(1, 3)
    epochs = [row['epoch'] for row in history]
    left.plot(epochs, [row['loss'] for row in history], color='tab:gray', marker='.')
    left.set_title('training loss')
    losses = [row['validation_loss'] for row in history]
    best = losses.index(min(losses))
    middle.plot(epochs, losses, color='tab:gray', marker='.')
    middle.plot(epochs[best], losses[best], 'o', color='tab:red', fillstyle='none', ms=10)
    middle.set_title(f'validation loss, lowest in epoch {epochs[best]}')
    for name in COLUMNS[3:]:
        label = name.removeprefix('validation_').replace('_', ' ')
        right.plot(epochs, [100 * row[name] for row in history], marker='.', label=label)
    right.set_title('validation, %')
    right.legend(frameon=False)
    for axes in (left, middle, right):
        axes.set_xlabel('epoch')
        axes.grid(alpha=0.25)
    with atomic_file(path) as aside:
        figure.savefig(aside, dpi=110)
