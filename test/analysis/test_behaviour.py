import pytest
from frames import CLASSES, face, frame, log_of, steady

from fer_ros.analysis.behaviour import EmotionFigures, measure_behaviour
from fer_ros.analysis.emotion_log import EmotionLog


def test_coverage_is_the_share_of_images_with_a_face():
    found = measure_behaviour(log_of([(0.0, 'fear'), (0.1, 'fear'), (0.2, 'fear'), (0.3, None)]))
    assert (found.images, found.coverage, found.no_face_share) == (4, 0.75, 0.25)


def test_rate_and_longest_gap_come_from_stamps():
    found = measure_behaviour(log_of([(0.0, None), (0.1, None), (0.2, None), (0.7, None)]))
    topic = found.topics['/camera']
    assert topic.rate_hz == pytest.approx(10)
    assert topic.longest_gap_s == pytest.approx(0.5)


def test_dwell_lasts_until_next_emotion():
    rows = [(0.0, 'fear'), (0.2, 'fear'), (0.4, 'neutral'), (0.6, 'neutral'), (0.8, 'fear')]
    found = measure_behaviour(log_of(rows)).emotions
    assert found['fear'] == EmotionFigures(
        share=pytest.approx(0.5),
        times=2,
        mean_dwell_s=pytest.approx(0.2),
        longest_dwell_s=pytest.approx(0.4),
    )
    assert found['neutral'].mean_dwell_s == pytest.approx(0.4)
    assert set(found) == {'fear', 'neutral'}


def test_flicker_is_emotion_changes_per_minute_of_visible_face():
    rows = [(step / 10, 'fear' if step % 20 < 10 else 'neutral') for step in range(61)]
    # Six changes in 6 s, the last one with the last image.
    assert measure_behaviour(log_of(rows)).flicker_per_min == pytest.approx(60)


def test_change_while_face_was_away_does_not_count():
    found = measure_behaviour(
        log_of([(0.0, 'fear'), (0.1, 'fear'), (3.0, 'neutral'), (3.1, 'neutral')])
    )
    assert found.flicker_per_min == 0
    assert found.emotions['fear'].longest_dwell_s == pytest.approx(0.1)


@pytest.mark.parametrize('rate_hz', [0.5, 1, 1.5, 10])
def test_face_in_every_image_is_in_view_at_any_rate(rate_hz):
    (one,) = measure_behaviour(log_of(steady(20, rate_hz))).faces
    assert one.seen_s == pytest.approx(20 - 1 / rate_hz)


def test_rate_of_the_images_and_not_of_the_face_says_when_it_was_away():
    rows = [(step / 10, 'fear' if step % 10 == 0 else None) for step in range(31)]
    (one,) = measure_behaviour(log_of(rows)).faces
    assert (one.images, one.seen_s) == (4, 0)


def test_uncertain_image_is_counted_as_uncertain():
    log = EmotionLog(CLASSES)
    for time_s in (0.0, 0.1):
        log.append('/c', time_s, frame(time_s, face(1, 'fear', named=False)))
    assert set(measure_behaviour(log).emotions) == {'uncertain'}


def test_emotions_of_faces_in_single_images_are_shares_of_the_faces():
    log = EmotionLog(CLASSES)
    for number, emotion in enumerate(['fear', 'fear', 'fear', 'neutral'], start=1):
        log.append('/c', float(number), frame(number, face(number, emotion)))
    found = measure_behaviour(log).emotions
    assert {name: one.share for name, one in found.items()} == {'neutral': 0.25, 'fear': 0.75}


def test_every_face_is_listed_separately():
    log = EmotionLog(CLASSES)
    log.append('/c', 0.0, frame(0.0, face(1, 'fear'), face(4, 'neutral')))
    log.append('/c', 0.1, frame(0.1, face(4, 'neutral')))
    one, four = measure_behaviour(log).faces
    assert (one.face_id, one.images, one.emotion) == (1, 1, 'fear')
    assert (four.face_id, four.first_s, four.last_s) == (4, 0.0, 0.1)


def test_single_image_has_no_rate():
    assert measure_behaviour(log_of([(0.0, None)])).topics['/camera'].rate_hz is None
