"""Figures of a classifier, from labels and probabilities."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fer_ros.structures import FloatArray

Labels = npt.NDArray[np.int64]


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
        counts = self.confusion.sum(axis=1)
        return np.where(counts > 0, np.diag(self.confusion) / np.maximum(counts, 1), np.nan)

    @property
    def unweighted_recall(self) -> float:
        """Mean of the recalls over the classes that occur."""
        return float(np.nanmean(self.recalls))

    @property
    def macro_f1(self) -> float:
        """Mean F1 over the classes that occur."""
        hits = np.diag(self.confusion)
        labelled, predicted = self.confusion.sum(axis=1), self.confusion.sum(axis=0)
        scores = 2 * hits / np.maximum(labelled + predicted, 1)
        return float(scores[labelled > 0].mean())


def measure(probabilities: FloatArray, labels: Labels, classes: tuple[str, ...]) -> Metrics:
    """Compare predictions with labels.

    Args:
        probabilities: ``(N, C)``.
        labels: ``(N,)`` class indices.
        classes: C names.
    """
    confusion = np.zeros((len(classes), len(classes)), np.int64)
    np.add.at(confusion, (labels, probabilities.argmax(axis=1)), 1)
    return Metrics(classes, confusion, _calibration_error(probabilities, labels))


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
