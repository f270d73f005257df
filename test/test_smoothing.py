import math

import numpy as np
import pytest

from fer_ros.errors import SettingError, StampError
from fer_ros.smoothing import EmotionSmoother

A = np.array([1, 0, 0], np.float32)
B = np.array([0, 1, 0], np.float32)


def test_first_image_is_taken_as_it_is():
    assert (EmotionSmoother(0.5).update(1, A, 10.0) == A).all()


def test_after_the_time_constant_63_percent_of_a_change_has_arrived():
    smoother = EmotionSmoother(0.5)
    smoother.update(1, A, 10.0)
    assert smoother.update(1, B, 10.5) == pytest.approx([1 / math.e, 1 - 1 / math.e, 0])


def test_result_does_not_depend_on_the_frame_rate():
    slow, fast = EmotionSmoother(0.5), EmotionSmoother(0.5)
    slow.update(1, A, 0.0)
    fast.update(1, A, 0.0)
    for step in range(1, 31):
        quick = fast.update(1, B, step / 30)
    assert slow.update(1, B, 1.0) == pytest.approx(quick, abs=1e-5)


def test_result_sums_to_one():
    smoother = EmotionSmoother(0.5)
    smoother.update(1, A, 0.0)
    assert smoother.update(1, B, 0.2).sum() == pytest.approx(1)


def test_zero_time_constant_does_not_smooth():
    smoother = EmotionSmoother(0.0)
    smoother.update(1, A, 0.0)
    assert (smoother.update(1, B, 0.01) == B).all()


def test_faces_do_not_mix():
    smoother = EmotionSmoother(0.5)
    smoother.update(1, A, 0.0)
    assert (smoother.update(2, B, 0.1) == B).all()


def test_face_that_left_is_forgotten():
    smoother = EmotionSmoother(0.5)
    smoother.update(1, A, 0.0)
    smoother.keep([2])
    assert (smoother.update(1, B, 0.1) == B).all()


def test_stamp_that_goes_back_is_an_error():
    smoother = EmotionSmoother(0.5)
    smoother.update(1, A, 5.0)
    with pytest.raises(StampError, match=r'stamp 4\.0 s precedes 5\.0 s'):
        smoother.update(1, B, 4.0)


@pytest.mark.parametrize('value', [-0.1, math.nan])
def test_time_constant_that_is_no_time_is_refused(value):
    with pytest.raises(SettingError, match='allowed are 0 s and more'):
        EmotionSmoother(value)
