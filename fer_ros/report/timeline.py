"""Timeline: the data behind a picture of a recording, independent of how it is drawn."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from fer_ros.analysis.emotion_log import EmotionLog
from fer_ros.analysis.emotion_series import EmotionSeries, Times, longest_gap_s
from fer_ros.analysis.label_intervals import Labels
from fer_ros.structures import FloatArray

# A face seen for a shorter time gets no row.
SHORTEST_S = 0.3
_MOST_ROWS = 12
# More points than this cannot be distinguished in a picture; neighbours are averaged.
_MOST_POINTS = 1200


class Span(NamedTuple):
    """A period with one emotion.

    Attributes:
        start_s: Start in seconds since the first image.
        end_s: End in seconds since the first image.
        emotion: Name of the class, ``uncertain`` or ``not judged``.
    """

    start_s: float
    end_s: float
    emotion: str


@dataclass(frozen=True, eq=False)
class TimelineRow:
    """The row of one face.

    Attributes:
        topic: Topic on which it was seen.
        face_id: Id of the face.
        times_s: ``(P,)`` times of the points to draw in seconds, NaN where the face was not seen.
        probabilities: ``(P, C)`` smoothed probabilities, NaN where the face was not seen or not
            judged.
        labels: Labels for this face alone.
        named: Emotions that were estimated.
    """

    topic: str
    face_id: int
    times_s: Times
    probabilities: FloatArray
    labels: tuple[Span, ...]
    named: tuple[Span, ...]


@dataclass(frozen=True, eq=False)
class Timeline:
    """Each face's probabilities over time, and the labels.

    Attributes:
        classes: Names of the C classes.
        end_s: End in seconds; above 0.
        topics: Number of recorded topics.
        labels: Labels without a face_id.
        rows: Rows of the faces that were seen longest, in order of appearance.
    """

    classes: tuple[str, ...]
    end_s: float
    topics: int
    labels: tuple[Span, ...]
    rows: tuple[TimelineRow, ...]


def make_timeline(log: EmotionLog) -> Timeline:
    """Return the timeline of all estimates."""
    seen = [one for one in log.series() if one.times_s[-1] - one.times_s[0] >= SHORTEST_S]
    seen.sort(key=lambda one: len(one.times_s), reverse=True)
    shown = sorted(seen[:_MOST_ROWS], key=lambda one: one.times_s[0])
    end_s = max(log.end_s, 1e-3)
    return Timeline(
        classes=log.classes,
        end_s=end_s,
        topics=len(log.topics),
        labels=_label_spans(log.labels, None, end_s),
        rows=tuple(_row(series, log, end_s) for series in shown),
    )


def _row(series: EmotionSeries, log: EmotionLog, end_s: float) -> TimelineRow:
    times_s, probabilities = _curve(series)
    return TimelineRow(
        topic=series.topic,
        face_id=series.face_id,
        times_s=times_s,
        probabilities=probabilities,
        labels=_label_spans(log.labels, series.face_id, end_s),
        named=tuple(
            Span(dwell.start_s, dwell.end_s, dwell.name(log.classes)) for dwell in series.dwells
        ),
    )


def _curve(series: EmotionSeries) -> tuple[Times, FloatArray]:
    times_s, values, gap_s = series.times_s, series.probabilities, series.gap_s
    size = -(-len(times_s) // _MOST_POINTS)
    if size > 1:
        starts = np.arange(0, len(times_s), size)
        counts = np.diff([*starts, len(times_s)])
        times_s = np.add.reduceat(times_s, starts) / counts
        values = (np.add.reduceat(values, starts) / counts[:, None]).astype(np.float32)
        gap_s = longest_gap_s(times_s)
    gaps = np.flatnonzero(np.diff(times_s) > gap_s) + 1
    return np.insert(times_s, gaps, np.nan), np.insert(values, gaps, np.nan, axis=0)


def _label_spans(labels: Labels | None, face_id: int | None, end_s: float) -> tuple[Span, ...]:
    """Return the labels with the given ``face_id``; ``None`` selects those without one."""
    if labels is None:
        return ()
    return tuple(
        Span(interval.start_s, min(interval.end_s, end_s), interval.emotion)
        for interval in labels.intervals
        if interval.start_s < end_s and interval.face_id == face_id
    )
