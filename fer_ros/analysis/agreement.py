"""How estimates agree with labels: per image, per interval, and how soon."""

from typing import Any

import numpy as np

from fer_ros.analysis.emotion_log import EmotionLog, Indices, LabelledImages, Times
from fer_ros.analysis.label_intervals import LabelInterval
from fer_ros.metrics import measure
from fer_ros.structures import FloatArray

# Agreement that lasts for this long, or to the end of its label, is stable.
STABLE_S = 0.5


def judge(log: EmotionLog) -> dict[str, Any] | None:
    """Return how the estimates agree with ``log.labels``, as JSON values; None without labels.

    ``images``: accuracy, macro F1 and confusion over the labelled images in which the face was
    found; ``intervals``: the same, with the class of the highest mean probability as the estimate
    of a label; ``each``: every label in every topic; ``latency_s``: from a label's start to the
    first stable agreement; ``flicker_per_min``: changes of the estimate while a label holds;
    ``no_face_share``: of the labelled images, those in which the face was not found. The estimate
    is the most probable class after smoothing, whether or not it was sure enough to be named.
    """
    if log.labels is None:
        return None
    rows = log.labelled_images()
    each = [
        _interval(rows, index, topic, log)
        for topic in range(len(log.topics))
        for index in range(len(log.labels.intervals))
    ]
    each = [interval for interval in each if interval['images']]
    truth = np.array([log.classes.index(i.emotion) for i in log.labels.intervals])
    judged = [interval for interval in each if interval['estimate']]
    return {
        'labelled_images': len(rows.times_s),
        'no_face_share': float((~rows.found).mean()) if len(rows.found) else 0.0,
        'images': _agreement(
            rows.probabilities[rows.found], truth[rows.intervals[rows.found]], log.classes
        ),
        'intervals': _agreement(
            np.array([i['mean_probabilities'] for i in judged], np.float32),
            np.array([log.classes.index(i['label']) for i in judged], np.int64),
            log.classes,
        ),
        'latency_s': _latencies(each),
        'flicker_per_min': _flicker(each),
        'each': each,
    }


def merge_agreements(agreements: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the agreement over several bags, from their confusion matrices.

    Args:
        agreements: ``images`` or ``intervals`` of ``judge``, at least one, of equal classes.
    """
    classes = tuple(agreements[0]['classes'])
    confusion = np.sum([one['confusion'] for one in agreements], axis=0)
    truth, estimate = np.nonzero(confusion)
    counts = confusion[truth, estimate]
    certain = np.eye(len(classes), dtype=np.float32)[np.repeat(estimate, counts)]
    return _agreement(certain, np.repeat(truth, counts), classes)


def _agreement(
    probabilities: FloatArray, labels: Indices, classes: tuple[str, ...]
) -> dict[str, Any]:
    if not len(labels):
        return {
            'count': 0,
            'accuracy': None,
            'macro_f1': None,
            'classes': list(classes),
            'confusion': np.zeros((len(classes), len(classes)), int).tolist(),
        }
    metrics = measure(probabilities, labels, classes)
    return {
        'count': len(labels),
        'accuracy': metrics.accuracy,
        'macro_f1': metrics.macro_f1,
        'classes': list(classes),
        'confusion': metrics.confusion.tolist(),
    }


def _interval(rows: LabelledImages, index: int, topic: int, log: EmotionLog) -> dict[str, Any]:
    assert log.labels is not None
    label = log.labels.intervals[index]
    here = (rows.intervals == index) & (rows.topics == topic)
    found = here & rows.found
    times_s, probabilities = rows.times_s[found], rows.probabilities[found]
    estimates = probabilities.argmax(axis=1) if len(probabilities) else np.empty(0, np.int64)
    right = estimates == log.classes.index(label.emotion)
    mean = probabilities.mean(axis=0).tolist() if len(probabilities) else []
    return {
        'topic': log.topics[topic],
        'start_s': label.start_s,
        'end_s': min(label.end_s, float(log.image_times_s.max())),
        'face_id': label.face_id,
        'label': label.emotion,
        'estimate': log.classes[int(np.argmax(mean))] if mean else '',
        'images': int(here.sum()),
        'no_face_share': float(1 - found.sum() / here.sum()) if here.any() else 0.0,
        'accuracy': float(right.mean()) if len(right) else None,
        'latency_s': _latency_s(label, times_s, right),
        'changes': int((np.diff(estimates) != 0).sum()),
        'seen_s': float(times_s[-1] - times_s[0]) if len(times_s) else 0.0,
        'mean_probabilities': mean,
    }


def _latency_s(label: LabelInterval, times_s: Times, right: Any) -> float | None:
    """Return the seconds from a label's start to the first agreement that is stable."""
    starts = np.flatnonzero(right & ~np.concatenate([[False], right[:-1]]))
    for start in starts:
        wrong = np.flatnonzero(~right[start:])
        last = start + wrong[0] if len(wrong) else len(times_s) - 1
        if not len(wrong) or times_s[last] - times_s[start] >= STABLE_S:
            return float(max(times_s[start] - label.start_s, 0.0))
    return None


def _latencies(each: list[dict[str, Any]]) -> dict[str, Any]:
    latencies = [i['latency_s'] for i in each if i['latency_s'] is not None]
    return {
        'median': float(np.median(latencies)) if latencies else None,
        'longest': max(latencies) if latencies else None,
        'recognised': len(latencies),
        'of': len(each),
    }


def _flicker(each: list[dict[str, Any]]) -> float:
    seen_s = sum(interval['seen_s'] for interval in each)
    changes = sum(interval['changes'] for interval in each)
    return 60 * changes / seen_s if seen_s else 0.0
