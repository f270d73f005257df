from dataclasses import replace

import cv2
import numpy as np
import pytest
from frames import face, frame

from fer_ros.analysis.label_intervals import LabelInterval, Labels
from fer_ros.media.image_stream import StampedImage
from fer_ros.report.thumbnails import FaceThumbnails, WorstDisagreements
from fer_ros.structures import FaceBox

PICTURE = np.full((60, 100, 3), 90, np.uint8)
LABELS = Labels([LabelInterval(0, 100, 'fear')])


def offer(worst, time_s, emotion, sure=0.8, face_id=1):
    image = StampedImage('/c', 0, 0, '', time_s, time_s, PICTURE[:, :, 0], lambda: PICTURE)
    worst.offer(image, frame(time_s, face(face_id, emotion, sure)))


def test_image_that_agrees_with_label_is_not_kept():
    worst = WorstDisagreements(LABELS)
    offer(worst, 1.0, 'fear')
    assert worst.worst_first() == []


def test_disagreement_is_kept_with_label_estimate_and_picture():
    worst = WorstDisagreements(LABELS)
    offer(worst, 1.5, 'neutral', 0.9)
    (kept,) = worst.worst_first()
    assert (kept.time_s, kept.label, kept.estimate, kept.face_id) == (1.5, 'fear', 'neutral', 1)
    assert kept.confidence == np.float32(0.9)
    picture = cv2.imdecode(np.frombuffer(kept.jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert picture.shape[0] == 200


def test_only_worst_disagreement_of_each_second_is_kept():
    worst = WorstDisagreements(LABELS)
    for time_s, sure in ((1.0, 0.6), (1.2, 0.9), (1.4, 0.7), (2.5, 0.5)):
        offer(worst, time_s, 'neutral', sure)
    assert [kept.time_s for kept in worst.worst_first()] == [1.2, 2.5]


def test_label_of_another_topic_is_no_disagreement():
    worst = WorstDisagreements(Labels([LabelInterval(0, 9, 'fear', topic='/other')]))
    offer(worst, 1.0, 'neutral')
    assert worst.worst_first() == []


def test_simultaneous_disagreements_of_two_faces_are_both_kept():
    worst = WorstDisagreements(
        Labels([LabelInterval(0, 9, 'fear', 1), LabelInterval(0, 9, 'fear', 2)])
    )
    offer(worst, 1.0, 'neutral', face_id=1)
    offer(worst, 1.1, 'neutral', face_id=2)
    assert len(worst.worst_first()) == 2


def test_only_eight_worst_disagreements_are_kept():
    worst = WorstDisagreements(LABELS)
    for step in range(40):
        offer(worst, 2.0 * step, 'neutral', 0.5 + step / 100)
    assert [kept.time_s for kept in worst.worst_first()] == [78, 76, 74, 72, 70, 68, 66, 64]


def test_image_without_label_is_not_kept():
    worst = WorstDisagreements(Labels([LabelInterval(0, 1, 'fear')]))
    offer(worst, 5.0, 'neutral')
    assert worst.worst_first() == []


def halves_of(left, right):
    """Return an image whose halves differ in brightness."""
    picture = np.full((60, 100, 3), left, np.uint8)
    picture[:, 50:] = right
    return StampedImage('/c', 0, 0, '', 0.0, 0.0, picture[:, :, 0], lambda: picture)


def at(box, face_id=1, **fields):
    return replace(face(face_id, 'fear'), box=FaceBox(*box), **fields)


def brightness(jpeg):
    picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_GRAYSCALE)
    return round(float(picture.mean()), -1)


def test_each_face_has_a_square_thumbnail():
    faces = FaceThumbnails()
    faces.offer(halves_of(50, 200), frame(0.0, at((10, 20, 30, 40)), at((65, 20, 85, 40), 2)))
    left, right = faces.jpegs()['/c', 1], faces.jpegs()['/c', 2]
    assert (brightness(left), brightness(right)) == (50, 200)
    assert cv2.imdecode(np.frombuffer(left, np.uint8), cv2.IMREAD_COLOR).shape == (112, 112, 3)


def test_thumbnail_is_from_largest_face_fully_inside_image():
    faces = FaceThumbnails()
    for gray, box in (
        (10, (40, 20, 60, 40)),
        (90, (30, 10, 60, 40)),
        (250, (-9, 9, 31, 49)),
    ):
        faces.offer(halves_of(gray, gray), frame(0.0, at(box)))
    assert brightness(faces.jpegs()['/c', 1]) == 90


def test_thumbnail_is_from_face_of_best_quality():
    faces = FaceThumbnails()
    for gray, quality in ((10, 0.1), (90, 0.9), (250, 0.3)):
        image = halves_of(gray, gray)
        faces.offer(image, frame(0.0, at((40, 20, 60, 40), quality=quality)))
    assert brightness(faces.jpegs()['/c', 1]) == 90


def test_thumbnails_are_limited_and_most_seen_face_keeps_its_own():
    faces = FaceThumbnails()
    steady_one = at((40, 20, 60, 40), 1)
    for number in range(2, 200):
        image = halves_of(90, 90)
        faces.offer(image, frame(0.0, steady_one, at((10, 20, 30, 40), number)))
    assert len(faces.jpegs()) == 64
    assert ('/c', 1) in faces.jpegs()


def test_face_outside_the_image_has_a_black_thumbnail():
    faces = FaceThumbnails()
    faces.offer(halves_of(90, 90), frame(0.0, at((200, 200, 220, 220))))
    assert brightness(faces.jpegs()['/c', 1]) == 0


@pytest.mark.parametrize(
    'box', [(0, 150, 200, 350), (120, 40, 520, 440)], ids=['at the edge', 'close-up']
)
def test_thumbnail_keeps_proportions(box):
    picture = np.zeros((480, 640, 3), np.uint8)
    center = (box[0] + box[2]) // 2, (box[1] + box[3]) // 2
    cv2.circle(picture, center, (box[2] - box[0]) * 2 // 5, (255, 255, 255), -1)
    image = StampedImage('/c', 0, 0, '', 0.0, 0.0, picture[:, :, 0], lambda: picture)
    faces = FaceThumbnails()
    faces.offer(image, frame(0.0, at(box)))
    shown = cv2.imdecode(np.frombuffer(faces.jpegs()['/c', 1], np.uint8), cv2.IMREAD_GRAYSCALE)
    rows, columns = np.nonzero(shown > 128)
    assert abs(np.ptp(columns) - np.ptp(rows)) <= 1


def test_thumbnail_from_upside_down_camera_is_upright():
    faces = FaceThumbnails(rotate_deg=180)
    faces.offer(halves_of(50, 200), frame(0.0, at((40, 20, 60, 40))))
    picture = cv2.imdecode(np.frombuffer(faces.jpegs()['/c', 1], np.uint8), cv2.IMREAD_GRAYSCALE)
    assert picture[:, :40].mean() > picture[:, -40:].mean() + 100
