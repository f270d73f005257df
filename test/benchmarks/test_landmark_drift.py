import numpy as np
import pytest

from benchmarks.landmark_drift import distance, measure_drift
from fer_ros.bench.turns import Chunk, Turn
from fer_ros.structures import FaceBox, FaceEmotion, FrameEmotions, Landmarks


@pytest.fixture
def reference():
    """Landmarks whose eyes are 50 px apart."""
    points = np.zeros((68, 2), np.float32)
    points[42:48] = 30, 40
    return Landmarks(points)


def frame(landmarks=None):
    if landmarks is None:
        return FrameEmotions(0.0, ('joy',), ())
    one = np.ones(1, np.float32)
    face = FaceEmotion(1, FaceBox(0, 0, 9, 9), landmarks, 'joy', 1.0, one, one)
    return FrameEmotions(0.0, ('joy',), (face,))


def drift(frames, references, first=True):
    chunks = [Chunk([None] * len(frames), [0.0] * len(frames), first)]
    return measure_drift(chunks, [[Turn(frames, 0, 1.0)]], [references])


def test_distance_is_in_units_of_eye_distance(reference):
    shifted = Landmarks(reference.points_px + np.array([0, 5], np.float32))
    assert distance(shifted, reference) == pytest.approx(0.1)
    assert distance(reference, reference) == 0


def test_face_counts_as_lost_only_after_it_was_reported(reference):
    found = drift([frame(), frame(reference), frame()], [reference] * 3)
    assert (found.detected, found.waiting, found.lost) == (3, 1, 1)
    assert found.distances == [0.0]
    assert found.figures()['share_lost'] == pytest.approx(1 / 3)


def test_image_without_detection_is_not_counted(reference):
    found = drift([frame(reference), frame()], [None, None])
    assert (found.detected, found.lost, found.distances) == (0, 0, [])
