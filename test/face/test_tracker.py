from itertools import count

import numpy as np
import pytest

from fer_ros.errors import SettingError
from fer_ros.face.landmark_layout import MEAN_SHAPE_NORM
from fer_ros.face.track import Find
from fer_ros.face.tracker import FaceTracker, TrackerSettings
from fer_ros.structures import AlignedFace, FaceBox, Landmarks

PATTERN = (np.arange(48 * 48).reshape(48, 48) % 97).astype(np.uint8)


def box(x, y=100.0, side=100.0):
    return FaceBox(x, y, x + side, y + side, 1.0)


def ids(faces):
    return [face.face_id for face in faces]


def accept(tracker, face, stamp_s, crop=PATTERN):
    center, side = face.box.center_px, face.box.width_px
    points = (MEAN_SHAPE_NORM - MEAN_SHAPE_NORM.mean(axis=0)) * (side / 1.7) + center
    landmarks = Landmarks(points.astype(np.float32))
    return tracker.accept(face, landmarks, AlignedFace(crop, MEAN_SHAPE_NORM), stamp_s)


def test_first_image_is_detected():
    assert FaceTracker().detection_due(0.0)


def test_detection_is_due_again_after_the_interval():
    tracker = FaceTracker(TrackerSettings(detect_interval_s=0.3))
    tracker.match([box(100)], 5.0)
    assert not tracker.detection_due(5.2)
    assert tracker.detection_due(5.3)


def test_detection_is_due_after_the_delay_when_nobody_is_followed():
    tracker = FaceTracker(TrackerSettings(detect_interval_s=0.3, detect_delay_s=0.1))
    tracker.match([], 5.0)
    assert not tracker.detection_due(5.05)
    assert tracker.detection_due(5.1)
    tracker.settings = TrackerSettings(detect_interval_s=0.3, detect_delay_s=0)
    assert not tracker.detection_due(5.1)
    assert tracker.detection_due(5.3)


def test_missed_face_makes_detection_due_at_once():
    tracker = FaceTracker(TrackerSettings(detect_interval_s=0.3))
    tracker.match([box(100)], 5.0)
    tracker.match([], 5.3)
    assert tracker.detection_due(5.33)


def test_moving_face_keeps_its_id():
    tracker = FaceTracker()
    for step in range(4):
        (face,) = tracker.match([box(100 + 30 * step)], 0.1 * step)
        assert face.face_id == 1
        accept(tracker, face, 0.1 * step)


def test_numbers_of_faces_begin_and_go_on_as_told():
    tracker = FaceTracker(face_ids=count(2, 3))
    assert ids(tracker.match([box(100), box(400)], 0.0)) == [2, 5]
    tracker.reset()
    assert ids(tracker.match([box(100)], 0.1)) == [8]


def test_face_says_whether_it_was_detected_or_followed_and_since_when():
    tracker = FaceTracker()
    (face,) = tracker.match([box(100)], 0.5)
    assert (face.detected, face.first_seen_s) == (True, 0.5)
    accept(tracker, face, 0.5)
    (face,) = tracker.followed(0.6)
    assert (face.detected, face.first_seen_s) == (False, 0.5)
    accept(tracker, face, 0.6)
    (face,) = tracker.match([], 0.7)
    assert (face.detected, face.first_seen_s) == (False, 0.5)
    (face,) = tracker.match([box(100)], 0.8)
    assert (face.detected, face.first_seen_s) == (True, 0.5)


def test_face_found_in_a_past_image_is_seen_first_in_the_present_one():
    (face,) = FaceTracker().catch_up([Find(box(100))], {}, 0.2, 0.3)
    assert (face.detected, face.first_seen_s) == (False, 0.3)


def test_doubted_face_that_is_detected_again_says_so():
    tracker = FaceTracker()
    accept(tracker, tracker.match([box(100)], 0.0)[0], 0.0)
    (face,) = tracker.followed(0.1)
    again = tracker.find_again(face, [box(120)], 0.1)
    assert (again.detected, again.first_seen_s, again.box) == (True, 0.0, box(120))


def test_two_faces_keep_their_ids_when_detections_change_order():
    tracker = FaceTracker()
    tracker.match([box(100), box(400)], 0.0)
    faces = tracker.match([box(405), box(95)], 0.1)
    assert {face.face_id: face.box.x0_px for face in faces} == {1: 95, 2: 405}


def test_two_detections_near_one_face_are_two_faces():
    tracker = FaceTracker()
    tracker.match([box(100)], 0.0)
    assert ids(tracker.match([box(110), box(130)], 0.1)) == [1, 2]


def test_box_of_another_size_is_another_face():
    tracker = FaceTracker()
    tracker.match([box(100)], 0.0)
    assert ids(tracker.match([box(100, side=220)], 0.1)) == [1, 2]


def test_flickering_face_keeps_its_id_however_often_it_is_missed():
    tracker = FaceTracker(TrackerSettings(keep_s=1.0))
    for step in range(20):
        tracker.match([box(100)] if step % 2 == 0 else [], 0.6 * step)
    assert ids(tracker.match([box(100)], 12.0)) == [1]


def test_face_missed_for_longer_than_keep_is_gone():
    tracker = FaceTracker(TrackerSettings(keep_s=1.0))
    tracker.match([box(100)], 0.0)
    assert ids(tracker.match([], 0.9)) == [1]
    assert ids(tracker.match([], 1.1)) == []


def test_id_is_not_used_again():
    tracker = FaceTracker(TrackerSettings(keep_s=0.1))
    tracker.match([box(100)], 0.0)
    tracker.match([], 1.0)
    assert ids(tracker.match([box(100)], 2.0)) == [2]
    tracker.reset()
    assert ids(tracker.match([box(100)], 3.0)) == [3]


def test_best_detections_are_tracked_up_to_max_faces():
    tracker = FaceTracker(TrackerSettings(max_faces=2))
    faces = tracker.match([box(100), box(300), box(500)], 0.0)
    assert [face.box.x0_px for face in faces] == [100, 300]


def test_fewer_max_faces_while_running_keep_the_oldest():
    tracker = FaceTracker()
    tracker.match([box(100), box(300), box(500)], 0.0)
    tracker.settings = TrackerSettings(max_faces=1)
    assert ids(tracker.match([box(500), box(300), box(100)], 0.1)) == [1]


def test_clock_that_stands_still_detects_in_every_image():
    tracker = FaceTracker()
    tracker.match([box(100)], 5.0)
    assert tracker.detection_due(5.0)


def test_followed_face_is_expected_where_its_motion_takes_it():
    tracker = FaceTracker()
    for step in range(3):
        (face,) = tracker.match([box(100 + 20 * step)], 0.1 * step)
        assert accept(tracker, face, 0.1 * step)
    (face,) = tracker.followed(0.3)
    assert face.box.center_px[0] == pytest.approx(210, abs=2)


def test_followed_face_that_looks_like_before_is_accepted():
    tracker = FaceTracker()
    (face,) = tracker.match([box(100)], 0.0)
    accept(tracker, face, 0.0)
    (face,) = tracker.followed(0.03)
    assert accept(tracker, face, 0.03)


def test_followed_face_that_looks_like_something_else_is_doubted():
    tracker = FaceTracker()
    (face,) = tracker.match([box(100)], 0.0)
    accept(tracker, face, 0.0)
    (face,) = tracker.followed(0.03)
    assert not accept(tracker, face, 0.03, crop=PATTERN.T.copy())
    assert not accept(tracker, face, 0.03, crop=np.full((48, 48), 90, np.uint8))


def test_detected_face_is_not_doubted():
    tracker = FaceTracker()
    (face,) = tracker.match([box(100)], 0.0)
    accept(tracker, face, 0.0)
    (face,) = tracker.match([box(100)], 0.03)
    assert accept(tracker, face, 0.03, crop=PATTERN.T.copy())


def test_landmarks_that_form_no_face_are_doubted():
    tracker = FaceTracker()
    (face,) = tracker.match([box(100)], 0.0)
    accept(tracker, face, 0.0)
    (face,) = tracker.followed(0.03)
    landmarks = Landmarks(np.full((68, 2), 150, np.float32))
    assert not tracker.accept(face, landmarks, AlignedFace(PATTERN, MEAN_SHAPE_NORM * 3), 0.03)


def test_search_that_begins_makes_no_other_due_until_the_interval_has_passed():
    tracker = FaceTracker(TrackerSettings(detect_interval_s=0.3))
    (face,) = tracker.match([box(100)], 5.0)
    accept(tracker, face, 5.0)
    tracker.begin_search(5.3)
    tracker.catch_up([Find(box(100), face_id=1)], {1: box(100)}, 5.3, 5.45)
    assert not tracker.detection_due(5.5)
    assert tracker.detection_due(5.6)


def test_face_found_in_an_earlier_image_is_expected_where_it_has_moved_since():
    tracker = FaceTracker()
    for step in range(5):
        (face,) = tracker.match([box(100 + 20 * step)], 0.1 * step)
        assert accept(tracker, face, 0.1 * step)
    found = box(143)
    (face,) = tracker.catch_up([Find(found, face_id=1)], {1: box(140)}, 0.2, 0.5)
    assert face.box.center_px[0] == pytest.approx(253, abs=2)


def test_new_face_found_in_an_earlier_image_is_doubted_when_it_is_gone():
    tracker = FaceTracker()
    (face,) = tracker.catch_up([Find(box(100), crop=PATTERN)], {}, 0.2, 0.3)
    assert face.face_id == 1
    assert not accept(tracker, face, 0.3, crop=PATTERN.T.copy())
    assert accept(tracker, face, 0.3)


def test_face_missed_by_searches_for_longer_than_keep_is_gone():
    tracker = FaceTracker(TrackerSettings(keep_s=1.0))
    (face,) = tracker.match([box(100)], 0.0)
    accept(tracker, face, 0.0)
    assert ids(tracker.catch_up([], {1: box(100)}, 0.9, 1.05)) == [1]
    assert ids(tracker.catch_up([], {1: box(100)}, 1.1, 1.2)) == []


def test_find_of_a_face_that_was_forgotten_since_is_left_out():
    assert FaceTracker().catch_up([Find(box(100), face_id=7)], {7: box(100)}, 0.2, 0.3) == ()


def test_negative_interval_is_refused():
    with pytest.raises(SettingError, match='detect_interval_s is -1, allowed are 0 and more'):
        TrackerSettings(detect_interval_s=-1)


def test_negative_delay_is_refused():
    with pytest.raises(SettingError, match='detect_delay_s is -1, allowed are 0 and more'):
        TrackerSettings(detect_delay_s=-1)


def test_no_faces_at_most_is_refused():
    with pytest.raises(SettingError, match='max_faces is 0, allowed are 1 and more'):
        TrackerSettings(max_faces=0)
