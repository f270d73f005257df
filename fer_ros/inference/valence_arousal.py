"""Valence and arousal, derived from the probabilities of the classes."""

from collections.abc import Sequence

import numpy as np

from fer_ros.structures import FloatArray

# Mean ratings of pleasure and arousal, from -1 to 1, of the terms behind the classes: Russell &
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
    """How pleasant and how excited a face looks, as far as its class tells.

    The mean of the classes' ``COORDINATES``, weighted by their probabilities. It is derived: no
    model has learned valence or arousal, and a weak expression differs from a strong one only as
    far as the model is less sure of it.

    Attributes:
        names: Of the measures; none where a class has no coordinates.
    """

    def __init__(self, classes: Sequence[str]) -> None:
        """Args:
        classes: C names, in the order of the probabilities.
        """
        known = set(classes) <= set(COORDINATES)
        self.names = ('valence', 'arousal') if known else ()
        self._coordinates = np.array([COORDINATES[name] for name in classes if known], np.float32)

    def of(self, probabilities: FloatArray) -> FloatArray:
        """Return the measures, in the order of ``names``; NaN where there are no probabilities.

        Args:
            probabilities: ``(C,)`` float32, summing to 1; ``(0,)`` of a face never judged.
        """
        if not len(probabilities):
            return np.full(len(self.names), np.nan, np.float32)
        if not self.names:
            return np.empty(0, np.float32)
        return np.asarray(probabilities @ self._coordinates, np.float32)
