"""Tables about faces that are judged one by one."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from fer_ros.data.face_set import FaceSet
from fer_ros.evaluation.report import Cell, Table
from fer_ros.inference.prior_correction import AS_TRAINED
from fer_ros.metrics import (
    Labels,
    bootstrap_accuracy,
    bootstrap_gain,
    bootstrap_recall,
    bootstrap_recall_gain,
    measure,
)
from fer_ros.structures import FloatArray

Groups = npt.NDArray[Any] | None
# Of classes with fewer the recall is known to ten points at best.
MANY_FACES = 30
# Of the figures of a stream, as ``stream_figures`` returns them.
STREAM_COLUMNS = (
    'accuracy',
    'accuracy interval',
    'unweighted recall',
    'recall interval',
    'macro F1',
    'calibration error (0 to 1)',
)


def still_tables(answers: Mapping[str, FloatArray], faces: FaceSet) -> list[Table]:
    """Return the figures of each stream, of each class, and what the streams differ by.

    Args:
        answers: ``(N, C)`` probabilities by stream, in the classes of the faces.
        faces: N faces with labels.
    """
    labels, groups, drawn = faces.labels(), faces.groups(), faces.group_name()
    tables = [
        stream_table(answers, faces),
        class_table(answers, labels, faces.classes, groups, drawn),
    ]
    for kind, chosen in _kinds(faces).items():
        tables += difference_tables(
            {stream: rows[chosen].argmax(axis=1) for stream, rows in answers.items()},
            labels[chosen],
            len(faces.classes),
            None if groups is None else groups[chosen],
            'differences' if kind == 'all' else f'differences_{kind.replace(" ", "_")}',
            f'What streams differ by, in points, paired; {kind}; {drawn} drawn (95 %)',
        )
    return tables


def stream_table(answers: Mapping[str, FloatArray], faces: FaceSet) -> Table:
    """Return a row per stream with its figures and their intervals.

    Where the photographs of some faces stand in the training data too, each stream has a row of
    those that do not; and where some classes have few faces, of those that have many.

    Args:
        answers: ``(N, C)`` probabilities by stream.
        faces: N faces with labels.
    """
    groups, labels = faces.groups(), faces.labels()
    rows = []
    for stream, probabilities in answers.items():
        for kind, chosen in _kinds(faces).items():
            rows.append(
                (
                    stream,
                    kind,
                    int(chosen.sum()),
                    *stream_figures(
                        probabilities[chosen],
                        labels[chosen],
                        faces.classes,
                        None if groups is None else groups[chosen],
                    ),
                )
            )
    return Table(
        'streams',
        f'Each face by itself, with 95 % bootstrap intervals; {faces.group_name()} drawn',
        (
            'stream',
            'which faces',
            'faces',
            *STREAM_COLUMNS,
        ),
        tuple(rows),
    )


def _kinds(faces: FaceSet) -> dict[str, npt.NDArray[np.bool_]]:
    """Return which faces have figures of their own, by what these are."""
    everyone = np.ones(len(faces), np.bool_)
    kinds = {'all': everyone}
    if faces.seen.any():
        kinds['photographs never seen'] = ~faces.seen
    frequent = in_frequent_classes(faces.labels())
    if frequent.any() and not frequent.all():
        kinds[f'classes of {MANY_FACES} faces and more'] = frequent
    return kinds


def in_frequent_classes(labels: Labels) -> npt.NDArray[np.bool_]:
    """Return ``(N,)`` whether there are ``MANY_FACES`` with the same label or more."""
    many: npt.NDArray[np.bool_] = np.bincount(labels)[labels] >= MANY_FACES
    return many


def stream_figures(
    probabilities: FloatArray, labels: Labels, classes: tuple[str, ...], groups: Groups
) -> tuple[Cell, ...]:
    """Return the cells of ``STREAM_COLUMNS``.

    Args:
        probabilities: ``(N, C)`` of one stream.
        labels: ``(N,)``.
        classes: C names.
        groups: ``(N,)`` what is not independent of each other; see ``bootstrap``.
    """
    metrics, predictions = measure(probabilities, labels, classes), probabilities.argmax(axis=1)
    return (
        metrics.accuracy,
        bootstrap_accuracy(predictions, labels, groups).span(),
        metrics.unweighted_recall,
        bootstrap_recall(predictions, labels, len(classes), groups).span(),
        metrics.macro_f1,
        metrics.calibration_error,
    )


def class_table(
    answers: Mapping[str, FloatArray],
    labels: Labels,
    classes: tuple[str, ...],
    groups: Groups = None,
    drawn: str = 'faces',
) -> Table:
    """Return a row per class: precision and recall of each stream, an interval for the last.

    Args:
        answers: ``(N, C)`` probabilities by stream.
        labels: ``(N,)``.
        classes: C names.
        groups: ``(N,)`` what is not independent of each other; see ``bootstrap``.
        drawn: What these are, in the plural.
    """
    columns = ['class', 'faces']
    for stream in answers:
        columns += [f'{stream} precision', f'{stream} recall']
    last = list(answers)[-1]
    columns.append(f'{last} recall interval')
    measured = {stream: measure(rows, labels, classes) for stream, rows in answers.items()}
    predictions = answers[last].argmax(axis=1)
    rows = []
    for index, name in enumerate(classes):
        inside = labels == index
        row: list[Cell] = [name, int(inside.sum())]
        for metrics in measured.values():
            row += [float(metrics.precisions[index]), float(metrics.recalls[index])]
        interval = '-'
        if inside.any():
            within = None if groups is None else groups[inside]
            interval = bootstrap_accuracy(predictions[inside], labels[inside], within).span()
        rows.append((*row, interval))
    return Table('classes', f'By class; {drawn} drawn', tuple(columns), tuple(rows))


def difference_tables(
    predictions: Mapping[str, Labels],
    labels: Labels,
    num_classes: int,
    groups: Groups,
    name: str,
    title: str,
) -> list[Table]:
    """Return what fusion gains over each stream, the correction over the model as it was trained,
    and smoothing over single frames.

    Args:
        predictions: ``(N,)`` by stream; a number that is no class counts as wrong.
        labels: ``(N,)``.
        num_classes: C.
        groups: ``(N,)`` what is not independent of each other; see ``bootstrap``.
        name: Name of the table.
        title: Title of the table.
    """
    single = [stream for stream in predictions if not stream.startswith('smoothed')]
    base = 'fused' if 'fused' in single else single[-1]
    others = [s for s in single if s != base and (base == 'fused' or s == AS_TRAINED)]
    pairs = [(base, other) for other in others]
    pairs += [(kept, base) for kept in predictions if kept.startswith('smoothed')]
    if not pairs:
        return []
    rows = []
    for first, second in pairs:
        a, b = predictions[first], predictions[second]
        gain = bootstrap_gain(a, b, labels, groups)
        recall = bootstrap_recall_gain(a, b, labels, num_classes, groups)
        rows.append(
            (
                f'{first} - {second}',
                gain.value,
                gain.span(),
                recall.value,
                recall.span(),
                int(((a == labels) & (b != labels)).sum()),
                int(((a != labels) & (b == labels)).sum()),
            )
        )
    columns = (
        'streams',
        'accuracy, points',
        'accuracy interval',
        'unweighted recall, points',
        'recall interval',
        'right only the first',
        'right only the second',
    )
    return [Table(name, title, columns, tuple(rows))]
