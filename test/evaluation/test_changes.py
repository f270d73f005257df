import numpy as np
import pytest

from fer_ros.evaluation.change_tables import change_panels, change_table
from fer_ros.evaluation.changes import ChangeClips, change_figures
from fer_ros.smoothing import SmoothingSettings

BEFORE, AFTER = 30, 90


def clips(noise=0.0, lag=0, count=20):
    """Clips of class 0, then 1; single frames are right but for slips and a lag in images."""
    rng = np.random.default_rng(0)
    named = np.zeros((count, BEFORE + AFTER), np.int64)
    named[:, BEFORE + lag :] = 1
    slips = rng.random(named.shape) < noise
    slips[:, 0] = False
    named[slips] = 2
    probabilities = np.eye(3, dtype=np.float32)[named]
    return ChangeClips(
        probabilities,
        np.zeros(count, np.int64),
        np.ones(count, np.int64),
        np.arange(count),
        'photographs',
    )


def test_smoothing_of_noiseless_clips_gains_nothing_and_costs_its_lag():
    part = clips()
    found = change_figures(part, part.smoothed(SmoothingSettings('average', 0.3)))
    assert found.gain.value == 0
    # An average of 0.3 s is on the side of the new class after 0.3 ln 2 s: six images.
    assert found.lag_s.value == pytest.approx(6 / 30)
    assert found.single_lag_s.value == 0
    assert found.after_change.value == pytest.approx(-6 / 30)
    assert found.gain_at[0].value == pytest.approx(-6 / 60)
    assert found.never_named == 0


def test_smoothing_of_noisy_clips_gains_accuracy_while_class_is_held():
    part = clips(noise=0.2)
    found = change_figures(part, part.smoothed(SmoothingSettings('average', 0.3)))
    assert found.gain.low > 0
    assert found.flicker_removed.value > 0.7


def test_new_class_named_too_briefly_counts_as_never_named():
    part = clips(lag=AFTER - 2)
    assert change_figures(part, part.probabilities).never_named == 1


def test_copies_of_one_photograph_are_resampled_together():
    part = clips(noise=0.2)
    kept = part.smoothed(SmoothingSettings('average', 0.3))
    one = ChangeClips(part.probabilities, part.before, part.after, np.zeros(20), 'photographs')
    found = change_figures(one, kept)
    # Singly drawn, they would have an interval; one photograph has none.
    assert np.isnan([found.gain.low, found.gain.high]).all()


def test_table_has_a_row_per_severity_and_smoother():
    table = change_table({0.5: clips(), 1.5: clips(noise=0.2)}, SmoothingSettings())
    assert [row[:2] for row in table.rows] == [
        ('0.5', 'following'),
        ('0.5', 'average'),
        ('1.5', 'following'),
        ('1.5', 'average'),
    ]
    assert all(len(row) == len(table.columns) for row in table.rows)
    assert 'over photographs' in table.title


def test_lag_curve_covers_time_constants_and_never_falls():
    panels = change_panels({1.0: clips(count=4)}, SmoothingSettings(time_constant_s=0.25))
    line = panels['lag until the new class is named, s']['average, severity 1']
    assert [value for value, _ in line] == [0.05, 0.1, 0.2, 0.25, 0.3, 0.5, 0.8, 1.2]
    lags = [found.value for _, found in line]
    assert lags == sorted(lags)
