import numpy as np
import pytest

from fer_ros.resting_face import KNOWN_AFTER_S, RestingFaces

SAD, CALM = np.float32([0.8, 0.2]), np.float32([0.2, 0.8])


def shown(answers_by_stamp, face_id=1):
    faces = RestingFaces()
    for stamp_s, answer in answers_by_stamp:
        faces.update(face_id, answer, stamp_s)
    return faces


def seconds(answer, start, end):
    return [(float(stamp), answer) for stamp in range(start, end + 1)]


def test_usual_expression_is_subtracted_once_known():
    faces = shown(seconds(SAD, 0, int(KNOWN_AFTER_S) - 1))
    assert faces.without(1, SAD, 1.0) == pytest.approx(SAD)
    faces.update(1, SAD, KNOWN_AFTER_S)
    # Odds of 4 to 1, divided by their geometric mean to the power of the share.
    assert faces.without(1, SAD, 1.0) == pytest.approx([0.5, 0.5])
    assert faces.without(1, SAD, 0.5) == pytest.approx([2 / 3, 1 / 3])
    assert faces.without(1, CALM, 1.0) == pytest.approx([1 / 17, 16 / 17])


def test_mean_is_over_time_not_over_images():
    faces = shown([*((n / 100, CALM) for n in range(1001)), *seconds(SAD, 11, 20)])
    # As long calm as sad: there is nothing to subtract.
    assert faces.without(1, SAD, 1.0) == pytest.approx(SAD, abs=1e-3)


def test_time_in_which_face_is_not_seen_does_not_count():
    faces = shown([(0.0, SAD), (100.0, SAD)])
    assert (faces.without(1, SAD, 1.0) == SAD).all()


def test_faces_are_adapted_to_apart_and_forgotten():
    faces = shown(seconds(SAD, 0, 20), face_id=1)
    assert (faces.without(2, SAD, 1.0) == SAD).all()
    faces.keep([2])
    assert (faces.without(1, SAD, 1.0) == SAD).all()


def test_impossible_class_stays_impossible_and_finite():
    faces = shown(seconds(np.float32([0.9, 0.1, 0.0]), 0, 20))
    adapted = faces.without(1, np.float32([0.9, 0.1, 0.0]), 1.0)
    assert adapted == pytest.approx([0.5, 0.5, 0.0])
