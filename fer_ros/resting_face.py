"""RestingFaces: the usual expression of each face, taken for the one it has at rest."""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from fer_ros.structures import FloatArray

# An expression that is shown for a moment says little about a face at rest.
KNOWN_AFTER_S = 20.0
# A time in which a face is not seen says nothing about it.
_LONGEST_STEP_S = 1.0
# Below a thousandth, probabilities of single images are arbitrary, and their logarithms would
# outweigh those of the likely classes.
_LEAST = 1e-3


@dataclass
class _Mean:
    stamp_s: float
    known_s: float
    logits: FloatArray


class RestingFaces:
    """Means of each face's logits, from which a part is subtracted.

    Some faces look sad or angry at rest. The mean m of a face's logits over time is taken for its
    resting expression, once the face has been seen for ``KNOWN_AFTER_S``; logits z become z − a m.
    Logits are log p here, and those in the mean are of at least a thousandth. Whatever a person
    shows most of the time is lowered, a lasting smile included.
    """

    def __init__(self) -> None:
        self._means: dict[int, _Mean] = {}

    def update(self, face_id: int, probabilities: FloatArray, stamp_s: float) -> None:
        """Take one more image of a face into account.

        Args:
            face_id: Id of the face.
            probabilities: ``(C,)`` probabilities in this image alone.
            stamp_s: Acquisition time of the image in seconds, not decreasing per face.
        """
        logits = resting_logits(probabilities)
        past = self._means.get(face_id)
        if past is None:
            self._means[face_id] = _Mean(stamp_s, 0.0, logits)
            return
        step_s = min(stamp_s - past.stamp_s, _LONGEST_STEP_S)
        past.stamp_s = stamp_s
        past.known_s += step_s
        if past.known_s > 0:
            past.logits = past.logits + np.float32(step_s / past.known_s) * (logits - past.logits)

    def without(self, face_id: int, probabilities: FloatArray, share: float) -> FloatArray:
        """Return ``(C,)`` probabilities after a share of a face's mean is subtracted.

        Args:
            face_id: Id of the face; one that is not known for long enough is not changed.
            probabilities: ``(C,)`` probabilities.
            share: a, in [0, 1].
        """
        mean = self._means.get(face_id)
        if not share or mean is None or mean.known_s < KNOWN_AFTER_S:
            return probabilities
        return without_resting(probabilities, mean.logits, share)

    def keep(self, face_ids: Collection[int]) -> None:
        """Forget every face that is not among ``face_ids``."""
        for face_id in set(self._means) - set(face_ids):
            del self._means[face_id]

    def reset(self) -> None:
        """Forget every face."""
        self._means.clear()


def resting_logits(probabilities: FloatArray) -> FloatArray:
    """Return the ``(..., C)`` logits whose mean over images is a resting expression."""
    logits: FloatArray = np.log(np.maximum(probabilities, _LEAST))
    return logits.astype(np.float32)


def without_resting(probabilities: FloatArray, resting: FloatArray, share: float) -> FloatArray:
    """Return ``(..., C)`` probabilities after a share of a resting expression is subtracted.

    Args:
        probabilities: ``(..., C)`` probabilities.
        resting: ``(..., C)`` mean of ``resting_logits``.
        share: a, in [0, 1].
    """
    weighted = probabilities * np.exp(np.float32(-share) * resting)
    adapted: FloatArray = weighted / weighted.sum(axis=-1, keepdims=True)
    return adapted.astype(np.float32)
