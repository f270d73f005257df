import math

import numpy as np
import pytest

from fer_ros.errors import SettingError, StampError
from fer_ros.smoothing import SMOOTHERS, EmotionSmoother, SmoothingSettings

A = np.array([1, 0, 0], np.float32)
B = np.array([0, 1, 0], np.float32)
RATE_HZ = 30


def average(time_constant_s):
    return EmotionSmoother(SmoothingSettings('average', time_constant_s))


def seconds_until_named(smoother, before_s=2.0, rate_hz=RATE_HZ, start=A, end=B):
    """Show one expression and then another; return how long the other one takes to be named."""
    change = round(before_s * rate_hz)
    for step in range(change):
        smoother.update(1, start, step / rate_hz)
    for step in range(change, change + 10 * rate_hz):
        if smoother.update(1, end, step / rate_hz).argmax() == end.argmax():
            return (step - change + 1) / rate_hz
    return math.inf


def test_first_image_is_not_smoothed():
    assert (average(0.5).update(1, A, 10.0) == A).all()


def test_average_covers_63_percent_of_a_change_after_time_constant():
    smoother = average(0.5)
    smoother.update(1, A, 10.0)
    assert smoother.update(1, B, 10.5) == pytest.approx([1 / math.e, 1 - 1 / math.e, 0])


def test_average_does_not_depend_on_frame_rate():
    slow, fast = average(0.5), average(0.5)
    slow.update(1, A, 0.0)
    fast.update(1, A, 0.0)
    for step in range(1, 31):
        quick = fast.update(1, B, step / 30)
    assert slow.update(1, B, 1.0) == pytest.approx(quick, abs=1e-5)


def test_average_sums_to_one():
    smoother = average(0.5)
    smoother.update(1, A, 0.0)
    assert smoother.update(1, B, 0.2).sum() == pytest.approx(1)


@pytest.mark.parametrize('name', SMOOTHERS)
def test_zero_time_constant_does_not_smooth(name):
    smoother = EmotionSmoother(SmoothingSettings(name, 0.0))
    smoother.update(1, A, 0.0)
    assert (smoother.update(1, B, 0.01) == B).all()


def test_faces_are_smoothed_separately():
    smoother = average(0.5)
    smoother.update(1, A, 0.0)
    assert (smoother.update(2, B, 0.1) == B).all()


def test_face_that_left_is_forgotten():
    smoother = average(0.5)
    smoother.update(1, A, 0.0)
    smoother.keep([2])
    assert (smoother.update(1, B, 0.1) == B).all()


def test_backward_stamp_is_an_error():
    smoother = average(0.5)
    smoother.update(1, A, 5.0)
    with pytest.raises(StampError, match=r'stamp 4\.0 s precedes 5\.0 s'):
        smoother.update(1, B, 4.0)


def test_following_names_new_expression_sooner_than_average():
    assert seconds_until_named(EmotionSmoother()) < 0.6 * seconds_until_named(average(0.3))


@pytest.mark.parametrize('rate_hz', [10, 60, 200])
def test_following_does_not_depend_on_frame_rate(rate_hz):
    sooner, later = (seconds_until_named(EmotionSmoother(), rate_hz=r) for r in (1000, rate_hz))
    # A change between two images is seen only in the second one.
    assert abs(later - sooner) <= 1.5 / rate_hz


def test_following_treats_a_single_outlier_like_average():
    smoother, plain = EmotionSmoother(), average(0.3)
    for step in range(60):
        frame = B if step == 30 else A
        followed, averaged = (s.update(1, frame, step / RATE_HZ) for s in (smoother, plain))
        assert followed == pytest.approx(averaged)


def test_following_forgets_previous_expression_sooner_than_average():
    smoother, plain = EmotionSmoother(), average(0.3)
    for one in (smoother, plain):
        seconds_until_named(one)
    assert smoother.update(1, B, 2.5)[1] > plain.update(1, B, 2.5)[1]


def test_following_with_unreachable_threshold_equals_average():
    never = EmotionSmoother(SmoothingSettings(change_threshold=1.0))
    assert seconds_until_named(never) == seconds_until_named(average(0.3))


@pytest.mark.parametrize('recent_s', [0.3, 1.0])
def test_following_without_a_shorter_average_equals_average(recent_s):
    settings = SmoothingSettings(time_constant_s=0.3, recent_time_constant_s=recent_s)
    smoother, plain = EmotionSmoother(settings), average(0.3)
    for step in range(60):
        frame = A if step < 30 else B
        followed, averaged = (s.update(1, frame, step / RATE_HZ) for s in (smoother, plain))
        assert (followed == averaged).all()


def test_change_of_one_face_does_not_affect_others():
    smoother = EmotionSmoother()
    for step in range(30):
        smoother.update(2, A, step / RATE_HZ)
    seconds_until_named(smoother)
    assert (smoother.update(2, A, 1.0) == A).all()


def test_new_settings_apply_to_face_already_being_smoothed():
    smoother = average(0.5)
    smoother.update(1, A, 0.0)
    smoother.settings = SmoothingSettings('average', 0.0)
    assert (smoother.update(1, B, 0.1) == B).all()


@pytest.mark.parametrize(
    ('values', 'sentence'),
    [
        ({'smoother': 'median'}, "smoother is 'median', expected one of following, average"),
        ({'time_constant_s': -0.1}, 'time_constant_s is -0.1, expected 0 s or more'),
        ({'time_constant_s': math.nan}, 'time_constant_s is nan, expected 0 s or more'),
        ({'recent_time_constant_s': -1}, 'recent_time_constant_s is -1, expected 0 s or'),
        ({'change_threshold': 1.5}, 'change_threshold is 1.5, expected 0 to 1'),
    ],
)
def test_invalid_smoothing_settings_are_refused(values, sentence):
    with pytest.raises(SettingError, match=sentence):
        SmoothingSettings(**values)
