"""Metrics of a classifier, from labels and probabilities."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from fer_ros.structures import FloatArray

Labels = npt.NDArray[np.int64]

_RESAMPLES = 1000
# Of the calibration error.
_BINS = 15


@dataclass(frozen=True, eq=False)
class Metrics:
    """Results of a classifier on a set of faces.

    Attributes:
        classes: Names of the C classes.
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
        """``(C,)`` precision of each class; NaN where it was never predicted."""
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
        """Return the interval as text in percent, such as ``82.7 to 85.2``; ``-`` if unknown."""
        if np.isnan(self.low):
            return '-'
        return f'{100 * self.low:.1f} to {100 * self.high:.1f}'


def measure(probabilities: FloatArray, labels: Labels, classes: tuple[str, ...]) -> Metrics:
    """Compare predictions with labels.

    Args:
        probabilities: ``(N, C)``.
        labels: ``(N,)`` class indices.
        classes: Names of the C classes.
    """
    predictions = probabilities.argmax(axis=1)
    confusion = confusion_matrix(predictions, labels, len(classes))
    error = calibration_error(probabilities.max(axis=1), predictions == labels)
    return Metrics(classes, confusion, error)


def calibration_error(confidence: FloatArray, right: npt.NDArray[Any]) -> float:
    """Return the expected calibration error; see ``Metrics``.

    Args:
        confidence: ``(N,)`` probability of each prediction.
        right: ``(N,)`` whether the prediction is the label, or the share of raters who say so.
    """
    number = np.minimum((confidence * _BINS).astype(int), _BINS - 1)
    gaps = np.bincount(number, confidence - right, minlength=_BINS)
    return float(np.abs(gaps).sum() / max(len(right), 1))


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
) -> Interval:
    """Return a figure with its interval over resampled faces.

    For figures that are not a function of sums, such as a median; otherwise ``bootstrap_sums`` is
    faster.

    Args:
        figure: Called with the arrays themselves, then with the same rows of each, drawn with
            replacement.
        arrays: ``(N, …)`` each; a paired comparison passes both predictions.
        groups: ``(N,)`` group of each face; the faces of a group, such as a clip or an actor, are
            not independent and are drawn together. By default, faces are drawn singly. From a
            single group nothing can be said about others: the ends of the interval are NaN.
    """
    rng = np.random.default_rng(0)
    _, number = np.unique(_groups(groups, len(arrays[0])), return_inverse=True)
    members = np.split(np.argsort(number, kind='stable'), np.cumsum(np.bincount(number))[:-1])
    if len(members) < 2:
        return Interval(figure(*arrays), float('nan'), float('nan'))
    values = []
    for _ in range(_RESAMPLES):
        drawn = rng.integers(0, len(members), len(members))
        rows = np.concatenate([members[unit] for unit in drawn])
        values.append(figure(*(array[rows] for array in arrays)))
    low, high = np.nanpercentile(values, (2.5, 97.5))
    return Interval(figure(*arrays), float(low), float(high))


def bootstrap_sums(
    figure: Callable[[npt.NDArray[Any]], npt.NDArray[Any]],
    counts: npt.NDArray[Any],
    groups: npt.NDArray[Any] | None = None,
) -> Interval:
    """Return a figure computed from sums over faces, with its interval; see ``bootstrap``.

    Args:
        figure: Called with ``(…, K)`` sums, one row per resample; returns ``(…)``.
        counts: ``(N, K)`` contribution of each face to the sums, e.g. from ``recall_counts``.
        groups: ``(N,)`` group of each face; see ``bootstrap``.
    """
    _, number = np.unique(_groups(groups, len(counts)), return_inverse=True)
    units = int(number.max(initial=-1)) + 1
    if not units:
        return Interval(float('nan'), float('nan'), float('nan'))
    sums = np.zeros((units, counts.shape[1]))
    np.add.at(sums, number, counts)
    times = np.random.default_rng(0).multinomial(units, np.full(units, 1 / units), _RESAMPLES)
    with np.errstate(invalid='ignore', divide='ignore'):
        values = figure(times @ sums)
        value = float(figure(sums.sum(axis=0)))
    # Of a single group, every draw is the same.
    values = values[~np.isnan(values)] if units > 1 else values[:0]
    low, high = np.percentile(values, (2.5, 97.5)) if len(values) else (np.nan, np.nan)
    return Interval(value, float(low), float(high))


def hit_counts(predictions: Labels, labels: Labels) -> npt.NDArray[np.float64]:
    """Return ``(N, 2)``: 1 for a correct prediction, and 1; ``ratio`` turns sums into the
    accuracy.
    """
    hits = predictions == labels
    return np.stack([hits, np.ones(len(hits))], axis=1).astype(np.float64)


def recall_counts(
    predictions: Labels, labels: Labels, num_classes: int
) -> npt.NDArray[np.float64]:
    """Return ``(N, 2 C)`` hits and faces by class; ``mean_recall`` turns sums into the unweighted
    recall.
    """
    member = np.eye(num_classes)[labels]
    return np.concatenate([member * (predictions == labels)[:, None], member], axis=1)


def ratio(sums: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return the first of ``(…, 2)`` sums divided by the second."""
    share: npt.NDArray[Any] = sums[..., 0] / sums[..., 1]
    return share


def mean_recall(sums: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return the mean recall over the classes that occur from ``(…, 2 C)`` sums of
    ``recall_counts``.
    """
    hits, faces = np.split(sums, 2, axis=-1)
    shares = np.where(faces > 0, hits / np.maximum(faces, 1), 0)
    mean: npt.NDArray[Any] = shares.sum(axis=-1) / (faces > 0).sum(axis=-1)
    return mean


def bootstrap_accuracy(
    predictions: Labels, labels: Labels, groups: npt.NDArray[Any] | None = None
) -> Interval:
    """Return the accuracy with its interval; see ``bootstrap``."""
    return bootstrap_sums(ratio, hit_counts(predictions, labels), groups)


def bootstrap_recall(
    predictions: Labels,
    labels: Labels,
    num_classes: int,
    groups: npt.NDArray[Any] | None = None,
) -> Interval:
    """Return the unweighted recall with its interval; see ``bootstrap``."""
    return bootstrap_sums(mean_recall, recall_counts(predictions, labels, num_classes), groups)


def bootstrap_gain(
    first: Labels,
    second: Labels,
    labels: Labels,
    groups: npt.NDArray[Any] | None = None,
) -> Interval:
    """Return by how much the accuracy of the first predictions exceeds that of the second.

    Paired: both are measured on the same draws; see ``bootstrap``.
    """
    counts = hit_counts(first, labels)
    counts[:, 0] -= second == labels
    return bootstrap_sums(ratio, counts, groups)


def bootstrap_recall_gain(
    first: Labels,
    second: Labels,
    labels: Labels,
    num_classes: int,
    groups: npt.NDArray[Any] | None = None,
) -> Interval:
    """Return by how much the unweighted recall of the first exceeds that of the second, paired."""
    counts = recall_counts(first, labels, num_classes)
    counts[:, :num_classes] -= recall_counts(second, labels, num_classes)[:, :num_classes]
    return bootstrap_sums(mean_recall, counts, groups)


def _groups(groups: npt.NDArray[Any] | None, count: int) -> npt.NDArray[Any]:
    return np.arange(count) if groups is None else groups


def flicker_hz(
    predictions: Labels, clips: npt.NDArray[Any], stamps_s: npt.NDArray[np.float64]
) -> float:
    """Return how many times per second the predicted class changes within a clip.

    Args:
        predictions: ``(N,)`` predicted classes, frames of a clip together and in order of time.
        clips: ``(N,)`` clip of each frame.
        stamps_s: ``(N,)`` time of each frame in seconds.
    """
    same = clips[1:] == clips[:-1]
    seconds = float((stamps_s[1:] - stamps_s[:-1])[same].sum())
    changes = int(((predictions[1:] != predictions[:-1]) & same).sum())
    return changes / seconds if seconds > 0 else 0.0


def _shares(hits: Labels, counts: Labels) -> npt.NDArray[np.float64]:
    return np.where(counts > 0, hits / np.maximum(counts, 1), np.nan)
