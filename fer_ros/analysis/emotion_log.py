"""EmotionLog: all estimates as compact rows of numbers, so that an hour takes little memory."""

from array import array
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fer_ros.analysis.emotion_series import (
    NOT_JUDGED,
    UNCERTAIN,
    EmotionSeries,
    Indices,
    Times,
    longest_gap_s,
)
from fer_ros.analysis.label_intervals import Labels
from fer_ros.structures import FaceEmotion, FloatArray, FrameEmotions


@dataclass(frozen=True, eq=False)
class LabelledImages:
    """All images with a label; an image with two labels counts twice.

    Attributes:
        topics: ``(N,)`` index of the topic in ``EmotionLog.topics``.
        times_s: ``(N,)`` seconds since the first image.
        intervals: ``(N,)`` index of the label in ``Labels.intervals``.
        found: ``(N,)`` whether the face was found.
        judged: ``(N,)`` whether the face was also judged.
        probabilities: ``(N, C)`` float32, smoothed; NaN where the face was not judged.
    """

    topics: Indices
    times_s: Times
    intervals: Indices
    found: npt.NDArray[np.bool_]
    judged: npt.NDArray[np.bool_]
    probabilities: FloatArray


class EmotionLog:
    """All estimates of a recording, at about 50 bytes per image and 50 per face.

    Attributes:
        classes: C names.
        labels: Labels to compare with, if any.
        topics: Topics in the order of their first images.
    """

    def __init__(self, classes: tuple[str, ...], labels: Labels | None = None) -> None:
        self.classes = classes
        self.labels = labels
        self.topics: list[str] = []
        self._image_times = array('d')
        self._image_topics = array('q')
        self._image_faces = array('q')
        self._face_ids = array('q')
        self._face_emotions = array('q')
        self._face_probabilities = array('f')
        self._series: tuple[EmotionSeries, ...] | None = None
        self._unknown = (float('nan'),) * len(classes)
        self._match_images = array('q')
        self._match_intervals = array('q')
        self._match_found = array('b')
        self._match_judged = array('b')
        self._match_probabilities = array('f')

    def append(self, topic: str, time_s: float, frame: FrameEmotions) -> None:
        """Add an image.

        Args:
            topic: Topic of the image.
            time_s: Seconds since the first image; not decreasing within a topic.
            frame: Faces found in the image.
        """
        self._series = None
        if topic not in self.topics:
            self.topics.append(topic)
        self._image_times.append(time_s)
        self._image_topics.append(self.topics.index(topic))
        self._image_faces.append(len(frame.faces))
        for face in frame.faces:
            self._face_ids.append(face.face_id)
            self._face_emotions.append(self._emotion(face))
            self._face_probabilities.extend(face.probabilities if face.judged else self._unknown)
        if self.labels is not None:
            self._match(self.labels, topic, time_s, frame)

    @property
    def image_times_s(self) -> Times:
        """``(N,)`` time of each image in seconds."""
        return np.array(self._image_times)

    @property
    def end_s(self) -> float:
        """Time of the last image in seconds; 0 without images."""
        return max(self._image_times, default=0.0)

    @property
    def image_topics(self) -> Indices:
        """``(N,)`` index of each image's topic in ``topics``."""
        return np.array(self._image_topics)

    def times_of_topic_s(self, topic: int) -> Times:
        """Return the times of a topic's images in seconds, given its index in ``topics``."""
        return self.image_times_s[self.image_topics == topic]

    @property
    def image_faces(self) -> Indices:
        """``(N,)`` number of faces in each image."""
        return np.array(self._image_faces)

    def series(self) -> tuple[EmotionSeries, ...]:
        """Return the series of every face, by topic and then by ``face_id``."""
        if self._series is None:
            self._series = tuple(self._split())
        return self._series

    def labelled_images(self) -> LabelledImages:
        """Return all labelled images, without those of other topics than the labelled face's."""
        images = np.array(self._match_images, np.int64)
        topics = self.image_topics[images] if len(images) else images
        times_s = self.image_times_s[images] if len(images) else images.astype(np.float64)
        intervals = np.array(self._match_intervals, np.int64)
        here = ~self._elsewhere(intervals, topics)
        return LabelledImages(
            topics[here],
            times_s[here],
            intervals[here],
            np.array(self._match_found, np.bool_)[here],
            np.array(self._match_judged, np.bool_)[here],
            self._rows(self._match_probabilities)[here],
        )

    def _elsewhere(self, intervals: Indices, topics: Indices) -> npt.NDArray[np.bool_]:
        """Return where a label's ``face_id`` was seen only on topics other than the image's."""
        faces = [interval.face_id for interval in self.labels.intervals] if self.labels else []
        seen = {(one.face_id, self.topics.index(one.topic)) for one in self.series()}
        known = {face_id for face_id, _ in seen}
        return np.array(
            [
                faces[index] in known and (faces[index], topic) not in seen
                for index, topic in zip(intervals.tolist(), topics.tolist(), strict=True)
            ],
            np.bool_,
        )

    def _split(self) -> Iterator[EmotionSeries]:
        images = np.repeat(np.arange(len(self._image_times)), self.image_faces)
        face_ids, emotions = np.array(self._face_ids), np.array(self._face_emotions)
        probabilities = self._rows(self._face_probabilities)
        topics, times = self.image_topics[images], self.image_times_s[images]
        gaps_s = [longest_gap_s(self.times_of_topic_s(topic)) for topic in range(len(self.topics))]
        # A stable sort keeps the order of a face's images.
        order = np.lexsort((np.arange(len(images)), face_ids, topics))
        changes = np.flatnonzero(np.diff(topics[order]) | np.diff(face_ids[order])) + 1
        for rows in np.split(order, changes):
            if len(rows):
                yield EmotionSeries(
                    self.topics[topics[rows[0]]],
                    int(face_ids[rows[0]]),
                    times[rows],
                    emotions[rows],
                    probabilities[rows],
                    gaps_s[topics[rows[0]]],
                )

    def _match(self, labels: Labels, topic: str, time_s: float, frame: FrameEmotions) -> None:
        for index, interval in labels.at(time_s, topic):
            face = interval.face_of(frame, time_s)
            self._match_images.append(len(self._image_times) - 1)
            self._match_intervals.append(index)
            self._match_found.append(face is not None)
            judged = face is not None and face.judged
            self._match_judged.append(judged)
            self._match_probabilities.extend(
                face.probabilities if face and judged else self._unknown
            )

    def _emotion(self, face: FaceEmotion) -> int:
        if face.emotion:
            return self.classes.index(face.emotion)
        return UNCERTAIN if face.judged else NOT_JUDGED

    def _rows(self, values: 'array[float]') -> FloatArray:
        return np.array(values, np.float32).reshape(-1, len(self.classes))
