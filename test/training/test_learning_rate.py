import pytest

pytest.importorskip('torch')

from fer_ros.training.learning_rate import CosineSchedule


def test_rate_rises_linearly_to_its_peak():
    schedule = CosineSchedule(peak=0.4, warmup_steps=4, total_steps=100)
    assert [schedule.rate(step) for step in range(4)] == pytest.approx([0.1, 0.2, 0.3, 0.4])


@pytest.mark.parametrize('warmup_steps', [0.3, 0.5, 1.5, 2.5])
def test_rate_never_exceeds_its_peak_if_rise_ends_between_steps(warmup_steps):
    schedule = CosineSchedule(peak=0.4, warmup_steps=warmup_steps, total_steps=14)
    assert max(schedule.rate(step) for step in range(14)) <= 0.4


def test_rate_falls_to_half_in_the_middle_and_nearly_zero_at_the_end():
    schedule = CosineSchedule(peak=0.4, warmup_steps=10, total_steps=110)
    assert schedule.rate(10) == pytest.approx(0.4)
    assert schedule.rate(60) == pytest.approx(0.2)
    assert 0 < schedule.rate(109) < 0.001


def test_rate_without_warmup_starts_at_its_peak():
    assert CosineSchedule(peak=0.4, warmup_steps=0, total_steps=10).rate(0) == pytest.approx(0.4)
