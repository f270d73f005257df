"""Per-face exponential moving average, in seconds; forgets faces that left."""

import math
from collections.abc import Collection

from fer_ros.errors import SettingError, StampError
from fer_ros.structures import FloatArray

# Of those that were tried on synthetic clips of the validation split, the one that gains most.
TIME_CONSTANT_S = 0.3


class EmotionSmoother:
    """p ← p + (1 − exp(−Δt/τ)) (p_frame − p), per face, with Δt from image stamps.

    The result does not depend on the frame rate, as it would if images were counted.
    """

    def __init__(self, time_constant_s: float = TIME_CONSTANT_S) -> None:
        """Args:
        time_constant_s: τ, the time in which 63 % of a change has arrived; 0 is no smoothing.

        Raises:
            SettingError: ``time_constant_s`` is negative.
        """
        self._history: dict[int, tuple[float, FloatArray]] = {}
        self.time_constant_s = time_constant_s

    @property
    def time_constant_s(self) -> float:
        """τ; a new value holds from the next update on."""
        return self._time_constant_s

    @time_constant_s.setter
    def time_constant_s(self, value: float) -> None:
        if not value >= 0:
            raise SettingError(f'smoothing time constant is {value}, allowed are 0 s and more')
        self._time_constant_s = value

    def update(self, face_id: int, probabilities: FloatArray, stamp_s: float) -> FloatArray:
        """Blend one face's probabilities with its own past.

        Args:
            face_id: Selects the history; a new face starts with what it shows.
            probabilities: ``(C,)`` float32, summing to 1.
            stamp_s: Acquisition time of the image in seconds, not decreasing per face.

        Returns:
            ``(C,)`` float32, summing to 1.

        Raises:
            StampError: ``stamp_s`` precedes this face's last one.
        """
        smoothed = probabilities
        if face_id in self._history:
            last_s, last = self._history[face_id]
            if stamp_s < last_s:
                raise StampError(f'face {face_id}: stamp {stamp_s} s precedes {last_s} s')
            if self._time_constant_s > 0:
                share = -math.expm1(-(stamp_s - last_s) / self._time_constant_s)
                smoothed = (last + share * (probabilities - last)).astype(probabilities.dtype)
        self._history[face_id] = stamp_s, smoothed
        return smoothed

    def keep(self, face_ids: Collection[int]) -> None:
        """Forget every face that is not among ``face_ids``."""
        for face_id in set(self._history) - set(face_ids):
            del self._history[face_id]

    def reset(self) -> None:
        """Forget every face."""
        self._history.clear()
