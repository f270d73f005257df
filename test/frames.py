"""Made-up estimates for tests of code that only summarizes them."""

import numpy as np

from fer_ros.analysis.emotion_log import EmotionLog
from fer_ros.analysis.label_intervals import LabelInterval, Labels
from fer_ros.structures import FaceBox, FaceEmotion, FrameEmotions, Judgement, Landmarks

CLASSES = ('neutral', 'happiness', 'fear')
POINTS = Landmarks(np.zeros((68, 2), np.float32))


def face(face_id, emotion, sure=0.8, named=True):
    """Return a face with an emotion; the other classes share the rest of the probability."""
    rest = (1 - sure) / (len(CLASSES) - 1)
    probabilities = np.array([sure if name == emotion else rest for name in CLASSES], np.float32)
    box = FaceBox(10 * face_id, 5, 10 * face_id + 8, 15)
    return FaceEmotion(
        face_id,
        box,
        POINTS,
        emotion if named else '',
        sure,
        probabilities,
        probabilities,
        Judgement.JUDGED if named else Judgement.UNCERTAIN,
    )


def unjudged(face_id):
    """Return a face that is too small and was never judged."""
    box, nothing = FaceBox(10 * face_id, 5, 10 * face_id + 8, 15), np.zeros(0, np.float32)
    nan, reason = float('nan'), Judgement.TOO_SMALL
    return FaceEmotion(face_id, box, POINTS, '', nan, nothing, nothing, reason, quality=0.125)


def frame(time_s, *faces):
    return FrameEmotions(time_s, CLASSES, tuple(faces))


def steady(seconds, rate_hz=10):
    """Return rows of a face that shows fear all the time."""
    return [(step / rate_hz, 'fear') for step in range(round(seconds * rate_hz))]


def log_of_two_rates():
    """Return a log of 20 faces, each for 2 s at 30 Hz, beside one for 40 s at 1 Hz."""
    log = EmotionLog(CLASSES)
    for step in range(1200):
        log.append('/fast', step / 30, frame(step / 30, face(1 + step // 60, 'fear')))
        if step % 30 == 0:
            log.append('/slow', step / 30, frame(step / 30, face(1, 'happiness')))
    return log


def log_of(rows, labels=None, topic='/camera'):
    """Return a log of ``(time_s, emotion of face 1 or None)`` rows."""
    log = EmotionLog(
        CLASSES, Labels([LabelInterval(*label) for label in labels]) if labels else None
    )
    for time_s, emotion in rows:
        faces = [face(1, emotion)] if emotion else []
        log.append(topic, time_s, frame(time_s, *faces))
    return log
