"""Figures of estimates that need no labels: rates, coverage, dwell times, flicker."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fer_ros.analysis.emotion_log import EmotionLog
from fer_ros.analysis.emotion_series import Dwell, EmotionSeries, Times

# Reported in place of an emotion; see ``Dwell.name``.
_WITHOUT = ('uncertain', 'not judged')


@dataclass(frozen=True)
class TopicFigures:
    """Figures of one topic's images.

    Attributes:
        images: Number of images.
        duration_s: Seconds from the first image to the last.
        rate_hz: Rate by the median time between images; ``None`` for a single image.
        longest_gap_s: Longest time between two images in seconds.
        coverage: Share of images that show a face, in [0, 1].
    """

    images: int
    duration_s: float
    rate_hz: float | None
    longest_gap_s: float
    coverage: float


@dataclass(frozen=True)
class FaceFigures:
    """Figures of one face.

    Attributes:
        topic: Topic on which it was seen.
        face_id: Id of the face.
        images: Number of images that show it.
        first_s: Time of the first of these images in seconds.
        last_s: Time of the last of these images in seconds.
        seen_s: Seconds for which it was in view in between.
        emotion: Class with the highest mean probability; empty if the face was never judged.
        shares: Shares of the time in view by reported emotion, ``uncertain`` or ``not judged``;
            largest first, zeros left out.
        flicker_per_min: Changes of emotion per minute in view.
    """

    topic: str
    face_id: int
    images: int
    first_s: float
    last_s: float
    seen_s: float
    emotion: str
    shares: dict[str, float]
    flicker_per_min: float


@dataclass(frozen=True)
class EmotionFigures:
    """Figures of one emotion.

    Attributes:
        share: Share of the time that faces were in view, in [0, 1]; of the
            appearances if each is a single image.
        times: Number of times a face began to show it.
        mean_dwell_s: Mean duration in seconds.
        longest_dwell_s: Longest duration in seconds.
    """

    share: float
    times: int
    mean_dwell_s: float
    longest_dwell_s: float


@dataclass(frozen=True)
class Behaviour:
    """Figures of a whole recording.

    Attributes:
        images: Number of images.
        duration_s: Seconds from the first image to the last.
        coverage: Share of images that show a face, in [0, 1].
        no_face_share: Share of images without a face.
        faces_per_image: Mean number of faces per image.
        most_faces: Largest number of faces in one image.
        flicker_per_min: Changes of emotion per minute of a face in view.
        topics: Figures of the topics by name.
        faces: Figures of the faces by topic, then by ``face_id``.
        emotions: Figures of the emotions that were reported, by class; also ``uncertain`` and
            ``not judged``.
    """

    images: int
    duration_s: float
    coverage: float
    no_face_share: float
    faces_per_image: float
    most_faces: int
    flicker_per_min: float
    topics: dict[str, TopicFigures]
    faces: tuple[FaceFigures, ...]
    emotions: dict[str, EmotionFigures]


def seen_longest(faces: Sequence[FaceFigures]) -> list[FaceFigures]:
    """Return faces in the order of how long they were seen, the longest first."""
    # Not by the number of images alone: cameras differ in their rates.
    return sorted(faces, key=lambda face: (-face.seen_s, -face.images))


def measure_behaviour(log: EmotionLog) -> Behaviour:
    """Return the behaviour in a log."""
    every = [dwell for series in log.series() for dwell in series.dwells]
    seen_s = sum(dwell.length_s for dwell in every)
    faces = log.image_faces
    lengths_s: dict[str, list[float]] = {name: [] for name in (*log.classes, *_WITHOUT)}
    for dwell in every:
        lengths_s[dwell.name(log.classes)].append(dwell.length_s)
    return Behaviour(
        images=len(faces),
        duration_s=_span_s(log.image_times_s),
        coverage=_share(faces > 0),
        no_face_share=_share(faces == 0),
        faces_per_image=float(faces.mean()) if len(faces) else 0.0,
        most_faces=int(faces.max(initial=0)),
        flicker_per_min=_flicker_per_min(every),
        topics={name: _topic(log, index) for index, name in enumerate(log.topics)},
        faces=tuple(_face(series, log.classes) for series in log.series()),
        emotions={
            name: _emotion(found, seen_s, len(every)) for name, found in lengths_s.items() if found
        },
    )


def _topic(log: EmotionLog, index: int) -> TopicFigures:
    rows = log.image_topics == index
    times_s = log.image_times_s[rows]
    gaps = np.diff(times_s)
    return TopicFigures(
        images=int(rows.sum()),
        duration_s=_span_s(times_s),
        rate_hz=float(1 / np.median(gaps)) if len(gaps) and np.median(gaps) > 0 else None,
        longest_gap_s=float(gaps.max()) if len(gaps) else 0.0,
        coverage=_share(log.image_faces[rows] > 0),
    )


def _face(series: EmotionSeries, classes: tuple[str, ...]) -> FaceFigures:
    mean = series.mean_probabilities
    return FaceFigures(
        topic=series.topic,
        face_id=series.face_id,
        images=len(series.times_s),
        first_s=float(series.times_s[0]),
        last_s=float(series.times_s[-1]),
        seen_s=series.seen_s,
        emotion=classes[int(mean.argmax())] if len(mean) else '',
        shares=_shares(series, classes),
        flicker_per_min=_flicker_per_min(series.dwells),
    )


def _shares(series: EmotionSeries, classes: tuple[str, ...]) -> dict[str, float]:
    seen_s = series.seen_s
    shares = dict.fromkeys((*classes, *_WITHOUT), 0.0)
    for dwell in series.dwells:
        name = dwell.name(classes)
        # For a face in a single image, the time in view is unknown.
        shares[name] += dwell.length_s / seen_s if seen_s else 1 / len(series.dwells)
    ordered = sorted(shares.items(), key=lambda one: -one[1])
    return {name: share for name, share in ordered if share > 0}


def _emotion(lengths_s: Sequence[float], seen_s: float, dwells: int) -> EmotionFigures:
    return EmotionFigures(
        # If each appearance is a single image, the time in view is unknown.
        share=sum(lengths_s) / seen_s if seen_s else len(lengths_s) / dwells,
        times=len(lengths_s),
        mean_dwell_s=float(np.mean(lengths_s)),
        longest_dwell_s=max(lengths_s),
    )


def _share(chosen: npt.NDArray[np.bool_]) -> float:
    return float(chosen.mean()) if len(chosen) else 0.0


def _span_s(times_s: Times) -> float:
    return float(times_s.max() - times_s.min()) if len(times_s) else 0.0


def _flicker_per_min(dwells: Sequence[Dwell]) -> float:
    seen_s = sum(dwell.length_s for dwell in dwells)
    return 60 * sum(dwell.changed for dwell in dwells) / seen_s if seen_s > 0 else 0.0
