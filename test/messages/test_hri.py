import math

import numpy as np
import pytest
from message_types import header, sent, types_of

from fer_ros.labels import FERPLUS_CLASSES
from fer_ros.messages.hri import (
    EXPRESSIONS,
    OTHER_EXPRESSIONS,
    expression_message,
    landmarks_message,
    roi_message,
)
from fer_ros.structures import FaceBox, FaceEmotion, FrameEmotions, Judgement, Landmarks

HRI = types_of('hri_msgs')
SIZE_WH = (640, 480)


def face(box=(64, 48, 320, 288), points=None, measures=(), **probabilities):
    given = [probabilities.get(name, 0.0) for name in FERPLUS_CLASSES]
    best = FERPLUS_CLASSES[int(np.argmax(given))] if probabilities else ''
    return FaceEmotion(
        7,
        FaceBox(*box),
        Landmarks(points) if points is not None else None,
        best,
        max(given),
        np.array(given, np.float32),
        np.array(given, np.float32),
        Judgement.JUDGED if best else Judgement.UNCERTAIN,
        measures=np.array(measures, np.float32),
    )


def expression(one, contempt='skip', measure_names=(), classes=FERPLUS_CLASSES):
    frame = FrameEmotions(1.0, classes, (one,), SIZE_WH, measure_names=measure_names)
    msg = expression_message(HRI, one, frame, contempt, header())
    return msg and sent(msg)


def test_roi_edges_are_fractions_of_image():
    msg = sent(roi_message(HRI, face(), SIZE_WH, header()))
    assert (msg.header.stamp.sec, msg.header.stamp.nanosec) == (12, 500_000_000)
    assert msg.header.frame_id == 'camera_optical'
    assert (msg.xmin, msg.ymin, msg.xmax, msg.ymax) == pytest.approx((0.1, 0.1, 0.5, 0.6))
    assert msg.c == 1


def test_roi_is_clipped_to_image():
    msg = sent(roi_message(HRI, face(box=(-64, 240, 128, 600)), SIZE_WH, header()))
    assert (msg.xmin, msg.ymin, msg.xmax, msg.ymax) == pytest.approx((0, 0.5, 0.2, 1))


def test_landmarks_are_fractions_of_image_from_its_corner():
    points = np.tile(np.float32([319.5, 119.5]), (68, 1))
    points[30] = (-0.5, 479.5)
    msg = sent(landmarks_message(HRI, face(points=points), SIZE_WH, header()))
    assert (msg.width, msg.height) == (640, 480)
    assert len(msg.landmarks) == 70
    assert (msg.landmarks[0].x, msg.landmarks[0].y, msg.landmarks[0].c) == (0.5, 0.25, 1)
    assert (msg.landmarks[30].x, msg.landmarks[30].y, msg.landmarks[30].c) == (0, 1, 1)


def test_pupils_have_confidence_0():
    msg = sent(landmarks_message(HRI, face(points=np.ones((68, 2))), SIZE_WH, header()))
    assert [point.c for point in msg.landmarks[68:]] == [0, 0]


def test_landmark_outside_image_is_moved_to_edge_with_confidence_0():
    points = np.tile(np.float32([100, 100]), (68, 1))
    points[16] = (700, 50)
    msg = sent(landmarks_message(HRI, face(points=points), SIZE_WH, header()))
    edge = msg.landmarks[16]
    assert (edge.x, edge.y, edge.c) == pytest.approx((1, 50.5 / 480, 0))


@pytest.mark.parametrize(
    ('name', 'called'),
    [
        ('neutral', 'neutral'),
        ('happiness', 'happy'),
        ('sadness', 'sad'),
        ('anger', 'angry'),
        ('fear', 'scared'),
        ('surprise', 'surprised'),
        ('disgust', 'disgusted'),
    ],
)
def test_expression_has_standard_name_and_probability_as_confidence(name, called):
    msg = expression(face(**{name: 0.75, 'contempt': 0.25}))
    assert (msg.expression, msg.confidence) == (called, 0.75)
    assert msg.header.frame_id == 'camera_optical'


def test_every_class_but_contempt_has_an_expression():
    assert set(FERPLUS_CLASSES) - set(EXPRESSIONS) == {'contempt'}


def test_contempt_is_skipped_for_next_most_probable_class():
    msg = expression(face(contempt=0.5, anger=0.3, neutral=0.2))
    assert (msg.expression, msg.confidence) == ('angry', pytest.approx(0.3))


def test_contempt_can_be_mapped_to_another_expression():
    assert 'skeptical' in OTHER_EXPRESSIONS
    msg = expression(face(contempt=0.5, anger=0.3, neutral=0.2), contempt='skeptical')
    assert (msg.expression, msg.confidence) == ('skeptical', 0.5)


def test_valence_and_arousal_come_from_measures():
    one = face(happiness=1, measures=(0.1, 0.5, -0.25))
    msg = expression(one, measure_names=('gaze', 'valence', 'arousal'))
    assert (msg.valence, msg.arousal) == (0.5, -0.25)


@pytest.mark.parametrize('measures', [(), (math.nan, math.nan)])
def test_unknown_valence_and_arousal_are_zero(measures):
    names = ('valence', 'arousal')[: len(measures)]
    msg = expression(face(happiness=1, measures=measures), measure_names=names)
    assert (msg.valence, msg.arousal) == (0, 0)


def test_face_without_emotion_has_no_expression():
    assert expression(face()) is None


def test_classes_unknown_to_standard_give_no_expression():
    one = FaceEmotion(
        1, FaceBox(0, 0, 9, 9), None, 'boredom', 1.0, np.float32([1, 0]), np.float32([1, 0])
    )
    assert expression(one, classes=('boredom', 'pain')) is None


def test_class_unknown_to_standard_is_not_replaced_by_an_improbable_one():
    probabilities = np.float32([0.03, 0.97])
    one = FaceEmotion(1, FaceBox(0, 0, 9, 9), None, 'smiling', 0.97, probabilities, probabilities)
    assert expression(one, classes=('sadness', 'smiling')) is None


@pytest.mark.parametrize('name', ['bored', 'scared'])
def test_class_of_own_model_that_the_standard_has_is_published(name):
    probabilities = np.float32([0.6, 0.4])
    one = FaceEmotion(1, FaceBox(0, 0, 9, 9), None, name, 0.6, probabilities, probabilities)
    msg = expression(one, classes=(name, 'engaged'))
    assert (msg.expression, msg.confidence) == (name, pytest.approx(0.6))
