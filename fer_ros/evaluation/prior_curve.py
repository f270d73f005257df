"""The figures of a model at each strength of ``prior_correction``."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from fer_ros.data.face_set import FaceSet
from fer_ros.evaluation.calibration import log_of
from fer_ros.evaluation.report import Table
from fer_ros.evaluation.stills import MANY_FACES, in_frequent_classes
from fer_ros.inference.classifier import softmax
from fer_ros.inference.config import TEMPERATURE
from fer_ros.inference.prior_correction import added_logits, offset_share
from fer_ros.metrics import measure, unweighted_recall
from fer_ros.structures import FloatArray

STRENGTHS = tuple(tenth / 10 for tenth in range(11))
COLUMNS = (
    'prior_correction',
    'accuracy',
    'unweighted recall',
    f'recall, classes of {MANY_FACES} faces and more',
    'mean of accuracy and that recall',
    'calibration error (0 to 1)',
)


def prior_curve(
    as_trained: FloatArray,
    faces: FaceSet,
    figures: Mapping[str, Any],
    offsets: FloatArray | float = 0.0,
) -> list[tuple[float, ...]]:
    """Return a row of figures, ``COLUMNS`` without the first, for each of ``STRENGTHS``.

    Args:
        as_trained: ``(N, C)`` probabilities without correction, in the classes of the faces.
        faces: N faces with labels.
        figures: Figures stored in the model file.
        offsets: ``(N, C)`` offsets of each face's classes, besides those in ``figures``.
    """
    labels, rows = faces.labels(), list[tuple[float, ...]]()
    frequent = in_frequent_classes(labels)
    for strength in STRENGTHS:
        # Correcting renormalised probabilities gives the same as renormalising corrected ones.
        logits = log_of(as_trained) + added_logits(faces.classes, figures, strength)
        logits += np.float32(offset_share(strength)) * offsets
        answered = softmax(logits / figures.get(TEMPERATURE, 1.0))
        found, predictions = measure(answered, labels, faces.classes), answered.argmax(axis=1)
        recall = float('nan')
        if frequent.any():
            recall = unweighted_recall(predictions[frequent], labels[frequent])
        rows.append(
            (
                found.accuracy,
                found.unweighted_recall,
                recall,
                (found.accuracy + recall) / 2,
                found.calibration_error,
            )
        )
    return rows


def prior_table(as_trained: FloatArray, faces: FaceSet, figures: Mapping[str, Any]) -> Table:
    """Return a table of the rows of ``prior_curve``."""
    rows = zip(STRENGTHS, prior_curve(as_trained, faces, figures), strict=True)
    return Table(
        'prior_corrections',
        'Figures by strength of prior_correction',
        COLUMNS,
        tuple((f'{strength:g}', *row) for strength, row in rows),
    )
