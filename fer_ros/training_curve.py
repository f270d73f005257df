"""draw_training: the course of a training as a picture."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from fer_ros.atomic_file import atomic_file


def draw_training(history: Sequence[Mapping[str, float]], path: Path) -> None:
    """Draw loss and validation figures over the epochs to a PNG file.

    Args:
        history: A row per epoch with ``epoch``, ``loss`` and any ``validation_…`` figures.
        path: Replaced only by a whole file.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 4), layout='constrained')
    left, right = figure.subplots(1, 2)
    epochs = [row['epoch'] for row in history]
    left.plot(epochs, [row['loss'] for row in history], color='tab:gray', marker='.')
    left.set_title('training loss')
    for name in history[-1]:
        if not name.startswith('validation_') or name == 'validation_loss':
            continue
        label = name.removeprefix('validation_').replace('_', ' ')
        right.plot(epochs, [100 * row[name] for row in history], marker='.', label=label)
    right.set_title('validation, %')
    right.legend(frameon=False)
    for axes in (left, right):
        axes.set_xlabel('epoch')
        axes.grid(alpha=0.25)
    with atomic_file(path) as aside:
        figure.savefig(aside, dpi=110)
