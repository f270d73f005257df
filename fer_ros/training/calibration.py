"""Calibration of a trained model: temperature and the weights of its streams."""

from collections.abc import Sequence

import numpy as np

from fer_ros.evaluation.calibration import cross_entropy
from fer_ros.metrics import Labels
from fer_ros.structures import FloatArray

# Candidate temperatures, so fine that neighbours give the same figures.
_TEMPERATURES = np.geomspace(0.2, 5, 400)

# Candidate weights of each stream, each a tenth larger than the last.
_VOTES = np.geomspace(0.05, 4, 45)


def best_temperature(logits: FloatArray, labels: Labels) -> float:
    """Return the T that maximises the likelihood of the labels under softmax(logits / T).

    Temperature scaling (Guo et al. 2017, section 4.2).

    Args:
        logits: ``(N, C)`` logits.
        labels: ``(N,)`` class indices.
    """
    losses = [cross_entropy(logits / temperature, labels) for temperature in _TEMPERATURES]
    return float(_TEMPERATURES[int(np.argmin(losses))])


def calibrated_loss(logits: FloatArray, labels: Labels) -> float:
    """Return the mean cross entropy at the best temperature."""
    return cross_entropy(logits / best_temperature(logits, labels), labels)


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
