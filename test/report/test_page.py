from frames import CLASSES, face, frame, log_of, log_of_two_rates, steady

from fer_ros.analysis.agreement import ConfusionFigures
from fer_ros.analysis.behaviour import measure_behaviour
from fer_ros.analysis.emotion_log import EmotionLog
from fer_ros.report.page import confusion_cell, shown_classes, shown_faces
from fer_ros.report.timeline import make_timeline

FIGURES = ConfusionFigures(
    4, 0.75, 0.86, ('neutral', 'happiness', 'fear'), ((3, 1, 0), (0, 0, 0), (0, 0, 0))
)


def test_confusion_cell_is_count_and_percentage_of_its_label():
    assert confusion_cell(FIGURES, 'neutral', 'happiness') == (1, 25.0)
    assert confusion_cell(FIGURES, 'fear', 'fear') == (0, 0.0)


def test_only_classes_that_occur_are_shown():
    assert shown_classes(FIGURES) == ['neutral', 'happiness']


def shown_of(log, pictures=None):
    return shown_faces(measure_behaviour(log).faces, make_timeline(log), pictures or {})


def test_face_is_shown_with_picture_and_timeline_row():
    (shown,) = shown_of(log_of(steady(2)), {('/camera', 1): b'jpeg'})
    assert (shown.row.face_id, shown.why_no_row) == (1, '')
    assert shown.picture == 'data:image/jpeg;base64,anBlZw=='


def test_briefly_seen_face_says_why_it_has_no_row():
    log = log_of(steady(2))
    log.append('/camera', 2.0, frame(2.0, face(1, 'fear'), face(2, 'fear')))
    first, second = shown_of(log)
    assert (first.why_no_row, second.row) == ('', None)
    assert second.why_no_row == 'seen for less than 0.3 s'


def test_each_face_in_crowd_has_a_row_or_a_reason():
    log = EmotionLog(CLASSES)
    for step in range(300):
        faces = [face(number, 'fear') for number in range(1, 31) if step < 10 * number]
        log.append('/camera', step / 10, frame(step / 10, *faces))
    shown = shown_of(log)
    assert [one.figures.face_id for one in shown] == list(range(11, 31))
    reasons = [one.why_no_row for one in shown if one.row is None]
    assert reasons == ['the 12 faces seen longest have a row'] * 8


def test_face_of_a_slow_camera_that_is_seen_longest_is_shown():
    (slow,) = [shown for shown in shown_of(log_of_two_rates()) if shown.figures.topic == '/slow']
    assert slow.row is not None
