"""Figures of a classifier, from labels and probabilities."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from fer_ros.structures import FloatArray

Labels = npt.NDArray[np.int64]

_RESAMPLES = 1000


@dataclass(frozen=True, eq=False)
class Metrics:
    """How a classifier did on a set of faces.

    Attributes:
        classes: C names.
        confusion: ``(C, C)`` counts; the row is the label, the column the prediction.
        calibration_error: Expected calibration error (Guo et al. 2017), 15 bins, in [0, 1].
    """

    classes: tuple[str, ...]
    confusion: Labels
    calibration_error: float

    @property
    def accuracy(self) -> float:
        """Share of faces whose most probable class is the label, in [0, 1]."""
        return float(np.trace(self.confusion) / max(self.confusion.sum(), 1))

    @property
    def recalls(self) -> npt.NDArray[np.float64]:
        """``(C,)`` recall of each class; NaN where the set has no face of it."""
        return _shares(np.diag(self.confusion), self.confusion.sum(axis=1))

    @property
    def precisions(self) -> npt.NDArray[np.float64]:
        """``(C,)`` precision of each class; NaN where none was predicted."""
        return _shares(np.diag(self.confusion), self.confusion.sum(axis=0))

    @property
    def unweighted_recall(self) -> float:
        """Mean of the recalls over the classes that occur; NaN without a face."""
        recalls = self.recalls
        occurs = ~np.isnan(recalls)
        return float(recalls[occurs].mean()) if occurs.any() else float('nan')

    @property
    def macro_f1(self) -> float:
        """Mean F1 over the classes that occur; NaN without a face."""
        hits = np.diag(self.confusion)
        labelled, predicted = self.confusion.sum(axis=1), self.confusion.sum(axis=0)
        scores = 2 * hits / np.maximum(labelled + predicted, 1)
        occurs = labelled > 0
        return float(scores[occurs].mean()) if occurs.any() else float('nan')


@dataclass(frozen=True)
class Interval:
    """A figure with its 95 % bootstrap interval (percentiles: Efron & Tibshirani 1993, ch. 13)."""

    value: float
    low: float
    high: float

    def span(self) -> str:
        """Return the interval as a text in per cent, like ``82.7 to 85.2``."""
        return f'{100 * self.low:.1f} to {100 * self.high:.1f}'


def measure(probabilities: FloatArray, labels: Labels, classes: tuple[str, ...]) -> Metrics:
    """Compare predictions with labels.

    Args:
        probabilities: ``(N, C)``.
        labels: ``(N,)`` class indices.
        classes: C names.
    """
    confusion = confusion_matrix(probabilities.argmax(axis=1), labels, len(classes))
    return Metrics(classes, confusion, _calibration_error(probabilities, labels))


def confusion_matrix(predictions: Labels, labels: Labels, num_classes: int) -> Labels:
    """Return ``(C, C)`` counts; the row is the label, the column the prediction."""
    pairs = np.bincount(labels * num_classes + predictions, minlength=num_classes**2)
    return pairs.reshape(num_classes, num_classes).astype(np.int64)


def accuracy(predictions: Labels, labels: Labels) -> float:
    """Return the share of predictions that are the label."""
    return float((predictions == labels).mean())


def unweighted_recall(predictions: Labels, labels: Labels) -> float:
    """Return the mean recall over the classes that occur."""
    classes = int(max(predictions.max(), labels.max())) + 1
    confusion = confusion_matrix(predictions, labels, classes)
    return Metrics(tuple(map(str, range(classes))), confusion, 0.0).unweighted_recall


def bootstrap(
    figure: Callable[..., float],
    *arrays: npt.NDArray[Any],
    groups: npt.NDArray[Any] | None = None,
    seed: int = 0,
) -> Interval:
    """Return a figure with its interval over resampled faces.

    Args:
        figure: Called with the arrays, and with the same rows of each, drawn with replacement.
        arrays: ``(N, …)`` each; a paired comparison passes both predictions.
        groups: ``(N,)`` what is drawn together, as the frames of a clip or the clips of an actor,
            which are not independent; faces alone when not given.
        seed: Of the draws.
    """
    rng = np.random.default_rng(seed)
    count = len(arrays[0])
    if groups is None:
        members = None
        units = count
    else:
        _, number = np.unique(groups, return_inverse=True)
        units = int(number.max()) + 1
        members = np.split(np.argsort(number, kind='stable'), np.cumsum(np.bincount(number))[:-1])
    values = []
    for _ in range(_RESAMPLES):
        drawn = rng.integers(0, units, units)
        if members is not None:
            drawn = np.concatenate([members[unit] for unit in drawn])
        values.append(figure(*(array[drawn] for array in arrays)))
    low, high = np.nanpercentile(values, (2.5, 97.5))
    return Interval(figure(*arrays), float(low), float(high))


def bootstrap_accuracy(
    predictions: Labels, labels: Labels, groups: npt.NDArray[Any] | None = None
) -> Interval:
    """Return what ``bootstrap`` does for the accuracy, quickly for any number of faces."""
    hits = (predictions == labels).astype(np.float64)
    if groups is None:
        return bootstrap(lambda drawn: float(drawn.mean()), hits)
    _, number = np.unique(groups, return_inverse=True)
    right, count = np.bincount(number, hits), np.bincount(number)
    return bootstrap(lambda a, b: float(a.sum() / b.sum()), right, count)


def flicker_hz(
    predictions: Labels, clips: npt.NDArray[Any], stamps_s: npt.NDArray[np.float64]
) -> float:
    """Return how often a second the predicted class changes within a clip.

    Args:
        predictions: ``(N,)``, frames of a clip together and in order of time.
        clips: ``(N,)`` to which clip each belongs.
        stamps_s: ``(N,)`` time of each.
    """
    same = clips[1:] == clips[:-1]
    seconds = float((stamps_s[1:] - stamps_s[:-1])[same].sum())
    changes = int(((predictions[1:] != predictions[:-1]) & same).sum())
    return changes / seconds if seconds > 0 else 0.0


def _shares(hits: Labels, counts: Labels) -> npt.NDArray[np.float64]:
    return np.where(counts > 0, hits / np.maximum(counts, 1), np.nan)


def _calibration_error(probabilities: FloatArray, labels: Labels, bins: int = 15) -> float:
    confidence = probabilities.max(axis=1)
    correct = probabilities.argmax(axis=1) == labels
    number = np.minimum((confidence * bins).astype(int), bins - 1)
    error = 0.0
    for index in range(bins):
        inside = number == index
        if inside.any():
            gap = abs(float(correct[inside].mean()) - float(confidence[inside].mean()))
            error += gap * float(inside.mean())
    return error
