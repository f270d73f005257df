import numpy as np
from frames import CLASSES, face, frame, log_of, unjudged

from fer_ros.analysis.agreement import measure_agreement
from fer_ros.analysis.behaviour import measure_behaviour
from fer_ros.analysis.emotion_log import EmotionLog
from fer_ros.analysis.label_intervals import LabelInterval, Labels


def test_series_hold_one_face_of_one_topic_in_time_order():
    log = EmotionLog(CLASSES)
    log.append('/left', 0.0, frame(0.0, face(1, 'fear'), face(2, 'neutral')))
    log.append('/right', 0.1, frame(0.1, face(1, 'happiness')))
    log.append('/left', 0.2, frame(0.2, face(1, 'happiness', named=False)))
    found = [(t.topic, t.face_id, t.times_s.tolist(), t.emotions.tolist()) for t in log.series()]
    assert found == [
        ('/left', 1, [0.0, 0.2], [2, -1]),
        ('/left', 2, [0.0], [0]),
        ('/right', 1, [0.1], [1]),
    ]


def test_probabilities_are_kept():
    (series,) = log_of([(0.0, 'fear')]).series()
    assert series.probabilities.tolist() == [np.float32([0.1, 0.1, 0.8]).tolist()]


def test_log_without_faces_has_no_series():
    log = log_of([(0.0, None), (0.1, None)])
    assert log.series() == ()
    assert log.image_faces.tolist() == [0, 0]


def test_empty_log_has_no_series():
    assert EmotionLog(CLASSES).series() == ()


def test_series_grow_with_the_log():
    log = log_of([(0.0, 'fear')])
    assert [len(series.times_s) for series in log.series()] == [1]
    log.append('/camera', 0.1, frame(0.1, face(1, 'fear')))
    assert [len(series.times_s) for series in log.series()] == [2]


def test_images_are_matched_with_labels_at_their_time():
    log = log_of([(0.0, 'fear'), (1.0, None), (2.0, 'fear')], [(0.5, 2.5, 'fear')])
    matched = log.labelled_images()
    assert matched.times_s.tolist() == [1.0, 2.0]
    assert matched.found.tolist() == [False, True]
    assert np.isnan(matched.probabilities[0]).all()
    assert matched.probabilities[1].argmax() == 2


def test_image_with_two_labels_counts_twice():
    labels = Labels([LabelInterval(0, 1, 'fear', 1), LabelInterval(0, 1, 'neutral', 2)])
    log = EmotionLog(CLASSES, labels)
    log.append('/c', 0.5, frame(0.5, face(1, 'fear'), face(2, 'happiness')))
    matched = log.labelled_images()
    assert dict(
        zip(matched.intervals.tolist(), matched.probabilities.argmax(axis=1).tolist(), strict=True)
    ) == {0: 2, 1: 1}


def test_label_with_a_face_id_applies_to_the_topic_of_that_face_alone():
    labels = Labels([LabelInterval(0, 1, 'fear', 1), LabelInterval(0, 1, 'fear', 9)])
    log = EmotionLog(CLASSES, labels)
    log.append('/left', 0.0, frame(0.0, face(1, 'fear')))
    log.append('/left', 0.1, frame(0.1))
    log.append('/right', 0.1, frame(0.1, face(2, 'fear')))
    matched = log.labelled_images()
    # Face 9 was seen nowhere: it may have been on either topic.
    found = zip(matched.intervals, matched.topics, matched.found, strict=True)
    assert sorted(tuple(map(int, row)) for row in found) == [
        *((0, 0, 0), (0, 0, 1), (1, 0, 0), (1, 0, 0), (1, 1, 0)),
    ]


def test_unjudged_images_count_only_in_their_own_share():
    log = EmotionLog(CLASSES, Labels([LabelInterval(0, 4, 'fear')]))
    for time_s, seen in ((0.0, unjudged(1)), (1.0, face(1, 'fear')), (2.0, face(1, 'fear'))):
        log.append('/c', time_s, frame(time_s, seen))
    agreement = measure_agreement(log)
    assert (agreement.no_face_share, agreement.not_judged_share) == (0, 1 / 3)
    assert (agreement.images.count, agreement.images.accuracy) == (2, 1.0)
    assert agreement.each[0].estimate == 'fear'


def test_face_that_was_never_judged_has_no_emotion():
    log = EmotionLog(CLASSES)
    log.append('/c', 0.0, frame(0.0, unjudged(1)))
    (one,) = measure_behaviour(log).faces
    assert (one.emotion, one.shares) == ('', {'not judged': 1.0})
