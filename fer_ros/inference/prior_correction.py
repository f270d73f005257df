"""PriorCorrection: adapts a model's logits to people outside its training data."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from fer_ros.errors import SettingError
from fer_ros.inference.classifier import Classifier
from fer_ros.inference.config import FREQUENCIES, OFFSETS, TEMPERATURE
from fer_ros.structures import FloatArray, ModelInput

# Chosen by ``python -m benchmarks.prior_correction``; see the model card.
DEFAULT_STRENGTH = 0.4
# Stream of ``CorrectedClassifier``: the model's own logits, without correction and temperature.
AS_TRAINED = 'as trained'


class PriorCorrection:
    """Adapts a model's logits to people outside its training data.

    A model learns p(class | face) under the class frequencies π of its training. In front of a
    robot they differ, and strangers show some classes less clearly. The logits z become
    (z − s log π + r b) / T: logit adjustment with a strength s (Menon et al. 2021, eq. 9; Saerens
    et al. 2002, eq. 2.4), class offsets b ("bias-corrected temperature scaling": Alexandari et al.
    2020) and temperature scaling (Guo et al. 2017). b belongs to the model; it is fitted to its
    logits as trained, on people outside the training data, by ``benchmarks.prior_correction``. T
    also belongs to the model; it is fitted at ``DEFAULT_STRENGTH`` on faces with the disturbances
    that a camera causes. r = min(s / ``DEFAULT_STRENGTH``, 1).
    """

    def __init__(self, classifier: Classifier, strength: float = DEFAULT_STRENGTH) -> None:
        """Args:
        classifier: Model whose file contains π, and perhaps b and T.
        strength: s, in [0, 1]. 0: the classes are those of the model as trained.

        Raises:
            SettingError: ``strength`` is not allowed, or the file does not contain π.
        """
        if not 0 <= strength <= 1:
            raise SettingError(f'prior_correction is {strength}, expected 0 to 1')
        if strength and FREQUENCIES not in classifier.figures:
            raise SettingError(
                f'prior_correction is {strength}, but model {classifier.path} does not state how '
                'often its training drew each class: set prior_correction to 0, or train it again'
            )
        self.strength = strength
        self.temperature = float(classifier.figures.get(TEMPERATURE, 1.0))
        self._added = added_logits(classifier.config.classes, classifier.figures, strength)

    def __call__(self, logits: FloatArray) -> FloatArray:
        """Return the corrected ``(B, C)`` logits for those of the model."""
        corrected = (logits + self._added) / self.temperature
        return corrected.astype(np.float32)


class CorrectedClassifier:
    """A classifier with the corrected logits that the node uses, and those as trained."""

    def __init__(self, base: Classifier, strength: float = DEFAULT_STRENGTH) -> None:
        """Arguments and errors as for ``PriorCorrection``."""
        self.base, self.correction = base, PriorCorrection(base, strength)
        self.path, self.name = base.path, base.name
        self.config, self.figures = base.config, base.figures
        self.streams = (AS_TRAINED, *base.streams)

    def logits(self, batch: ModelInput) -> FloatArray:
        """Return ``(B, C)`` float32 in the order of ``config.classes``."""
        return self.correction(self.base.logits(batch))

    def stream_logits(self, batch: ModelInput) -> dict[str, FloatArray]:
        """Return logits as ``logits`` does for each of ``streams``."""
        logits = self.base.stream_logits(batch)
        corrected = {name: self.correction(rows) for name, rows in logits.items()}
        return {AS_TRAINED: logits[self.config.stream], **corrected}


def added_logits(
    classes: Sequence[str], figures: Mapping[str, Any], strength: float
) -> FloatArray:
    """Return the ``(C,)`` float32 that ``PriorCorrection`` adds before it divides by T.

    Args:
        classes: C classes; those that the model does not know get 0.
        figures: Figures stored in the model file.
        strength: s, in [0, 1].
    """
    offsets = figures.get(OFFSETS, {})
    known = np.array([offsets.get(name, 0.0) for name in classes], np.float32)
    share = offset_share(strength)
    added: FloatArray = share * known - strength * log_frequencies(classes, figures)
    return added.astype(np.float32)


def offset_share(strength: float) -> float:
    """Return r, the share of the class offsets that ``PriorCorrection`` adds at a strength."""
    return min(strength / DEFAULT_STRENGTH, 1.0)


def log_frequencies(classes: Sequence[str], figures: Mapping[str, Any]) -> FloatArray:
    """Return ``(C,)`` log π of some classes from the figures of a model; 0 where unknown."""
    known = figures.get(FREQUENCIES, {})
    return np.log(np.array([known.get(name, 1.0) for name in classes], np.float32))


def default_strength(classifier: Classifier) -> float:
    """Return ``DEFAULT_STRENGTH``, or 0 for a model whose class frequencies are unknown."""
    return DEFAULT_STRENGTH if FREQUENCIES in classifier.figures else 0.0
