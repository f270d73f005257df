"""The figures of a model at each strength of ``adapt_to_person``."""

import numpy as np

from fer_ros.data.face_set import FaceSet
from fer_ros.evaluation.report import Cell, Table
from fer_ros.metrics import bootstrap_gain, bootstrap_recall_gain
from fer_ros.resting_face import resting_logits, without_resting
from fer_ros.structures import FloatArray

STRENGTHS = (0.1, 0.2, 0.3, 0.5, 1.0)
# The mean of fewer other pictures is that of an expression rather than of a person.
LEAST_OTHERS = 2


def resting_table(stream: str, probabilities: FloatArray, faces: FaceSet) -> Table | None:
    """Return a table of what it brings to subtract the mean of a person's other pictures.

    A node takes the mean over time, in which people are mostly at rest. Here it is over pictures,
    which may all be of expressions.

    Args:
        stream: Name of the stream that answered.
        probabilities: ``(N, C)`` probabilities.
        faces: N faces with labels.

    Returns:
        None if nobody is known to be in ``LEAST_OTHERS`` pictures and another.
    """
    if not len(faces.subjects):
        return None
    _, person, counts = np.unique(faces.subjects, return_inverse=True, return_counts=True)
    judged = (counts > LEAST_OTHERS)[person]
    if not judged.any():
        return None
    logits = resting_logits(probabilities)
    sums = np.zeros((len(counts), logits.shape[1]), np.float32)
    np.add.at(sums, person, logits)
    kept = person[judged]
    others = (counts[kept] - 1).astype(np.float32)
    resting: FloatArray = (sums[kept] - logits[judged]) / others[:, None]
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
        f'person; the {len(labels)} pictures of people in {LEAST_OTHERS + 1} and more; paired '
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
