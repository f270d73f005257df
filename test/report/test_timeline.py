import numpy as np
from frames import CLASSES, face, frame, log_of, steady, unjudged

from fer_ros.analysis.emotion_log import EmotionLog
from fer_ros.analysis.label_intervals import LabelInterval, Labels
from fer_ros.report.timeline import Span, TopicLabels, make_timeline


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


def test_long_curve_has_values_where_the_face_was_sometimes_not_judged():
    log = EmotionLog(CLASSES)
    for step in range(12_000):
        shown = unjudged(1) if step % 20 == 0 else face(1, 'fear', 0.75)
        log.append('/camera', step / 30, frame(step / 30, shown))
    (row,) = make_timeline(log).rows
    assert len(row.times_s) <= 1200
    assert (row.probabilities[:, 2] == np.float32(0.75)).all()


def test_long_curve_has_no_values_where_the_face_was_not_judged():
    log = EmotionLog(CLASSES)
    for step in range(12_000):
        shown = unjudged(1) if 4000 <= step < 8000 else face(1, 'fear')
        log.append('/camera', step / 30, frame(step / 30, shown))
    (row,) = make_timeline(log).rows
    assert np.isnan(row.probabilities).any(axis=1).sum() == 400


def test_long_curve_has_no_point_in_an_absence():
    rows = [(step / 30, 'fear' if not 4005 <= step < 9000 else None) for step in range(12_000)]
    (row,) = make_timeline(log_of(rows)).rows
    (gap,) = np.flatnonzero(np.isnan(row.times_s))
    assert row.times_s[gap - 1] <= 4004 / 30
    assert row.times_s[gap + 1] >= 9000 / 30


def test_labels_are_assigned_to_the_face_they_name():
    labels = [(0, 1, 'fear'), (2, 9, 'happiness', 1)]
    timeline = make_timeline(log_of([*steady(5), (5.0, 'fear')], labels))
    assert timeline.labels == (TopicLabels('', ((Span(0, 1, 'fear'),),)),)
    assert timeline.rows[0].labels == (Span(2, 5, 'happiness'),)


def test_simultaneous_labels_of_two_faces_are_in_separate_rows():
    regions = [np.array([[0.0, x, 0, x + 50, 50]]) for x in (0, 300)]
    labels = [
        (0, 2, 'happiness', None, regions[0], '/camera'),
        (1, 4, 'neutral', None, regions[1], '/camera'),
        (2, 5, 'fear', None, regions[0], '/camera'),
    ]
    (found,) = make_timeline(log_of(steady(6), labels)).labels
    assert found.topic == '/camera'
    assert found.rows == (
        (Span(0, 2, 'happiness'), Span(2, 5, 'fear')),
        (Span(1, 4, 'neutral'),),
    )


def test_labels_of_each_camera_are_in_rows_of_their_own():
    cameras = ('/left/image_raw/compressed', '/right/image_raw')
    labels = [
        LabelInterval(0, 1, 'fear', topic='/left/image_raw'),
        LabelInterval(1, 2, 'neutral', topic='/right/image_raw'),
        LabelInterval(0, 2, 'happiness', topic='/not_analysed'),
    ]
    log = EmotionLog(CLASSES, Labels(labels))
    for time_s, emotion in steady(3):
        for topic in cameras:
            log.append(topic, time_s, frame(time_s, face(1, emotion)))
    assert make_timeline(log).labels == (
        TopicLabels(cameras[0], ((Span(0, 1, 'fear'),),)),
        TopicLabels(cameras[1], ((Span(1, 2, 'neutral'),),)),
    )


def test_label_for_a_face_of_one_camera_is_not_shown_for_another():
    log = EmotionLog(CLASSES, Labels([LabelInterval(0, 1, 'fear', 1, topic='/right')]))
    for time_s, emotion in steady(3):
        for topic in ('/left', '/right'):
            log.append(topic, time_s, frame(time_s, face(1, emotion)))
    left, right = make_timeline(log).rows
    assert (left.labels, right.labels) == ((), (Span(0, 1, 'fear'),))


def test_labels_are_cut_off_at_the_first_and_the_last_image():
    labels = [(-40, -30, 'happiness'), (-30, 2, 'fear'), (3, float('inf'), 'neutral')]
    (found,) = make_timeline(log_of(steady(5), labels)).labels
    assert found.rows == ((Span(0, 2, 'fear'), Span(3, 4.9, 'neutral')),)


def test_timeline_without_labels_has_none():
    timeline = make_timeline(log_of(steady(5)))
    assert (timeline.labels, timeline.rows[0].labels) == ((), ())


def test_timeline_of_a_single_image_has_a_length():
    assert make_timeline(log_of([(0.0, 'fear')])).end_s > 0
