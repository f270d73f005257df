"""Tables about faces that are judged one by one."""

from collections.abc import Mapping

from fer_ros.data.face_set import FaceSet
from fer_ros.evaluation_report import Table
from fer_ros.metrics import Labels, accuracy, bootstrap, measure, unweighted_recall
from fer_ros.structures import FloatArray


def still_tables(answers: Mapping[str, FloatArray], faces: FaceSet) -> list[Table]:
    """Return the figures of each stream, of each class, and what the streams differ by.

    Args:
        answers: ``(N, C)`` probabilities by stream, in the classes of the faces.
        faces: N faces with labels.
    """
    return [
        stream_table(answers, faces),
        class_table(answers, faces),
        *difference_tables(answers, faces.labels()),
    ]


def stream_table(answers: Mapping[str, FloatArray], faces: FaceSet) -> Table:
    """Return a row per stream with its figures and their intervals."""
    labels = faces.labels()
    rows = []
    for stream, probabilities in answers.items():
        metrics = measure(probabilities, labels, faces.classes)
        predictions = probabilities.argmax(axis=1)
        rows.append(
            (
                stream,
                metrics.accuracy,
                bootstrap(accuracy, predictions, labels).span(),
                metrics.unweighted_recall,
                bootstrap(unweighted_recall, predictions, labels).span(),
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


def class_table(answers: Mapping[str, FloatArray], faces: FaceSet) -> Table:
    """Return a row per class with the precision and recall of each stream."""
    labels = faces.labels()
    measured = {
        stream: measure(probabilities, labels, faces.classes)
        for stream, probabilities in answers.items()
    }
    columns = ['class', 'faces']
    for stream in measured:
        columns += [f'{stream} precision', f'{stream} recall']
    rows = []
    for index, name in enumerate(faces.classes):
        row: list[str | int | float] = [name, int((labels == index).sum())]
        for metrics in measured.values():
            row += [float(metrics.precisions[index]), float(metrics.recalls[index])]
        rows.append(tuple(row))
    return Table('classes', 'By class', tuple(columns), tuple(rows))


def difference_tables(answers: Mapping[str, FloatArray], labels: Labels) -> list[Table]:
    """Return what the fused model gains over each stream, on the same faces."""
    if 'fused' not in answers or len(answers) < 2:
        return []
    fused = answers['fused'].argmax(axis=1)

    def gain(a: Labels, b: Labels, truth: Labels) -> float:
        return accuracy(a, truth) - accuracy(b, truth)

    rows = []
    for stream in (name for name in answers if name != 'fused'):
        other = answers[stream].argmax(axis=1)
        interval = bootstrap(gain, fused, other, labels)
        only_fused = int(((fused == labels) & (other != labels)).sum())
        only_other = int(((fused != labels) & (other == labels)).sum())
        rows.append((f'fused - {stream}', interval.value, interval.span(), only_fused, only_other))
    return [
        Table(
            'differences',
            'Difference of accuracy in points, paired bootstrap (95 %)',
            ('streams', 'points', 'interval', 'right only fused', 'right only the other'),
            tuple(rows),
        )
    ]
