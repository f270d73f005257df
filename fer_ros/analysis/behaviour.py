"""What can be said of estimates without labels: rates, coverage, dwell times, flicker."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from fer_ros.analysis.emotion_log import EmotionLog, Times, Track

# A face that was away for longer was not seen in between.
GAP_S = 0.5


@dataclass(frozen=True)
class Dwell:
    """A time for which a face went on showing one emotion.

    Attributes:
        emotion: Index of the class, -1 where none was sure enough.
        start_s: First image of it.
        end_s: First image after it, or the last one of the face.
        changed: Whether another emotion followed at once.
    """

    emotion: int
    start_s: float
    end_s: float
    changed: bool


def dwells(track: Track) -> Iterator[Dwell]:
    """Yield the times for which a face showed one emotion, in order."""
    times_s, emotions = track.times_s, track.emotions
    away = np.diff(times_s) > GAP_S
    changes = np.flatnonzero(away | (np.diff(emotions) != 0)) + 1
    starts = [0, *changes.tolist()]
    for start, after in zip(starts, [*starts[1:], len(times_s)], strict=True):
        last = after == len(times_s) or bool(away[after - 1])
        end_s = times_s[after - 1] if last else times_s[after]
        yield Dwell(int(emotions[start]), float(times_s[start]), float(end_s), not last)


def behaviour(log: EmotionLog) -> dict[str, Any]:
    """Return the figures, as JSON values.

    ``topics``: images, rate and coverage of each; ``faces``: every track; ``emotions``: for each
    class that was named, its share of the time in which faces were seen and how long it lasted;
    ``flicker_per_min``: changes of emotion per minute of a face in view.
    """
    tracks = list(log.tracks())
    found = {track: list(dwells(track)) for track in tracks}
    every = [dwell for several in found.values() for dwell in several]
    seen_s = sum(dwell.end_s - dwell.start_s for dwell in every)
    changes = sum(dwell.changed for dwell in every)
    faces = log.image_faces
    return {
        'images': len(faces),
        'duration_s': _span_s(log.image_times_s),
        'coverage': _share(faces > 0),
        'no_face_share': _share(faces == 0),
        'faces_per_image': float(faces.mean()) if len(faces) else 0.0,
        'flicker_per_min': _per_minute(changes, seen_s),
        'topics': {name: _topic(log, index) for index, name in enumerate(log.topics)},
        'faces': [_face(track, found[track], log.classes) for track in tracks],
        'emotions': {
            name: _emotion([d.end_s - d.start_s for d in every if d.emotion == index], seen_s)
            for index, name in [*enumerate(log.classes), (-1, 'uncertain')]
            if any(dwell.emotion == index for dwell in every)
        },
    }


def _topic(log: EmotionLog, index: int) -> dict[str, Any]:
    rows = log.image_topics == index
    times_s = log.image_times_s[rows]
    gaps = np.diff(times_s)
    return {
        'images': int(rows.sum()),
        'duration_s': _span_s(times_s),
        'rate_hz': float(1 / np.median(gaps)) if len(gaps) and np.median(gaps) > 0 else None,
        'longest_gap_s': float(gaps.max()) if len(gaps) else 0.0,
        'coverage': _share(log.image_faces[rows] > 0),
    }


def _face(track: Track, several: list[Dwell], classes: tuple[str, ...]) -> dict[str, Any]:
    seen_s = sum(dwell.end_s - dwell.start_s for dwell in several)
    mean = track.probabilities.mean(axis=0)
    return {
        'topic': track.topic,
        'face_id': track.face_id,
        'images': len(track.times_s),
        'first_s': float(track.times_s[0]),
        'last_s': float(track.times_s[-1]),
        'emotion': classes[int(mean.argmax())],
        'flicker_per_min': _per_minute(sum(d.changed for d in several), seen_s),
    }


def _emotion(lengths_s: list[float], seen_s: float) -> dict[str, float]:
    return {
        'share': sum(lengths_s) / seen_s if seen_s else 0.0,
        'times': len(lengths_s),
        'mean_dwell_s': float(np.mean(lengths_s)),
        'longest_dwell_s': max(lengths_s),
    }


def _share(chosen: Any) -> float:
    return float(chosen.mean()) if len(chosen) else 0.0


def _span_s(times_s: Times) -> float:
    return float(times_s.max() - times_s.min()) if len(times_s) else 0.0


def _per_minute(count: int, seconds: float) -> float:
    return 60 * count / seconds if seconds > 0 else 0.0
