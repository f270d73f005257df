"""Agreement of estimates with labels: per image, per interval, and its latency."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fer_ros.analysis.emotion_log import EmotionLog, LabelledImages
from fer_ros.analysis.emotion_series import Indices, Times
from fer_ros.metrics import Metrics, confusion_matrix

# Agreement is stable if it lasts for this long, or to the end of its label.
STABLE_S = 0.5


@dataclass(frozen=True)
class ConfusionFigures:
    """Estimates compared with labels.

    Attributes:
        count: Number of estimates.
        accuracy: Share of estimates that match the label, in [0, 1]; ``None`` without estimates.
        macro_f1: Mean F1 over the classes that are labelled; ``None`` without estimates.
        classes: Names of the C classes.
        confusion: C rows of C counts; the row is the label, the column the estimate.
    """

    count: int
    accuracy: float | None
    macro_f1: float | None
    classes: tuple[str, ...]
    confusion: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Latency:
    """Time from the start of labels, or a topic's first image, to the first stable agreement.

    Attributes:
        median: Median in seconds over the recognised labels; ``None`` if none was recognised.
        longest: Longest time in seconds; ``None`` if none was recognised.
        recognised: Number of recognised labels.
        of: Number of labels.
    """

    median: float | None
    longest: float | None
    recognised: int
    of: int


@dataclass(frozen=True)
class LabelFigures:
    """Figures for one label on one topic.

    Attributes:
        topic: Topic of its images.
        start_s: Start, or the time of the topic's first image, in seconds since the first image.
        end_s: End, or the time of the topic's last image, in seconds.
        face_id: Id of the labelled face, if the label states one.
        label: Emotion in the label.
        estimate: Class with the highest mean probability; empty if the face was not judged.
        images: Number of images to which it applies.
        no_face_share: Share of these images in which the face was not found.
        not_judged_share: Share of these images in which the face was found but not judged.
        accuracy: Share of the other images whose estimate is the label; ``None`` if there are
            none.
        latency_s: Seconds to the first stable agreement; ``None`` if it was not recognised.
        changes: Number of changes of the estimate while the label applies.
        seen_s: Seconds from the first to the last image in which the face was judged.
        mean_probabilities: ``(C,)`` mean probability of each class; empty if the face was not
            judged.
    """

    topic: str
    start_s: float
    end_s: float
    face_id: int | None
    label: str
    estimate: str
    images: int
    no_face_share: float
    not_judged_share: float
    accuracy: float | None
    latency_s: float | None
    changes: int
    seen_s: float
    mean_probabilities: tuple[float, ...]


@dataclass(frozen=True)
class Agreement:
    """Agreement of a recording's estimates with its labels.

    The estimate is the most probable class after smoothing, whether or not it passed the
    confidence threshold.

    Attributes:
        labelled_images: Number of images with a label.
        no_face_share: Share of these images in which the face was not found.
        not_judged_share: Share of these images in which the face was found but not judged.
        images: Figures by image, over the other images.
        intervals: Figures by label, each with a single estimate.
        latency_s: Latency of the labels in seconds.
        flicker_per_min: Changes of the estimate per minute while a label applies.
        each: Figures of every label on every topic.
    """

    labelled_images: int
    no_face_share: float
    not_judged_share: float
    images: ConfusionFigures
    intervals: ConfusionFigures
    latency_s: Latency
    flicker_per_min: float
    each: tuple[LabelFigures, ...]


def measure_agreement(log: EmotionLog) -> Agreement | None:
    """Return the agreement of estimates with ``log.labels``, or ``None`` without labels."""
    if log.labels is None:
        return None
    rows = log.labelled_images()
    each = [
        _label(rows, index, topic, log, span_s)
        for topic, span_s in enumerate(_spans_s(log))
        for index in range(len(log.labels.intervals))
    ]
    each = [figures for figures in each if figures.images]
    labels = _indices([interval.emotion for interval in log.labels.intervals], log.classes)
    judged = [figures for figures in each if figures.estimate]
    return Agreement(
        labelled_images=len(rows.times_s),
        no_face_share=_share(~rows.found),
        not_judged_share=_share(rows.found & ~rows.judged),
        images=_confusion(
            rows.probabilities[rows.judged].argmax(axis=1),
            labels[rows.intervals[rows.judged]],
            log.classes,
        ),
        intervals=_confusion(
            _indices([figures.estimate for figures in judged], log.classes),
            _indices([figures.label for figures in judged], log.classes),
            log.classes,
        ),
        latency_s=_latency(each),
        flicker_per_min=_flicker_per_min(each),
        each=tuple(each),
    )


def add_confusions(several: Sequence[ConfusionFigures]) -> ConfusionFigures:
    """Return the figures of several recordings together.

    Args:
        several: At least one set of figures, all with the same classes.
    """
    counts = np.array([figures.confusion for figures in several], np.int64)
    return _figures(counts.sum(axis=0), several[0].classes)


def _confusion(estimates: Indices, labels: Indices, classes: tuple[str, ...]) -> ConfusionFigures:
    return _figures(confusion_matrix(estimates, labels, len(classes)), classes)


def _figures(confusion: Indices, classes: tuple[str, ...]) -> ConfusionFigures:
    metrics = Metrics(classes, confusion, float('nan'))
    count = int(confusion.sum())
    return ConfusionFigures(
        count=count,
        accuracy=metrics.accuracy if count else None,
        macro_f1=metrics.macro_f1 if count else None,
        classes=classes,
        confusion=tuple(tuple(row) for row in confusion.tolist()),
    )


def _indices(names: Sequence[str], classes: tuple[str, ...]) -> Indices:
    return np.array([classes.index(name) for name in names], np.int64)


def _spans_s(log: EmotionLog) -> Iterator[tuple[float, float]]:
    """Yield the times of each topic's first and last image in seconds."""
    for topic in range(len(log.topics)):
        times_s = log.times_of_topic_s(topic)
        yield float(times_s[0]), float(times_s[-1])


def _label(
    rows: LabelledImages, index: int, topic: int, log: EmotionLog, span_s: tuple[float, float]
) -> LabelFigures:
    assert log.labels is not None
    label = log.labels.intervals[index]
    start_s, end_s = max(label.start_s, span_s[0]), min(label.end_s, span_s[1])
    here = (rows.intervals == index) & (rows.topics == topic)
    judged = here & rows.judged
    times_s, probabilities = rows.times_s[judged], rows.probabilities[judged]
    estimates = probabilities.argmax(axis=1)
    right = estimates == log.classes.index(label.emotion)
    mean = probabilities.mean(axis=0).tolist() if len(probabilities) else []
    return LabelFigures(
        topic=log.topics[topic],
        start_s=start_s,
        end_s=end_s,
        face_id=label.face_id,
        label=label.emotion,
        estimate=log.classes[int(np.argmax(mean))] if mean else '',
        images=int(here.sum()),
        no_face_share=_share(~rows.found[here]),
        not_judged_share=_share((rows.found & ~rows.judged)[here]),
        accuracy=float(right.mean()) if len(right) else None,
        latency_s=_latency_s(start_s, times_s, right),
        changes=int((np.diff(estimates) != 0).sum()),
        seen_s=float(times_s[-1] - times_s[0]) if len(times_s) else 0.0,
        mean_probabilities=tuple(mean),
    )


def _share(chosen: npt.NDArray[np.bool_]) -> float:
    return float(chosen.mean()) if len(chosen) else 0.0


def _latency_s(start_s: float, times_s: Times, right: npt.NDArray[np.bool_]) -> float | None:
    """Return the seconds from ``start_s`` to the first stable agreement."""
    starts = np.flatnonzero(right & ~np.concatenate([[False], right[:-1]]))
    for start in starts:
        wrong = np.flatnonzero(~right[start:])
        last = start + wrong[0] if len(wrong) else len(times_s) - 1
        if not len(wrong) or times_s[last] - times_s[start] >= STABLE_S:
            return float(times_s[start] - start_s)
    return None


def _latency(each: Sequence[LabelFigures]) -> Latency:
    found = [figures.latency_s for figures in each if figures.latency_s is not None]
    return Latency(
        median=float(np.median(found)) if found else None,
        longest=max(found, default=None),
        recognised=len(found),
        of=len(each),
    )


def _flicker_per_min(each: Sequence[LabelFigures]) -> float:
    seen_s = sum(figures.seen_s for figures in each)
    changes = sum(figures.changes for figures in each)
    return 60 * changes / seen_s if seen_s else 0.0
