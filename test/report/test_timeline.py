import numpy as np
from frames import log_of, steady

from fer_ros.report.timeline import Span, make_timeline


def test_briefly_seen_face_has_no_row():
    assert make_timeline(log_of(steady(0.3))).rows == ()
    assert len(make_timeline(log_of(steady(0.5))).rows) == 1


def test_curve_is_interrupted_while_face_is_absent():
    (row,) = make_timeline(log_of([*steady(1), *((t + 5, e) for t, e in steady(1))])).rows
    assert np.flatnonzero(np.isnan(row.times_s)).tolist() == [10]
    assert np.isnan(row.probabilities[10]).all()


def test_curve_and_periods_of_a_slow_recording_are_not_interrupted():
    (row,) = make_timeline(log_of(steady(20, rate_hz=1))).rows
    assert not np.isnan(row.times_s).any()
    assert row.named == (Span(0, 19, 'fear'),)


def test_long_curve_is_averaged_to_at_most_1200_points():
    (row,) = make_timeline(log_of(steady(600))).rows
    assert len(row.times_s) <= 1200
    assert row.probabilities[:, 2].min() == np.float32(0.8)


def test_labels_are_assigned_to_the_face_they_name():
    labels = [(0, 1, 'fear'), (2, 9, 'happiness', 1)]
    timeline = make_timeline(log_of([*steady(5), (5.0, 'fear')], labels))
    assert timeline.labels == (Span(0, 1, 'fear'),)
    assert timeline.rows[0].labels == (Span(2, 5, 'happiness'),)


def test_timeline_without_labels_has_none():
    timeline = make_timeline(log_of(steady(5)))
    assert (timeline.labels, timeline.rows[0].labels) == ((), ())


def test_timeline_of_a_single_image_has_a_length():
    assert make_timeline(log_of([(0.0, 'fear')])).end_s > 0
