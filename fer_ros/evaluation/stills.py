"""Tables about faces that are judged one by one."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from fer_ros.data.face_set import FaceSet
from fer_ros.evaluation.report import Cell, Table
from fer_ros.metrics import (
    Labels,
    accuracy,
    bootstrap,
    bootstrap_accuracy,
    measure,
    unweighted_recall,
)
from fer_ros.structures import FloatArray


def still_tables(answers: Mapping[str, FloatArray], faces: FaceSet) -> list[Table]:
    """Return the figures of each stream, of each class, and what the streams differ by.

    Args:
        answers: ``(N, C)`` probabilities by stream, in the classes of the faces.
        faces: N faces with labels.
    """
    labels, groups = faces.labels(), faces.groups()
    return [
        stream_table(answers, labels, faces.classes, groups),
        class_table(answers, labels, faces.classes),
        *difference_tables(answers, labels, groups),
    ]


def stream_table(
    answers: Mapping[str, FloatArray],
    labels: Labels,
    classes: tuple[str, ...],
    groups: npt.NDArray[np.str_] | None,
) -> Table:
    """Return a row per stream with its figures and their intervals.

    Args:
        answers: ``(N, C)`` probabilities by stream.
        labels: ``(N,)``.
        classes: C names.
        groups: ``(N,)`` faces that are not independent of each other; see ``bootstrap``.
    """
    rows = []
    for stream, probabilities in answers.items():
        metrics = measure(probabilities, labels, classes)
        predictions = probabilities.argmax(axis=1)
        recall = bootstrap(unweighted_recall, predictions, labels, groups=groups)
        rows.append(
            (
                stream,
                metrics.accuracy,
                bootstrap_accuracy(predictions, labels, groups).span(),
                metrics.unweighted_recall,
                recall.span(),
                metrics.macro_f1,
                metrics.calibration_error,
            )
        )
    return Table(
        'streams',
        'Each face by itself, with 95 % bootstrap intervals',
        (
            'stream',
            'accuracy',
            'accuracy interval',
            'unweighted recall',
            'recall interval',
            'macro F1',
            'calibration error (0 to 1)',
        ),
        tuple(rows),
    )


def class_table(
    answers: Mapping[str, FloatArray], labels: Labels, classes: tuple[str, ...]
) -> Table:
    """Return a row per class: precision and recall of each stream, an interval for the last."""
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
            interval = bootstrap_accuracy(predictions[inside], labels[inside]).span()
        rows.append((*row, interval))
    return Table('classes', 'By class', tuple(columns), tuple(rows))


def difference_tables(
    answers: Mapping[str, FloatArray],
    labels: Labels,
    groups: npt.NDArray[np.str_] | None,
    name: str = 'differences',
    title: str = 'Difference of accuracy in points, paired bootstrap (95 %)',
) -> list[Table]:
    """Return what the fused model gains over each stream, on the same faces.

    Args:
        answers: ``(N, C)`` probabilities by stream.
        labels: ``(N,)``.
        groups: As in ``stream_table``.
        name: Of the table.
        title: Of the table.
    """
    if 'fused' not in answers or len(answers) < 2:
        return []
    fused = answers['fused'].argmax(axis=1)

    def gain(a: Labels, b: Labels, truth: Labels) -> float:
        return accuracy(a, truth) - accuracy(b, truth)

    rows = []
    for stream in (other for other in answers if other != 'fused'):
        other = answers[stream].argmax(axis=1)
        interval = bootstrap(gain, fused, other, labels, groups=groups)
        only_fused = int(((fused == labels) & (other != labels)).sum())
        only_other = int(((fused != labels) & (other == labels)).sum())
        rows.append((f'fused - {stream}', interval.value, interval.span(), only_fused, only_other))
    return [
        Table(
            name,
            title,
            ('streams', 'points', 'interval', 'right only fused', 'right only the other'),
            tuple(rows),
        )
    ]
