import cv2
import numpy as np
from frames import face, frame

from fer_ros.analysis.label_intervals import LabelInterval, Labels
from fer_ros.media.image_stream import StampedImage
from fer_ros.report.thumbnails import WorstDisagreements

PICTURE = np.full((60, 100, 3), 90, np.uint8)
LABELS = Labels([LabelInterval(0, 100, 'fear')])


def offer(worst, time_s, emotion, sure=0.8, face_id=1):
    image = StampedImage('/c', 0, 0, '', time_s, time_s, PICTURE[:, :, 0], lambda: PICTURE)
    worst.offer(image, frame(time_s, face(face_id, emotion, sure)))


def test_agreement_is_not_kept():
    worst = WorstDisagreements(LABELS)
    offer(worst, 1.0, 'fear')
    assert worst.worst_first() == []


def test_disagreement_is_kept_with_what_was_said():
    worst = WorstDisagreements(LABELS)
    offer(worst, 1.5, 'neutral', 0.9)
    (kept,) = worst.worst_first()
    assert (kept.time_s, kept.label, kept.estimate, kept.face_id) == (1.5, 'fear', 'neutral', 1)
    assert kept.confidence == np.float32(0.9)
    picture = cv2.imdecode(np.frombuffer(kept.jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert picture.shape[0] == 200


def test_of_a_second_only_the_worst_is_kept():
    worst = WorstDisagreements(LABELS)
    for time_s, sure in ((1.0, 0.6), (1.2, 0.9), (1.4, 0.7), (2.5, 0.5)):
        offer(worst, time_s, 'neutral', sure)
    assert [kept.time_s for kept in worst.worst_first()] == [1.2, 2.5]


def test_two_faces_of_a_moment_are_both_kept():
    worst = WorstDisagreements(
        Labels([LabelInterval(0, 9, 'fear', 1), LabelInterval(0, 9, 'fear', 2)])
    )
    offer(worst, 1.0, 'neutral', face_id=1)
    offer(worst, 1.1, 'neutral', face_id=2)
    assert len(worst.worst_first()) == 2


def test_only_the_worst_are_kept_however_long_the_bag():
    worst = WorstDisagreements(LABELS)
    for step in range(40):
        offer(worst, 2.0 * step, 'neutral', 0.5 + step / 100)
    assert [kept.time_s for kept in worst.worst_first()] == [78, 76, 74, 72, 70, 68, 66, 64]


def test_image_without_a_label_is_not_looked_at():
    worst = WorstDisagreements(Labels([LabelInterval(0, 1, 'fear')]))
    offer(worst, 5.0, 'neutral')
    assert worst.worst_first() == []
