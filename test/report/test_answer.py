from frames import CLASSES, face, frame, log_of_two_rates

from fer_ros.analysis.behaviour import measure_behaviour
from fer_ros.analysis.emotion_log import EmotionLog
from fer_ros.report.answer import answer, faces_text


def behaviour_of(*seen, topic='/camera'):
    """Return the behaviour of ``(time_s, {face_id: emotion})`` images."""
    log = EmotionLog(CLASSES)
    for time_s, emotions in seen:
        faces = [face(number, emotion) for number, emotion in emotions.items()]
        log.append(topic, time_s, frame(time_s, *faces))
    return measure_behaviour(log)


def test_answer_has_one_line_per_face():
    seen = [(step / 10, {1: 'happiness' if step < 60 else 'neutral'}) for step in range(101)]
    seen[20] = (2.0, {1: 'happiness', 12: 'fear'})
    assert answer(behaviour_of(*seen)) == [
        '#1   0.0–10.0 s  happiness 60 %, neutral 40 %',
        '#12  2.0–2.0 s   fear 100 %',
    ]


def test_answer_without_faces_says_so():
    found = behaviour_of((0.0, {}), (0.1, {}))
    assert answer(found) == ['no face was seen']
    assert faces_text(found) == 'no face'


def test_answer_for_several_topics_names_them():
    log = EmotionLog(CLASSES)
    for topic in ('/left', '/right'):
        for step in range(11):
            log.append(topic, step / 10, frame(step / 10, face(1, 'fear')))
    assert answer(measure_behaviour(log)) == [
        '#1  0.0–1.0 s  fear 100 %  /left',
        '#1  0.0–1.0 s  fear 100 %  /right',
    ]


def test_answer_for_crowd_only_counts_briefly_seen_faces():
    seen = [
        (step / 10, {number: 'fear' for number in range(1, 21) if step <= 10 * number})
        for step in range(201)
    ]
    lines = answer(behaviour_of(*seen))
    assert len(lines) == 13
    assert lines[0].startswith('#9 ')
    assert lines[-1] == 'and 8 more, seen for 8.0 s or less'


def test_face_of_a_slow_camera_that_is_seen_longest_is_told():
    lines = answer(measure_behaviour(log_of_two_rates()))
    assert '#1   0.0–39.0 s   happiness 100 %  /slow' in lines
    assert lines[-1] == 'and 9 more, seen for 2.0 s or less'


def test_constant_number_of_faces_is_stated_exactly():
    assert faces_text(behaviour_of((0.0, {1: 'fear'}))) == '1 face in each image'
    assert faces_text(behaviour_of((0.0, {1: 'fear', 4: 'fear'}))) == '2 faces in each image'


def test_varying_number_of_faces_is_stated_as_average_and_maximum():
    seen = [(step / 10, {1: 'fear', 2: 'fear'} if step < 2 else {1: 'fear'}) for step in range(10)]
    assert faces_text(behaviour_of(*seen)) == '1.2 faces per image on average, at most 2'
