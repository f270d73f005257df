"""The gain from the graph of landmarks over the CNN on stills, turned faces and disturbed faces.

Run as ``python -m benchmarks.graph_gain --data FERPLUS --data PICTURES --out FOLDER``. The CNN's
own classifier is compared with the fused model on the validation split of each data set, face by
face. Both get a temperature and class biases, fitted on other photographs or people under the same
condition, because a better class prior is not knowledge of a face. Landmarks are found in the
disturbed pictures themselves (``graph_pictures``), as by a node that tracks the face.
A second table shows what other weights of the graph would add (``graph_weight``).
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from benchmarks.graph_answers import Answers, ask_streams
from benchmarks.graph_weight import weight_table
from fer_ros.atomic_file import atomic_file
from fer_ros.data.cache import CACHE
from fer_ros.data.datasets import load_faces, name_of
from fer_ros.data.face_set import FaceSet
from fer_ros.errors import SettingError
from fer_ros.evaluation.calibration import cross_fitted
from fer_ros.evaluation.conditions import YAWS_DEG, facing_yaws_deg
from fer_ros.evaluation.report import Cell, Evaluation, Table
from fer_ros.metrics import Interval, Labels, bootstrap_gain, bootstrap_recall_gain
from fer_ros.models import load_classifier

_FACES = 1000
TOGETHER = 'all disturbances together'
COLUMNS = (
    'condition',
    'faces',
    'CNN',
    'fused',
    'fused - CNN, points',
    'interval',
    'recall, points',
    'recall interval',
)


@dataclass(frozen=True, eq=False)
class Named:
    """The answers of both models, equally calibrated, under one condition.

    Attributes:
        condition: Name of the condition.
        labels: ``(N,)`` class indices.
        groups: ``(N,)`` groups of dependent faces.
        cnn: ``(N,)`` answers of the CNN alone.
        fused: ``(N,)`` answers of the fused model.
    """

    condition: str
    labels: Labels
    groups: npt.NDArray[Any]
    cnn: Labels
    fused: Labels

    def select(self, condition: str, chosen: npt.NDArray[np.bool_]) -> 'Named':
        """Return a subset of the faces as a separate condition."""
        parts = (self.labels, self.groups, self.cnn, self.fused)
        return Named(condition, *(part[chosen] for part in parts))

    def gain(self) -> Interval:
        """Return the gain in accuracy of the fused model over the CNN."""
        return bootstrap_gain(self.fused, self.cnn, self.labels, self.groups)

    def row(self, num_classes: int) -> tuple[Cell, ...]:
        """Return the cells of ``COLUMNS``."""
        gain = self.gain()
        recall = bootstrap_recall_gain(self.fused, self.cnn, self.labels, num_classes, self.groups)
        right = (float((said == self.labels).mean()) for said in (self.cnn, self.fused))
        spans = (gain.value, gain.span(), recall.value, recall.span())
        return (self.condition, len(self.labels), *right, *spans)


def named(answers: Answers) -> Named:
    """Return the answers of both models, calibrated on other faces under the same condition."""
    labels, groups = answers.labels, answers.groups
    said = [
        cross_fitted(answers.logits[stream], labels, groups).argmax(axis=1)
        for stream in ('cnn', 'fused')
    ]
    return Named(answers.condition, labels, groups, *said)


def conditions(answers: Sequence[Answers], turned: npt.NDArray[np.float64]) -> list[Named]:
    """Return the answers for stills, by yaw, under each disturbance, and under all of these.

    Args:
        answers: Those for stills, then those for disturbed faces.
        turned: ``(N,)`` yaws of the stills in degrees.
    """
    stills, *worse = map(named, answers)
    by_yaw = []
    for low, high in zip(YAWS_DEG, (*YAWS_DEG[1:], np.inf), strict=True):
        inside = (turned >= low) & (turned < high)
        if inside.any():
            end = f'to {high}' if np.isfinite(high) else 'and more'
            by_yaw.append(stills.select(f'turned by {low} {end} degrees', inside))
    return [stills, *by_yaw, *worse, joined(TOGETHER, worse)]


def joined(condition: str, parts: list[Named]) -> Named:
    """Return the faces of several conditions as one."""
    rows = [(part.labels, part.groups, part.cnn, part.fused) for part in parts]
    return Named(condition, *(np.concatenate(column) for column in zip(*rows, strict=True)))


def table(name: str, faces: FaceSet, found: list[Named]) -> Table:
    """Return a table with a row for each condition; ``name`` is that of the data."""
    return Table(
        f'graph_gain_{name}'.replace('+', 'plus'),
        f'{name}, validation: fused - CNN, paired; temperature and class biases for both, '
        f'cross-fitted; 95 % bootstrap intervals over {faces.group_name()}',
        COLUMNS,
        tuple(one.row(len(faces.classes)) for one in found),
    )


def draw(found: dict[str, list[Named]], path: Path) -> None:
    """Draw the gain under each condition, a panel for each data set, to a PNG file."""
    from matplotlib.figure import Figure

    rows = max(len(conditions) for conditions in found.values())
    figure = Figure(figsize=(3 + 3 * len(found), 1 + 0.22 * rows), layout='constrained')
    panels = figure.subplots(1, len(found), squeeze=False)[0]
    for axes, (name, conditions) in zip(panels, found.items(), strict=True):
        gains = [one.gain() for one in conditions]
        places = np.arange(len(gains))
        axes.axvline(0, color='gray', linewidth=1)
        axes.hlines(
            places, [100 * gain.low for gain in gains], [100 * gain.high for gain in gains]
        )
        axes.plot([100 * gain.value for gain in gains], places, 'o', markersize=4)
        axes.set_yticks(places, [one.condition for one in conditions], fontsize=7)
        axes.invert_yaxis()
        axes.set_title(f'{name}, validation', fontsize=9)
        axes.set_xlabel('fused - CNN, points', fontsize=8)
        axes.grid(axis='x', alpha=0.25)
    with atomic_file(path) as aside:
        figure.savefig(aside, dpi=110, format='png')


def main() -> None:
    """Judge, print, and write where a folder is given."""
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--data', type=Path, action='append', required=True, help='as of train')
    parser.add_argument('--model', default='', help='.safetensors file of a fused model')
    parser.add_argument(
        '--faces', type=int, default=_FACES, help='of each data set that are disturbed'
    )
    parser.add_argument('--out', type=Path, help='folder of the report, tables and picture')
    options = parser.parse_args()
    cv2.setNumThreads(1)
    classifier = load_classifier(options.model, 'torch')
    if classifier.config.stream != 'fused':
        raise SettingError(f'model {classifier.path} has no graph beside a CNN')
    found, tables = {}, []
    for path in options.data:
        name, faces = name_of(path), load_faces(path, 'validation', CACHE, fold=1)
        answers = ask_streams(classifier, faces, options.faces)
        found[name] = conditions(answers, facing_yaws_deg(faces))
        tables += [table(name, faces, found[name]), weight_table(name, answers)]
    about = f'Model {classifier.path.name}; {options.faces} faces of each data set are disturbed.'
    evaluation = Evaluation('What the graph adds to the CNN', (about,), tuple(tables))
    print(evaluation.markdown(), end='')
    if options.out is not None:
        evaluation.write(options.out)
        draw(found, options.out / 'graph_gain.png')


if __name__ == '__main__':
    main()
