"""Per-face smoothing of probabilities over time that still follows sudden changes."""

import math
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from fer_ros.errors import SettingError, StampError
from fer_ros.structures import FloatArray

SMOOTHERS = ('following', 'average')


@dataclass(frozen=True)
class SmoothingSettings:
    """How probabilities are smoothed; the defaults were chosen on clips of the validation split.

    Attributes:
        smoother: ``following`` drops the past when an expression changes; ``average`` is a plain
            exponential average.
        time_constant_s: τ of the average in seconds, after which 63 % of a change has taken
            effect; 0 disables smoothing.
        recent_time_constant_s: τ in seconds of a second, shorter average that detects changes.
            If it is not shorter, ``following`` is the same as ``average``.
        change_threshold: Probability mass in [0, 1] by which the short average must differ from
            the long one to count as a change. After a sudden change from one certain class to
            another, averages of 0.3 and 0.09 s differ by up to 0.42; a higher threshold is never
            reached.
    """

    smoother: str = 'following'
    time_constant_s: float = 0.3
    recent_time_constant_s: float = 0.09
    change_threshold: float = 0.3

    def __post_init__(self) -> None:
        if self.smoother not in SMOOTHERS:
            raise SettingError(
                f'smoother is {self.smoother!r}, expected one of {", ".join(SMOOTHERS)}'
            )
        for name in ('time_constant_s', 'recent_time_constant_s'):
            value = getattr(self, name)
            if not value >= 0:
                raise SettingError(f'smoothing {name} is {value}, expected 0 s or more')
        if not 0 <= self.change_threshold <= 1:
            raise SettingError(
                f'smoothing change_threshold is {self.change_threshold}, expected 0 to 1'
            )


@dataclass
class _History:
    stamp_s: float
    average: FloatArray
    recent: FloatArray


class EmotionSmoother:
    """Blends each face's probabilities with its own past, based on the stamps of the images.

    The average is p ← p + (1 − exp(−Δt/τ)) (p_frame − p). It does not depend on the frame rate, as
    it would if images were counted. Long averages are stable but lag behind; short ones are quick
    but noisy. Like the 1 € filter for positions (Casiez et al. 2012), ``following`` adapts to the
    signal: it keeps a second, short average, and when the two differ by more than chance explains,
    in total variation ½ Σ |p − q|, the long average restarts from the short one.
    """

    def __init__(self, settings: SmoothingSettings | None = None) -> None:
        """Args:
        settings: Smoothing settings; may be replaced at any time, and apply from the next update.
        """
        self.settings = settings or SmoothingSettings()
        self._history: dict[int, _History] = {}

    def update(self, face_id: int, probabilities: FloatArray, stamp_s: float) -> FloatArray:
        """Blend one face's probabilities with its own past.

        Args:
            face_id: Id that selects the history; a new face starts with its own probabilities.
            probabilities: ``(C,)`` float32, summing to 1.
            stamp_s: Acquisition time of the image in seconds, not decreasing per face.

        Returns:
            ``(C,)`` float32, summing to 1.

        Raises:
            StampError: ``stamp_s`` precedes this face's last one.
        """
        past, settings = self._history.get(face_id), self.settings
        if past is None:
            self._history[face_id] = _History(stamp_s, probabilities, probabilities)
            return probabilities
        elapsed_s = stamp_s - past.stamp_s
        if elapsed_s < 0:
            raise StampError(f'face {face_id}: stamp {stamp_s} s precedes {past.stamp_s} s')
        past.stamp_s = stamp_s
        past.average = _moved(past.average, probabilities, elapsed_s, settings.time_constant_s)
        past.recent = _moved(
            past.recent, probabilities, elapsed_s, settings.recent_time_constant_s
        )
        # A recent average that is not the shorter one lags behind: nothing may restart from it.
        shorter = settings.recent_time_constant_s < settings.time_constant_s
        if settings.smoother == 'following' and shorter:
            difference = float(np.abs(past.average - past.recent).sum()) / 2
            if difference > settings.change_threshold:
                past.average = past.recent
        return past.average

    def last(self, face_id: int) -> FloatArray | None:
        """Return the result of a face's last update, or ``None`` if there was none."""
        past = self._history.get(face_id)
        return None if past is None else past.average

    def keep(self, face_ids: Collection[int]) -> None:
        """Forget every face that is not among ``face_ids``."""
        for face_id in set(self._history) - set(face_ids):
            del self._history[face_id]

    def reset(self) -> None:
        """Forget every face."""
        self._history.clear()


def _moved(
    average: FloatArray, probabilities: FloatArray, elapsed_s: float, time_constant_s: float
) -> FloatArray:
    """Return an exponential average after one more image."""
    if not time_constant_s > 0:
        return probabilities
    share = -math.expm1(-elapsed_s / time_constant_s)
    moved: FloatArray = (average + share * (probabilities - average)).astype(probabilities.dtype)
    return moved
