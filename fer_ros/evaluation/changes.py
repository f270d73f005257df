"""Smoothing while an expression is held, and when it changes, judged on clips of two stills.

Each clip shows a face of one class for a second and then a face of another class. The first second
gives the figures of an expression that is held; the first T seconds after the change give those of
an expression that changes every T seconds.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from fer_ros.data.face_set import FaceSet
from fer_ros.data.synthetic_clips import FADE_FRAMES, FRAMES, RATE_HZ, Still, synthetic_clip
from fer_ros.evaluation.predictions import answers_for, smoothed
from fer_ros.face.landmarks import LandmarkPredictor
from fer_ros.inference.classifier import Classifier
from fer_ros.metrics import Interval, Labels, bootstrap, bootstrap_sums, ratio
from fer_ros.progress import ProgressBar
from fer_ros.smoothing import SmoothingSettings
from fer_ros.structures import AlignedFace, FloatArray, Landmarks

# Times between changes for which the gain is computed.
CHANGE_EVERY_S = (2, 3)
# Images in a row in which the new class must be named, as one alone may be chance.
NAMED_IMAGES = 3
_MOST_CLIPS = 150
# Frames before the middle of the change.
_BEFORE = FRAMES
# The longest time between changes.
_AFTER = round(CHANGE_EVERY_S[-1] * RATE_HZ)


@dataclass(frozen=True, eq=False)
class ChangeClips:
    """M clips of T frames, and the answers of the model to single frames.

    Attributes:
        probabilities: ``(M, T, C)`` probabilities of single frames.
        before: ``(M,)`` class of the first still.
        after: ``(M,)`` class of the second still.
        groups: ``(M,)`` groups of dependent clips; see ``bootstrap``.
        group_name: Plural noun for the groups.
    """

    probabilities: FloatArray
    before: Labels
    after: Labels
    groups: npt.NDArray[Any]
    group_name: str

    def smoothed(self, settings: SmoothingSettings) -> FloatArray:
        """Return ``(M, T, C)`` the probabilities after smoothing."""
        clips, frames, _ = self.probabilities.shape
        rows = self.probabilities.reshape(clips * frames, -1)
        names = np.repeat(np.arange(clips), frames).astype(np.str_)
        stamps_s = np.tile(np.arange(frames) / RATE_HZ, clips)
        kept = smoothed(rows, names, stamps_s, settings)
        return kept.reshape(self.probabilities.shape)


@dataclass(frozen=True)
class ChangeFigures:
    """Figures of a smoother compared with single frames.

    Attributes:
        gain: Gain in accuracy while nothing changes.
        flicker_removed: Share of the changes of class that it removes while nothing changes.
        after_change: Gain in accuracy in the second after the middle of a change.
        lag_s: Median time from the middle of a change until the new class is named in
            ``NAMED_IMAGES`` images in a row.
        single_lag_s: The same for single frames.
        never_named: Share of the clips in which the new class is never named so.
        gain_at: Gain in accuracy with one change in each of ``CHANGE_EVERY_S``.
    """

    gain: Interval
    flicker_removed: Interval
    after_change: Interval
    lag_s: Interval
    single_lag_s: Interval
    never_named: float
    gain_at: tuple[Interval, ...]


def change_clips(classifier: Classifier, faces: FaceSet, severity: float) -> ChangeClips:
    """Return clips of faces that change, with the answers of a model.

    Args:
        classifier: The model; the stream that it is named after answers.
        faces: Stills with labels, of two classes or more.
        severity: Severity of the disturbances; see ``synthetic_pictures``.
    """
    labels, rng = faces.labels(), np.random.default_rng(0)
    first = rng.permutation(len(faces))[:_MOST_CLIPS]
    second = np.array([rng.choice(np.flatnonzero(labels != labels[index])) for index in first])
    stream, frames = classifier.config.stream, _BEFORE + _AFTER
    bar = ProgressBar(
        _frames(faces, first, second, classifier.config.crop_px, severity),
        f'changing clips, severity {severity:g}',
        len(first) * frames,
        unit='frame',
    )
    answers = answers_for(classifier, bar, [stream], faces.classes)[stream]
    groups = faces.groups()
    return ChangeClips(
        answers.reshape(len(first), frames, -1),
        labels[first],
        labels[second],
        first if groups is None else groups[first],
        faces.group_name(),
    )


def change_figures(clips: ChangeClips, kept: FloatArray) -> ChangeFigures:
    """Return the figures of a smoother.

    Args:
        clips: Clips with the answers to single frames.
        kept: ``(M, T, C)`` probabilities after smoothing.
    """
    change, single = _BEFORE, clips.probabilities.argmax(axis=2)
    named = kept.argmax(axis=2)
    # Up to the frame in which the change becomes visible.
    still = slice(0, change - FADE_FRAMES // 2)
    second = slice(change, change + round(RATE_HZ))
    lags, single_lags = (_lags_s(rows[:, change:], clips.after) for rows in (named, single))
    flips = np.stack([_flips(named[:, still]), _flips(single[:, still])], axis=1)
    return ChangeFigures(
        _gain(named[:, still], single[:, still], clips.before, clips.groups),
        bootstrap_sums(lambda sums: 1 - ratio(sums), flips, clips.groups),
        _gain(named[:, second], single[:, second], clips.after, clips.groups),
        bootstrap(_median, lags, groups=clips.groups),
        bootstrap(_median, single_lags, groups=clips.groups),
        float((lags >= _AFTER / RATE_HZ).mean()),
        tuple(
            _gain(named[:, change:end], single[:, change:end], clips.after, clips.groups)
            for end in (change + round(every_s * RATE_HZ) for every_s in CHANGE_EVERY_S)
        ),
    )


def _frames(
    faces: FaceSet,
    first: Sequence[int] | npt.NDArray[np.int64],
    second: npt.NDArray[np.int64],
    size_px: int,
    severity: float,
) -> Iterator[AlignedFace]:
    predictor = LandmarkPredictor()
    for number, (before, after) in enumerate(zip(first, second, strict=True)):
        stills = [
            Still(faces.images[index], Landmarks(faces.landmarks_px[index]), frames)
            for index, frames in ((before, _BEFORE), (after, _AFTER))
        ]
        rng = np.random.default_rng((0, number))
        yield from synthetic_clip(stills, size_px, rng, severity, predictor)


def _gain(named: Labels, single: Labels, labels: Labels, groups: npt.NDArray[Any]) -> Interval:
    """Return the paired gain in accuracy between two ``(M, T)`` arrays of answers."""
    more = (named == labels[:, None]).sum(axis=1) - (single == labels[:, None]).sum(axis=1)
    counts = np.stack([more, np.full(len(named), named.shape[1])], axis=1)
    return bootstrap_sums(ratio, counts, groups)


def _flips(named: Labels) -> Labels:
    flips: Labels = (named[:, 1:] != named[:, :-1]).sum(axis=1)
    return flips


def _lags_s(named: Labels, labels: Labels) -> npt.NDArray[np.float64]:
    """Return ``(M,)`` seconds until the class is named in ``NAMED_IMAGES`` frames in a row.

    If it never is, the value is the length of the clip after the change.
    """
    right = named == labels[:, None]
    last = right.shape[1] - NAMED_IMAGES + 1
    runs = np.logical_and.reduce([right[:, n : last + n] for n in range(NAMED_IMAGES)])
    return np.where(runs.any(axis=1), runs.argmax(axis=1), _AFTER) / RATE_HZ


def _median(lags_s: npt.NDArray[np.float64]) -> float:
    return float(np.percentile(lags_s, 50, method='lower'))
