"""Tables about the effects of calibration and the confidence of a model.

A comparison of two models is fair only if neither gains from a better class prior: each gets the
temperature and class biases that suit it best, fitted on other faces than it is judged on.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from fer_ros.data.face_set import FaceSet
from fer_ros.evaluation.calibration import cross_entropy, cross_fitted, log_of, softmax
from fer_ros.evaluation.report import Cell, Table
from fer_ros.metrics import (
    Labels,
    bootstrap_accuracy,
    bootstrap_gain,
    bootstrap_recall_gain,
    calibration_error,
    measure,
    unweighted_recall,
)
from fer_ros.structures import FloatArray


def price_of_biases(logits: FloatArray, faces: FaceSet) -> str:
    """Return a sentence on what cross-fitted class biases change in accuracy and recall.

    Args:
        logits: ``(N, C)`` logits.
        faces: N faces with labels.
    """
    labels, groups, classes = faces.labels(), faces.groups(), len(faces.classes)
    before, after = logits.argmax(axis=1), cross_fitted(logits, labels, groups).argmax(axis=1)
    gain = bootstrap_gain(after, before, labels, groups)
    recall = bootstrap_recall_gain(after, before, labels, classes, groups)
    return (
        f'class biases, cross-fitted: accuracy {100 * gain.value:+.2f} points ({gain.span()}), '
        f'unweighted recall {100 * recall.value:+.2f} points ({recall.span()})'
    )


def fit_table(answers: Mapping[str, FloatArray], faces: FaceSet) -> Table:
    """Return a table of what cross-fitted temperature and class biases change.

    Args:
        answers: ``(N, C)`` probabilities by stream.
        faces: N faces with labels.
    """
    labels, groups, classes = faces.labels(), faces.groups(), len(faces.classes)
    rows: list[tuple[Cell, ...]] = []
    for stream, probabilities in answers.items():
        logits = log_of(probabilities)
        before = probabilities.argmax(axis=1)
        for name, kept in (
            ('as it answers', logits),
            ('temperature', cross_fitted(logits, labels, groups, biases=False)),
            ('temperature and class biases', cross_fitted(logits, labels, groups)),
        ):
            after = kept.argmax(axis=1)
            gain = bootstrap_gain(after, before, labels, groups)
            recall = bootstrap_recall_gain(after, before, labels, classes, groups)
            found = measure(softmax(kept).astype(np.float32), labels, faces.classes)
            rows.append(
                (
                    stream,
                    name,
                    found.accuracy,
                    gain.value,
                    gain.span(),
                    unweighted_recall(after, labels),
                    recall.value,
                    recall.span(),
                    found.calibration_error,
                    cross_entropy(kept, labels),
                )
            )
    return Table(
        'calibration_fit',
        'Temperature and class biases, fitted on four fifths and judged on the rest; '
        f'95 % bootstrap intervals over {faces.group_name()}',
        (
            'stream',
            'calibration',
            'accuracy',
            'more accuracy, points',
            'accuracy interval',
            'unweighted recall',
            'more recall, points',
            'recall interval',
            'calibration error (0 to 1)',
            'cross entropy (nats)',
        ),
        tuple(rows),
    )


def equal_tables(
    answers: Mapping[str, FloatArray],
    labels: Labels,
    num_classes: int,
    groups: npt.NDArray[Any] | None,
    name: str,
    title: str,
) -> list[Table]:
    """Return the gain of the fused model over the CNN if both are calibrated equally.

    Args:
        answers: ``(N, C)`` probabilities by stream.
        labels: ``(N,)`` class indices.
        num_classes: Number of classes C.
        groups: ``(N,)`` groups of dependent faces, which are calibrated by a fit to others.
        name: Name of the table.
        title: Beginning of the table's title.

    Returns:
        One table; none without both streams.
    """
    if not {'cnn', 'fused'} <= set(answers):
        return []
    kinds = {
        'as they answer': {s: answers[s].argmax(axis=1) for s in ('cnn', 'fused')},
        'equally calibrated': {
            s: cross_fitted(log_of(answers[s]), labels, groups).argmax(axis=1)
            for s in ('cnn', 'fused')
        },
    }
    rows: list[tuple[Cell, ...]] = []
    for kind, named in kinds.items():
        gain = bootstrap_gain(named['fused'], named['cnn'], labels, groups)
        recall = bootstrap_recall_gain(named['fused'], named['cnn'], labels, num_classes, groups)
        rows.append((kind, gain.value, gain.span(), recall.value, recall.span()))
    return [
        Table(
            name,
            f'{title}: fused - cnn in points, paired; temperature and class biases for both, '
            'cross-fitted (95 %)',
            (
                'calibration',
                'accuracy, points',
                'accuracy interval',
                'unweighted recall, points',
                'recall interval',
            ),
            tuple(rows),
        )
    ]


def agreement_table(
    probabilities: FloatArray, faces: FaceSet, agreed: npt.NDArray[np.bool_]
) -> Table:
    """Return a table of the model's confidence by whether most raters agree.

    Args:
        probabilities: ``(N, C)`` probabilities.
        faces: N faces whose targets are shares of raters.
        agreed: ``(N,)`` whether more than half of the raters chose the same class.
    """
    groups = faces.groups()
    rows: list[tuple[Cell, ...]] = []
    for name, chosen in (('agree', agreed), ('do not agree', ~agreed), ('all', agreed | True)):
        if not chosen.any():
            continue
        answered, targets = probabilities[chosen], faces.targets[chosen]
        labels, predictions = targets.argmax(axis=1), answered.argmax(axis=1)
        within = None if groups is None else groups[chosen]
        right = bootstrap_accuracy(predictions, labels, within)
        shares = targets[np.arange(len(targets)), predictions]
        confidence = answered.max(axis=1)
        rows.append(
            (
                name,
                len(labels),
                float(confidence.mean()),
                right.value,
                right.span(),
                float(shares.mean()),
                measure(answered, labels, faces.classes).calibration_error,
                calibration_error(confidence, shares),
            )
        )
    return Table(
        'agreement',
        'Confidence of the model, by whether most raters agree, compared with their first choice '
        'and with the share of them who agree with the model; 95 % bootstrap intervals over '
        f'{faces.group_name()}',
        (
            'raters',
            'faces',
            'confidence',
            'accuracy',
            'accuracy interval',
            'share of raters',
            'calibration error (0 to 1)',
            'calibration error against shares (0 to 1)',
        ),
        tuple(rows),
    )
