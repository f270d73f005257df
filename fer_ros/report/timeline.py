"""Timeline: the data behind a picture of a recording, independent of how it is drawn."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from fer_ros.analysis.emotion_log import EmotionLog
from fer_ros.analysis.emotion_series import EmotionSeries, Times
from fer_ros.analysis.label_intervals import LabelInterval, non_overlapping_rows
from fer_ros.messages.image_transport import base_topic
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


class TopicLabels(NamedTuple):
    """Labels without a face_id.

    Attributes:
        topic: Topic to which they apply; empty for all topics.
        rows: Labels that do not overlap within a row; simultaneous ones are in several rows.
    """

    topic: str
    rows: tuple[tuple[Span, ...], ...]


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
        labels: Labels without a face_id, by topic.
        rows: Rows of the faces that were seen longest, in order of appearance.
        faces: Number of faces that were seen, with a row or not.
    """

    classes: tuple[str, ...]
    end_s: float
    topics: int
    labels: tuple[TopicLabels, ...]
    rows: tuple[TimelineRow, ...]
    faces: int


def make_timeline(log: EmotionLog) -> Timeline:
    """Return the timeline of all estimates."""
    seen = [one for one in log.series() if one.times_s[-1] - one.times_s[0] >= SHORTEST_S]
    # Not by the number of images alone: cameras differ in their rates.
    seen.sort(key=lambda one: (one.seen_s, len(one.times_s)), reverse=True)
    shown = sorted(seen[:_MOST_ROWS], key=lambda one: one.times_s[0])
    end_s = max(log.end_s, 1e-3)
    return Timeline(
        classes=log.classes,
        end_s=end_s,
        topics=len(log.topics),
        labels=tuple(_labels_without_face(log, end_s)),
        rows=tuple(_row(series, log, end_s) for series in shown),
        faces=len(log.series()),
    )


def _row(series: EmotionSeries, log: EmotionLog, end_s: float) -> TimelineRow:
    times_s, probabilities = _curve(series)
    return TimelineRow(
        topic=series.topic,
        face_id=series.face_id,
        times_s=times_s,
        probabilities=probabilities,
        labels=_spans(_labels(log, series.topic, series.face_id, end_s), end_s),
        named=tuple(
            Span(dwell.start_s, dwell.end_s, dwell.name(log.classes)) for dwell in series.dwells
        ),
    )


def _curve(series: EmotionSeries) -> tuple[Times, FloatArray]:
    times_s, values = series.times_s, series.probabilities
    size = -(-len(times_s) // _MOST_POINTS)
    # Neighbours are averaged within each period in view, never across an absence.
    begins = np.flatnonzero(np.diff(times_s) > series.gap_s) + 1
    periods = np.split(np.arange(len(times_s)), begins)
    starts = np.concatenate([period[::size] for period in periods])
    gaps = np.searchsorted(starts, begins)
    if size > 1:
        counts = np.diff([*starts, len(times_s)])
        judged = ~np.isnan(values[:, :1])
        known = np.add.reduceat(judged, starts, dtype=np.int64)
        sums = np.add.reduceat(np.where(judged, values, 0), starts)
        times_s = np.add.reduceat(times_s, starts) / counts
        values = np.where(known > 0, sums / np.maximum(known, 1), np.nan).astype(np.float32)
    return np.insert(times_s, gaps, np.nan), np.insert(values, gaps, np.nan, axis=0)


def _labels_without_face(log: EmotionLog, end_s: float) -> Iterator[TopicLabels]:
    for topic in dict.fromkeys(('', *log.topics)):
        labels = _labels(log, topic, None, end_s)
        rows = non_overlapping_rows(labels)
        if rows:
            yield TopicLabels(
                topic, tuple(_spans([labels[index] for index in row], end_s) for row in rows)
            )


def _labels(log: EmotionLog, topic: str, face_id: int | None, end_s: float) -> list[LabelInterval]:
    """Return the labels of a face, or those of a topic without a ``face_id``, that are visible."""
    topics = (base_topic(topic),) if face_id is None else ('', base_topic(topic))
    return [
        label
        for label in (log.labels.intervals if log.labels else ())
        if label.face_id == face_id
        and label.topic in topics
        and label.start_s < end_s
        and label.end_s > 0
    ]


def _spans(labels: Sequence[LabelInterval], end_s: float) -> tuple[Span, ...]:
    return tuple(
        Span(max(label.start_s, 0.0), min(label.end_s, end_s), label.emotion) for label in labels
    )
