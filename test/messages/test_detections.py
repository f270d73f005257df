import math

import pytest
from detection_messages import detection, detections

from fer_ros.messages.detections import boxes_from_detections, classes_of_detections
from fer_ros.structures import FaceBox


def test_box_has_its_edges_and_the_score_of_its_best_hypothesis():
    msg = detections(0, detection(100, 80, 40, 60, ('face', 0.7), ('head', 0.9)))
    assert boxes_from_detections(msg) == [FaceBox(80, 50, 120, 110, 0.9)]


def test_box_without_hypotheses_is_a_face_where_every_box_is():
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
def test_box_without_a_size_is_left_out(size):
    msg = detections(0, detection(100, 80, *size), detection(math.nan, 80, 40, 60))
    assert boxes_from_detections(msg) == []


def test_nobody_is_no_box():
    assert boxes_from_detections(detections(0)) == []
