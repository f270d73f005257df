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
# The recall of a class with fewer faces is known to ten points at best.
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
    """Return tables of the figures by stream, by class, and of differences between streams.

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
            f'Paired differences between streams, in points; {kind}; 95 % bootstrap intervals '
            f'over {drawn}',
        )
    return tables


def stream_table(answers: Mapping[str, FloatArray], faces: FaceSet) -> Table:
    """Return a table with the figures of each stream and their intervals.

    If the photographs of some faces are also in the training data, each stream has another row
    for the remaining faces; if some classes have few faces, one for the classes that have many.

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
        f'Each face by itself; 95 % bootstrap intervals over {faces.group_name()}',
        (
            'stream',
            'which faces',
            'faces',
            *STREAM_COLUMNS,
        ),
        tuple(rows),
    )


def _kinds(faces: FaceSet) -> dict[str, npt.NDArray[np.bool_]]:
    """Return the subsets of faces that get their own figures, as masks by name."""
    everyone = np.ones(len(faces), np.bool_)
    kinds = {'all': everyone}
    if faces.seen.any() and not faces.seen.all():
        kinds['photographs never seen'] = ~faces.seen
    frequent = in_frequent_classes(faces.labels())
    if frequent.any() and not frequent.all():
        kinds[f'classes of {MANY_FACES} faces and more'] = frequent
    return kinds


def in_frequent_classes(labels: Labels) -> npt.NDArray[np.bool_]:
    """Return ``(N,)`` whether at least ``MANY_FACES`` faces have the same label."""
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
    """Return a table with precision and recall of each stream by class.

    Args:
        answers: ``(N, C)`` probabilities by stream; the last one gets intervals.
        labels: ``(N,)`` class indices.
        classes: C names.
        groups: ``(N,)`` groups of dependent faces; see ``bootstrap``.
        drawn: Plural noun for the groups.
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
    title = f'By class; 95 % bootstrap intervals over {drawn}'
    return Table('classes', title, tuple(columns), tuple(rows))


def difference_tables(
    predictions: Mapping[str, Labels],
    labels: Labels,
    num_classes: int,
    groups: Groups,
    name: str,
    title: str,
) -> list[Table]:
    """Return the gains of fusion over each stream, correction over none, smoothing over none.

    Args:
        predictions: ``(N,)`` class indices by stream; other numbers count as wrong.
        labels: ``(N,)`` class indices.
        num_classes: Number of classes C.
        groups: ``(N,)`` groups of dependent faces; see ``bootstrap``.
        name: Name of the table.
        title: Title of the table.

    Returns:
        One table; none if there is nothing to compare.
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
