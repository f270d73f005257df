"""The figures of a model at each strength of ``adapt_to_person``."""

from typing import Any

import numpy as np
import numpy.typing as npt

from fer_ros.data.face_set import FaceSet
from fer_ros.evaluation.report import Cell, Table
from fer_ros.metrics import bootstrap_gain, bootstrap_recall_gain
from fer_ros.resting_face import resting_logits, without_resting
from fer_ros.structures import FloatArray

STRENGTHS = (0.1, 0.2, 0.3, 0.5, 1.0)
# The mean of fewer other pictures is that of an expression rather than of a person.
LEAST_OTHERS = 2


def resting_table(stream: str, probabilities: FloatArray, faces: FaceSet) -> Table | None:
    """Return what is gained by subtracting the mean of a person's other pictures.

    A node takes the mean over time, in which people are mostly at rest. Here it is over pictures,
    which may all be of expressions. Frames of the same clip, which show the same expression, are
    not among the others.

    Args:
        stream: Name of the stream that answered.
        probabilities: ``(N, C)`` probabilities.
        faces: N faces with labels.

    Returns:
        None if no picture has ``LEAST_OTHERS`` others of the same person.
    """
    if not len(faces.subjects):
        return None
    logits = resting_logits(probabilities)
    clips = faces.clips if len(faces.clips) else np.arange(len(faces))
    sums, counts = _sums(logits, faces.subjects)
    clip_sums, clip_counts = _sums(logits, clips)
    judged = counts - clip_counts >= LEAST_OTHERS
    if not judged.any():
        return None
    others = (counts - clip_counts)[judged].astype(np.float32)
    resting: FloatArray = (sums - clip_sums)[judged] / others[:, None]
    labels, subjects = faces.labels()[judged], faces.subjects[judged]
    before = probabilities[judged].argmax(axis=1)
    rows: list[tuple[Cell, ...]] = []
    for strength in STRENGTHS:
        after = without_resting(probabilities[judged], resting, strength).argmax(axis=1)
        gain = bootstrap_gain(after, before, labels, subjects)
        recall = bootstrap_recall_gain(after, before, labels, len(faces.classes), subjects)
        figures = (float((after == labels).mean()), gain.value, gain.span())
        rows.append((f'{strength:g}', *figures, recall.value, recall.span()))
    return Table(
        'adapt_to_person',
        f'By strength of adapt_to_person ({stream}), with the mean of the other pictures of a '
        f'person; the {len(labels)} pictures that have {LEAST_OTHERS} others or more; paired '
        'gains over 0, 95 % bootstrap intervals over subjects',
        (
            'adapt_to_person',
            'accuracy',
            'accuracy gained, points',
            'accuracy interval',
            'unweighted recall gained, points',
            'recall interval',
        ),
        tuple(rows),
    )


def _sums(
    logits: FloatArray, groups: npt.NDArray[Any]
) -> tuple[FloatArray, npt.NDArray[np.int64]]:
    """Return for each face the ``(N, C)`` sum and ``(N,)`` number of the faces of its group."""
    _, number, counts = np.unique(groups, return_inverse=True, return_counts=True)
    sums = np.zeros((len(counts), logits.shape[1]), np.float32)
    np.add.at(sums, number, logits)
    return sums[number], counts[number]
