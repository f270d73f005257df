"""Tables about the frames of clips and the gain from temporal smoothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from fer_ros.data.face_set import FaceSet
from fer_ros.data.synthetic_clips import FRAMES, RATE_HZ, clips_of_stills
from fer_ros.evaluation.calibration_tables import equal_tables
from fer_ros.evaluation.predictions import answers_for, smoothed, stream_to_smooth
from fer_ros.evaluation.report import Table
from fer_ros.evaluation.stills import difference_tables
from fer_ros.inference.classifier import Classifier
from fer_ros.metrics import (
    Labels,
    bootstrap_accuracy,
    bootstrap_gain,
    bootstrap_recall,
    flicker_hz,
)
from fer_ros.progress import ProgressBar
from fer_ros.smoothing import SmoothingSettings
from fer_ros.structures import FloatArray

# Highest number of stills to make clips of; finding landmarks in each frame takes long.
MOST_STILLS = 1000
# Time constants for comparison with the chosen one.
TIME_CONSTANTS_S = (0.1, 0.2, 0.3, 0.5, 0.8, 1.2, 2.0)


@dataclass(frozen=True, eq=False)
class Frames:
    """The frames of some clips; those of a clip are consecutive and in order of time.

    Attributes:
        labels: ``(N,)`` class indices.
        clips: ``(N,)`` name of the clip of each frame.
        stamps_s: ``(N,)`` time of each frame.
        groups: ``(N,)`` groups of dependent frames, each of one or more clips.
        group_name: Plural noun for the groups.
        num_classes: Number of classes of the labels.
    """

    labels: Labels
    clips: npt.NDArray[np.str_]
    stamps_s: npt.NDArray[np.float64]
    groups: npt.NDArray[Any]
    group_name: str
    num_classes: int

    @classmethod
    def of_clips(cls, faces: FaceSet) -> 'Frames':
        """Return the frames of faces that come from clips."""
        groups = faces.groups()
        return cls(
            faces.labels(),
            faces.clips,
            faces.stamps_s,
            faces.clips if groups is None else groups,
            faces.group_name(),
            len(faces.classes),
        )

    @classmethod
    def of_stills(cls, faces: FaceSet) -> 'Frames':
        """Return the frames of clips that are made of stills, ``FRAMES`` of each."""
        groups = faces.groups()
        return cls(
            np.repeat(faces.labels(), FRAMES),
            np.repeat(np.arange(len(faces)), FRAMES).astype(np.str_),
            np.tile(np.arange(FRAMES) / RATE_HZ, len(faces)),
            np.repeat(np.arange(len(faces)) if groups is None else groups, FRAMES),
            faces.group_name(),
            len(faces.classes),
        )


def frame_tables(
    answers: Mapping[str, FloatArray], frames: Frames, smoothing: SmoothingSettings
) -> list[Table]:
    """Return tables of the figures per frame, of single and of smoothed frames.

    Args:
        answers: ``(N, C)`` probabilities of single frames by stream, in the classes of the faces.
        frames: Labels, clips and times of the frames.
        smoothing: Settings of the smoothing; the plain average and other time constants are shown
            for comparison.
    """
    rows = [_row(stream, probabilities, frames) for stream, probabilities in answers.items()]
    last = stream_to_smooth(answers)
    kept = {
        name: smoothed(answers[last], frames.clips, frames.stamps_s, chosen)
        for name, chosen in (
            ('smoothed', smoothing),
            ('smoothed, plain average', replace(smoothing, smoother='average')),
        )
    }
    rows += [_row(name, probabilities, frames) for name, probabilities in kept.items()]
    return [
        Table(
            'frames',
            f'Each frame of a clip; smoothed: {last} with a time constant of '
            f'{smoothing.time_constant_s} s, {smoothing.smoother}; '
            f'95 % bootstrap intervals over {frames.group_name}',
            (
                'stream',
                'accuracy',
                'accuracy interval',
                'unweighted recall',
                'recall interval',
                'flicker (changes/s)',
            ),
            tuple(rows),
        ),
        *difference_tables(
            {s: p.argmax(axis=1) for s, p in {**answers, **kept}.items()},
            frames.labels,
            frames.num_classes,
            frames.groups,
            'frame_differences',
            'Paired differences between streams on the frames, in points; 95 % bootstrap '
            f'intervals over {frames.group_name}',
        ),
        *equal_tables(
            answers,
            frames.labels,
            frames.num_classes,
            frames.groups,
            'frame_equal_calibration',
            f'Gain from the graph on the frames; bootstrap over {frames.group_name}',
        ),
        Table(
            'time_constants',
            f'Time constants of the smoothing of {last}',
            (
                'time constant (s)',
                'accuracy',
                'points over single frames',
                'interval',
                'flicker (changes/s)',
                'flicker removed',
            ),
            tuple(
                _time_constant_row(
                    replace(smoothing, time_constant_s=value), answers[last], frames
                )
                for value in sorted({*TIME_CONSTANTS_S, smoothing.time_constant_s})
            ),
        ),
    ]


def synthetic_tables(
    classifier: Classifier,
    faces: FaceSet,
    streams: Sequence[str],
    smoothing: SmoothingSettings,
    severity: float,
) -> tuple[str, list[Table]]:
    """Return a sentence about clips made of stills, and tables of the figures on them.

    Args:
        classifier: The model.
        faces: Stills with labels.
        streams: Streams that answer for each frame.
        smoothing: Settings of the smoothing.
        severity: Severity of the clips.
    """
    size_px = classifier.config.crop_px
    chosen = np.random.default_rng(0).permutation(len(faces))[:MOST_STILLS]
    faces = faces.select(chosen)
    bar = ProgressBar(
        clips_of_stills(faces, size_px, severity),
        'synthetic clips',
        len(faces) * FRAMES,
        unit='frame',
    )
    answers = answers_for(classifier, bar, streams, faces.classes)
    note = (
        f'The clips are synthetic: each of {len(faces)} stills is shown for {FRAMES} frames at '
        f'{RATE_HZ:.0f} Hz while seeded random walks vary position, scale, roll, brightness and '
        f'blur, with noise and short occlusions (severity {severity:g}); landmarks are found in '
        'each frame. Expressions do not change.'
    )
    return note, frame_tables(answers, Frames.of_stills(faces), smoothing)


def _row(
    stream: str, probabilities: FloatArray, frames: Frames
) -> tuple[str, float, str, float, str, float]:
    predictions = probabilities.argmax(axis=1)
    right = bootstrap_accuracy(predictions, frames.labels, frames.groups)
    recall = bootstrap_recall(predictions, frames.labels, frames.num_classes, frames.groups)
    return (
        stream,
        right.value,
        right.span(),
        recall.value,
        recall.span(),
        flicker_hz(predictions, frames.clips, frames.stamps_s),
    )


def _time_constant_row(
    smoothing: SmoothingSettings, probabilities: FloatArray, frames: Frames
) -> tuple[float, float, float, str, float, float]:
    single = probabilities.argmax(axis=1)
    kept = smoothed(probabilities, frames.clips, frames.stamps_s, smoothing).argmax(axis=1)
    gain = bootstrap_gain(kept, single, frames.labels, frames.groups)
    before = flicker_hz(single, frames.clips, frames.stamps_s)
    after = flicker_hz(kept, frames.clips, frames.stamps_s)
    return (
        smoothing.time_constant_s,
        float((kept == frames.labels).mean()),
        gain.value,
        gain.span(),
        after,
        1 - after / before if before else 0.0,
    )
