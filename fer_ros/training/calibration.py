"""What a training fits to validation answers: their loss once calibrated, and stream weights."""

from collections.abc import Sequence

import numpy as np

from fer_ros.evaluation.calibration import cross_entropy, fit_calibration
from fer_ros.metrics import Labels
from fer_ros.structures import FloatArray

# Candidate weights of each stream, each a tenth larger than the last.
_VOTES = np.geomspace(0.05, 4, 45)


def calibrated_loss(logits: FloatArray, labels: Labels) -> float:
    """Return the mean cross entropy at the best temperature."""
    return cross_entropy(fit_calibration(logits, labels, biases=False)(logits), labels)


def best_votes(parts: Sequence[FloatArray], labels: Labels) -> FloatArray:
    """Return the two weights with which the sum of two streams' logits makes the labels likeliest.

    Use faces that the streams were not trained on (stacking, Wolpert 1992); on training faces, an
    overfitted stream would get too large a weight.

    Args:
        parts: ``(N, C)`` logits of each of the two streams.
        labels: ``(N,)`` class indices.
    """
    first, second = parts
    tried = [(a, b) for a in _VOTES for b in _VOTES]
    losses = [cross_entropy(a * first + b * second, labels) for a, b in tried]
    return np.array(tried[int(np.argmin(losses))], np.float32)
