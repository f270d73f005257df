"""What calibration brings and costs, and how sure a model is: tables of an evaluation.

Two models are compared fairly only when neither gains by leaning towards the right classes: each
gets the temperature and the class biases that suit it, fitted on other faces than are judged.
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
    measure,
    unweighted_recall,
)
from fer_ros.structures import FloatArray


def price_of_biases(logits: FloatArray, faces: FaceSet) -> str:
    """Return a sentence that says what class biases, cross-fitted, bring and cost.

    Args:
        logits: ``(N, C)``.
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
    """Return what temperature and class biases, cross-fitted, change: their price in recall.

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
        f'Temperature and class biases, fitted on four fifths and judged on the rest; '
        f'{faces.group_name()} drawn (95 %)',
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
    """Return what the fused model gains over the CNN when both have temperature and biases.

    Args:
        answers: ``(N, C)`` probabilities by stream.
        labels: ``(N,)``.
        num_classes: C.
        groups: ``(N,)`` what is not independent of each other; its calibration is fitted on
            others.
        name: Name of the table.
        title: Beginning of the table's title.
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
    """Return how sure a model is of faces on which raters agree and of those on which they do not.

    Args:
        probabilities: ``(N, C)``.
        faces: N faces whose targets are shares of raters.
        agreed: ``(N,)`` whether more than half of the raters say the same.
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
                _error_of_shares(confidence, shares),
            )
        )
    return Table(
        'agreement',
        'How sure the model is, by whether most raters agree: against their first choice, and '
        f'against the share of them who say the same as the model; {faces.group_name()} drawn '
        '(95 %)',
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


def _error_of_shares(confidence: FloatArray, shares: FloatArray, bins: int = 15) -> float:
    number = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = np.bincount(number, confidence - shares, minlength=bins)
    return float(np.abs(gaps).sum() / len(shares))
