"""Calibration: a temperature and class biases, fitted jointly."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from fer_ros.metrics import Labels
from fer_ros.structures import FloatArray

_PARTS = 5
_STEPS = 50
# Weight of the squared deviations of scale and biases; keeps the bias of a rare class finite.
_RIDGE = 1e-3
# Scales that logits may get. Those of a model that has learned nothing would become 0 or negative.
_SCALES = (0.2, 5.0)


@dataclass(frozen=True, eq=False)
class Calibration:
    """Multiplies logits by ``scale``, an inverse temperature, and adds ``biases``."""

    scale: float
    biases: npt.NDArray[np.float64]

    def __call__(self, logits: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
        """Return ``(N, C)`` calibrated logits."""
        calibrated: npt.NDArray[np.float64] = self.scale * logits + self.biases
        return calibrated


def fit_calibration(
    logits: FloatArray, labels: Labels, biases: bool = True, ridge: float = _RIDGE
) -> Calibration:
    """Return the calibration that maximises the likelihood of the labels.

    Temperature scaling (Guo et al. 2017, section 4.2) with a bias for each class ("bias-corrected
    temperature scaling": Alexandari et al. 2020), fitted by Newton's method. The scale stays
    between 0.2 and 5; at a bound, the biases are those that suit it.

    Args:
        logits: ``(N, C)`` logits or logarithms of probabilities.
        labels: ``(N,)`` class indices.
        biases: Whether to fit biases besides the temperature.
        ridge: Weight of the squared deviations of scale and biases from 1 and 0.
    """
    count, classes = logits.shape
    z = np.asarray(logits, np.float64)
    # One column for the scale, one for each bias.
    inputs = np.concatenate([z[:, :, None], np.tile(np.eye(classes), (count, 1, 1))], axis=2)
    inputs = inputs if biases else inputs[:, :, :1]
    prior = np.zeros(inputs.shape[2])
    prior[0] = 1.0
    parameters = likeliest(inputs, labels, prior, ridge)
    scale = float(np.clip(parameters[0], *_SCALES))
    found = parameters[1:] if biases else np.zeros(classes)
    if biases and scale != parameters[0]:
        found = likeliest(inputs[:, :, 1:], labels, prior[1:], ridge, fixed=scale * z)
    return Calibration(scale, found - found.mean())


def likeliest(
    inputs: npt.NDArray[np.float64],
    labels: Labels,
    prior: npt.NDArray[np.float64],
    ridge: float = _RIDGE,
    fixed: npt.NDArray[np.float64] | float = 0.0,
) -> npt.NDArray[np.float64]:
    """Return the ``(K,)`` parameters of logits ``fixed + inputs @ parameters`` under which the
    labels are likeliest, by Newton's method.

    Args:
        inputs: ``(N, C, K)``: d logits / d parameters.
        labels: ``(N,)``.
        prior: ``(K,)`` parameters to begin with, and to stay near.
        ridge: Weight of the square of the distance from ``prior``.
        fixed: ``(N, C)`` part of the logits that does not depend on the parameters.
    """
    count, classes, size = inputs.shape
    target = np.eye(classes)[labels]
    parameters = prior.copy()

    def loss(tried: npt.NDArray[np.float64]) -> float:
        away = tried - prior
        return cross_entropy(fixed + inputs @ tried, labels) + ridge / 2 * float(away @ away)

    for _ in range(_STEPS):
        p = softmax(fixed + inputs @ parameters)
        gradient = np.einsum('nc,nck->k', p - target, inputs) / count
        gradient += ridge * (parameters - prior)
        mean = np.einsum('nc,nck->nk', p, inputs)
        hessian = np.einsum('nc,nck,ncl->kl', p, inputs, inputs, optimize=True) - mean.T @ mean
        step = np.linalg.solve(hessian / count + ridge * np.eye(size), gradient)
        # Far from the minimum a whole step can lead away from it.
        while loss(parameters - step) > loss(parameters) and np.abs(step).max() > 1e-9:
            step = step / 2
        parameters = parameters - step
        if np.abs(step).max() < 1e-8:
            break
    return parameters


def cross_fitted(
    logits: FloatArray,
    labels: Labels,
    groups: npt.NDArray[Any] | None,
    biases: bool = True,
) -> npt.NDArray[np.float64]:
    """Return logits that are each calibrated by a fit to other faces (cross-fitting).

    Args:
        logits: ``(N, C)`` logits.
        labels: ``(N,)`` class indices.
        groups: ``(N,)`` groups of dependent faces, which are kept in one part; None for none.
        biases: Whether to fit class biases; see ``fit_calibration``.
    """
    result = np.array(logits, np.float64)
    _, number = np.unique(
        np.arange(len(labels)) if groups is None else groups, return_inverse=True
    )
    part = np.random.default_rng(0).permutation(int(number.max(initial=-1)) + 1)[number] % _PARTS
    for index in range(_PARTS):
        inside = part == index
        if inside.any() and not inside.all():
            fitted = fit_calibration(logits[~inside], labels[~inside], biases)
            result[inside] = fitted(result[inside])
    return result


def log_of(probabilities: FloatArray) -> FloatArray:
    """Return logarithms of probabilities, which are logits up to a constant per face."""
    logarithms: FloatArray = np.log(np.maximum(probabilities, 1e-12))
    return logarithms


def softmax(logits: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """Return ``(N, C)`` probabilities of ``(N, C)`` logits, in float64 if these are."""
    shifted = np.exp(logits - logits.max(axis=-1, keepdims=True))
    probabilities: npt.NDArray[np.float64] = shifted / shifted.sum(axis=-1, keepdims=True)
    return probabilities


def cross_entropy(logits: npt.NDArray[Any], labels: Labels) -> float:
    """Return the mean cross entropy in nats of ``(N, C)`` logits against ``(N,)`` labels."""
    # Not from the probability, which is 0 for a class that the model does not know.
    shifted = logits - logits.max(axis=-1, keepdims=True)
    sums = np.log(np.exp(shifted).sum(axis=-1))
    return float((sums - shifted[np.arange(len(labels)), labels]).mean())
