"""Makes a trained model's probabilities mean what they say."""

from collections.abc import Sequence

import numpy as np

from fer_ros.evaluation.calibration import cross_entropy
from fer_ros.metrics import Labels
from fer_ros.structures import FloatArray

# Temperatures that are tried, finely enough that the next one changes nothing.
_TEMPERATURES = np.geomspace(0.2, 5, 400)

# Weights that are tried for each stream, a tenth apart.
_VOTES = np.geomspace(0.05, 4, 45)


def best_temperature(logits: FloatArray, labels: Labels) -> float:
    """Return the T for which softmax(logits / T) gives the labels the highest likelihood.

    Temperature scaling (Guo et al. 2017, section 4.2).

    Args:
        logits: ``(N, C)``.
        labels: ``(N,)``.
    """
    losses = [cross_entropy(logits / temperature, labels) for temperature in _TEMPERATURES]
    return float(_TEMPERATURES[int(np.argmin(losses))])


def calibrated_loss(logits: FloatArray, labels: Labels) -> float:
    """Return the mean cross entropy with the labels at the best temperature."""
    return cross_entropy(logits / best_temperature(logits, labels), labels)


def best_votes(parts: Sequence[FloatArray], labels: Labels) -> FloatArray:
    """Return the weights with which a sum of two streams' logits makes the labels likeliest.

    Found on faces that the streams have not learned from: on those that they have, the one that
    knows them by heart would get too much (stacking, Wolpert 1992).

    Args:
        parts: ``(N, C)`` logits of each of the two.
        labels: ``(N,)``.
    """
    first, second = parts
    tried = [(a, b) for a in _VOTES for b in _VOTES]
    losses = [cross_entropy(a * first + b * second, labels) for a, b in tried]
    return np.array(tried[int(np.argmin(losses))], np.float32)
