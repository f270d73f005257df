"""Valence and arousal, derived from the probabilities of the classes."""

from collections.abc import Sequence

import numpy as np

from fer_ros.structures import FloatArray

# Mean ratings of pleasure and arousal, from -1 to 1, for the terms after the classes: Russell &
# Mehrabian (1977), Evidence for a three-factor theory of emotions, Journal of Research in
# Personality 11, 273-294. Neutral is the middle of both scales.
COORDINATES: dict[str, tuple[float, float]] = {
    'neutral': (0.0, 0.0),
    # happy
    'happiness': (0.81, 0.51),
    # surprised
    'surprise': (0.40, 0.67),
    # sad
    'sadness': (-0.63, -0.27),
    # angry
    'anger': (-0.51, 0.59),
    # disgusted
    'disgust': (-0.60, 0.35),
    # fearful
    'fear': (-0.64, 0.60),
    # contemptuous
    'contempt': (-0.24, 0.31),
}


class ValenceArousal:
    """How pleasant and how aroused a face looks, estimated from its class probabilities.

    The mean of the classes' ``COORDINATES``, weighted by their probabilities. These are derived
    measures: no model has learned valence or arousal, and a weak expression differs from a strong
    one only in that the model is less certain of it.

    Attributes:
        names: Names of the measures; empty if a class has no coordinates.
    """

    def __init__(self, classes: Sequence[str]) -> None:
        """Args:
        classes: C names, in the order of the probabilities.
        """
        known = set(classes) <= set(COORDINATES)
        self.names = ('valence', 'arousal') if known else ()
        self._coordinates = np.array([COORDINATES[name] for name in classes if known], np.float32)

    def of(self, probabilities: FloatArray) -> FloatArray:
        """Return the measures in the order of ``names``; NaN if there are no probabilities.

        Args:
            probabilities: ``(C,)`` float32, summing to 1; ``(0,)`` for a face never classified.
        """
        if not len(probabilities):
            return np.full(len(self.names), np.nan, np.float32)
        if not self.names:
            return np.empty(0, np.float32)
        return np.asarray(probabilities @ self._coordinates, np.float32)
