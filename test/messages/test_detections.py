import math

import numpy as np
import pytest
from detection_messages import detection, detections
from message_types import header, sent, types_of

from fer_ros.messages.detections import (
    boxes_from_detections,
    classes_of_detections,
    detections_message,
)
from fer_ros.structures import FaceBox, FaceEmotion, FrameEmotions, Judgement


def test_detection_becomes_box_with_score_of_best_hypothesis():
    msg = detections(0, detection(100, 80, 40, 60, ('face', 0.7), ('head', 0.9)))
    assert boxes_from_detections(msg) == [FaceBox(80, 50, 120, 110, 0.9)]


def test_detection_without_hypotheses_is_read_unless_classes_are_given():
    msg = detections(0, detection(100, 80, 40, 60))
    assert boxes_from_detections(msg) == [FaceBox(80, 50, 120, 110)]
    assert boxes_from_detections(msg, ['face']) == []


def test_boxes_of_other_classes_are_left_out():
    msg = detections(
        0,
        detection(100, 80, 40, 60, ('person', 0.9), ('face', 0.2)),
        detection(200, 80, 40, 60, ('face', 0.8), ('person', 0.3)),
    )
    assert boxes_from_detections(msg, ['face', 'head']) == [FaceBox(180, 50, 220, 110, 0.8)]
    assert classes_of_detections(msg) == {'face', 'person'}


@pytest.mark.parametrize('size', [(0.0, 60.0), (40.0, -1.0), (math.nan, 60.0), (40.0, math.inf)])
def test_box_with_invalid_size_or_position_is_left_out(size):
    msg = detections(0, detection(100, 80, *size), detection(math.nan, 80, 40, 60))
    assert boxes_from_detections(msg) == []


@pytest.mark.parametrize('place', [(1e300, 80), (100, -math.inf), (100, 1e300)])
def test_box_outside_any_image_is_left_out(place):
    assert boxes_from_detections(detections(0, detection(*place, 40, 60))) == []


def test_box_larger_than_any_image_is_left_out():
    assert boxes_from_detections(detections(0, detection(100, 80, 1e300, 1e300))) == []


def test_empty_message_gives_no_boxes():
    assert boxes_from_detections(detections(0)) == []


VISION = types_of('vision_msgs')
CLASSES = ('neutral', 'happiness', 'fear')


def face(face_id, box, *probabilities):
    given = np.array(probabilities, np.float32)
    judged = Judgement.JUDGED if probabilities else Judgement.TOO_SMALL
    emotion = CLASSES[given.argmax()] if probabilities else ''
    return FaceEmotion(face_id, FaceBox(*box), None, emotion, 0.5, given, given, judged)


def written(*faces):
    frame = FrameEmotions(1.0, CLASSES, faces, (640, 480))
    return sent(detections_message(VISION, frame, header()))


def test_face_becomes_detection_with_its_id_and_box_in_pixels():
    msg = written(face(7, (100, 50, 180, 150), 0.25, 0.75, 0))
    assert (msg.header.stamp.sec, msg.header.frame_id) == (12, 'camera_optical')
    (one,) = msg.detections
    assert one.header == msg.header
    assert one.id == '7'
    center = one.bbox.center
    assert (center.position.x, center.position.y, center.theta) == (140, 100, 0)
    assert (one.bbox.size_x, one.bbox.size_y) == (80, 100)


def test_classes_become_hypotheses_with_most_probable_first():
    (one,) = written(face(7, (0, 0, 9, 9), 0.25, 0.625, 0.125)).detections
    found = [(each.hypothesis.class_id, each.hypothesis.score) for each in one.results]
    assert found == [('happiness', 0.625), ('neutral', 0.25), ('fear', 0.125)]


def test_box_is_clipped_to_image():
    (one,) = written(face(7, (-20, 400, 60, 500), 1, 0, 0)).detections
    assert (one.bbox.center.position.x, one.bbox.center.position.y) == (30, 440)
    assert (one.bbox.size_x, one.bbox.size_y) == (60, 80)


def test_face_never_judged_has_a_box_but_no_hypotheses():
    (one,) = written(face(7, (10, 20, 30, 50))).detections
    center = one.bbox.center.position
    assert (center.x, center.y, one.bbox.size_x, one.bbox.size_y) == (20, 35, 20, 30)
    assert (one.id, one.results) == ('7', [])


def test_empty_scene_is_written_as_empty_array():
    assert written().detections == []


def test_detections_keep_order_of_faces():
    ids = [5, 12, 3]
    three = written(*(face(each, (9 * each, 0, 9 * each + 9, 9), 1, 0, 0) for each in ids))
    assert [one.id for one in three.detections] == ['5', '12', '3']


def test_written_boxes_are_read_back_unchanged():
    msg = written(face(3, (10, 20, 30, 50), 1, 0, 0), face(5, (40, 0, 48, 9), 0.25, 0.75, 0))
    assert boxes_from_detections(msg) == [FaceBox(10, 20, 30, 50, 1), FaceBox(40, 0, 48, 9, 0.75)]
