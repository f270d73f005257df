"""PriorCorrection: a model's logits → those that are answered, without its training's lean."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from fer_ros.errors import SettingError
from fer_ros.inference.classifier import Classifier
from fer_ros.inference.config import FREQUENCIES, TEMPERATURE
from fer_ros.structures import FloatArray, ModelInput

# Chosen by ``python -m benchmarks.prior_correction``; see the model card.
DEFAULT_STRENGTH = 0.4
# Stream of ``CorrectedClassifier``: the model's own, without correction and temperature.
AS_TRAINED = 'as trained'


class PriorCorrection:
    """Takes out of logits how often the training has drawn each class.

    A model learns p(class | face) under the frequencies of its training, which are not those in
    front of a robot: with the logits z, their frequencies π, a strength s and a temperature T, it
    is answered by (z − s log π) / T. That is logit adjustment (Menon et al. 2021, eq. 9; Saerens
    et al. 2002, eq. 2.4) followed by temperature scaling (Guo et al. 2017). T is the model's own,
    fitted at ``DEFAULT_STRENGTH`` on faces that are disturbed as a camera disturbs them.
    """

    def __init__(self, classifier: Classifier, strength: float = DEFAULT_STRENGTH) -> None:
        """Args:
        classifier: The model, whose file says π and T.
        strength: s, in [0, 1]. 0: as trained; 1: as if all classes were equally likely.

        Raises:
            SettingError: ``strength`` is not allowed, or the file does not say π.
        """
        if not 0 <= strength <= 1:
            raise SettingError(f'prior_correction is {strength}, expected 0 to 1')
        if strength and FREQUENCIES not in classifier.figures:
            raise SettingError(
                f'prior_correction is {strength}, but model {classifier.path} does not say how '
                'often its training drew each class: set prior_correction to 0, or train it again'
            )
        self.strength = strength
        self.temperature = float(classifier.figures.get(TEMPERATURE, 1.0))
        taken_out = strength * log_frequencies(classifier.config.classes, classifier.figures)
        self._taken_out: FloatArray = taken_out.astype(np.float32)

    def __call__(self, logits: FloatArray) -> FloatArray:
        """Return the ``(B, C)`` logits that are answered, from those of the model."""
        answered = (logits - self._taken_out) / self.temperature
        return answered.astype(np.float32)


class CorrectedClassifier:
    """A classifier that answers as the node does; it also tells what it would say as trained."""

    def __init__(self, base: Classifier, strength: float = DEFAULT_STRENGTH) -> None:
        """Args and errors are as for ``PriorCorrection``."""
        self.base, self.correction = base, PriorCorrection(base, strength)
        self.path, self.name = base.path, base.name
        self.config, self.figures = base.config, base.figures
        self.streams = (AS_TRAINED, *base.streams)

    def logits(self, batch: ModelInput) -> FloatArray:
        """Return ``(B, C)`` float32 in the order of ``config.classes``."""
        return self.correction(self.base.logits(batch))

    def stream_logits(self, batch: ModelInput) -> dict[str, FloatArray]:
        """Return what ``logits`` does, for each of ``streams``."""
        logits = self.base.stream_logits(batch)
        corrected = {name: self.correction(rows) for name, rows in logits.items()}
        return {AS_TRAINED: logits[self.config.stream], **corrected}


def log_frequencies(classes: Sequence[str], figures: Mapping[str, Any]) -> FloatArray:
    """Return ``(C,)`` log π of some classes, by the figures of a model's file; 0 if unknown."""
    known = figures.get(FREQUENCIES, {})
    return np.log(np.array([known.get(name, 1.0) for name in classes], np.float32))


def default_strength(classifier: Classifier) -> float:
    """Return ``DEFAULT_STRENGTH``, or 0 for a model whose frequencies are not known."""
    return DEFAULT_STRENGTH if FREQUENCIES in classifier.figures else 0.0
