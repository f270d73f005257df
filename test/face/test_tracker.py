"""Identity by position and appearance, with made-up boxes and crops."""

from itertools import count

import numpy as np
import pytest

from fer_ros.errors import SettingError
from fer_ros.face.appearance import look_of
from fer_ros.face.landmark_layout import MEAN_SHAPE_NORM
from fer_ros.face.track import Find, Sighting
from fer_ros.face.tracker import FaceTracker, TrackerSettings
from fer_ros.structures import AlignedFace, FaceBox, Landmarks


def person(seed):
    """A crop that resembles no crop of another seed."""
    return np.random.default_rng(seed).integers(0, 256, (48, 48), np.uint8)


ANN, BOB = person(1), person(2)


def box(x, y=100.0, side=100.0):
    return FaceBox(x, y, x + side, y + side, 1.0)


def sighting(place, crop=ANN, shape_norm=MEAN_SHAPE_NORM):
    center, side = place.center_px, place.width_px
    points = (MEAN_SHAPE_NORM - MEAN_SHAPE_NORM.mean(axis=0)) * (side / 1.7) + center
    return Sighting(Landmarks(points.astype(np.float32)), AlignedFace(crop, shape_norm))


def look(tracker, stamp_s, crops=(), boxes=None):
    """Process an image: detect, if boxes are given, and accept what each track shows.

    Returns:
        The ids of the faces that were accepted, in order of their tracks.
    """
    tracker.expect(stamp_s)
    if boxes is not None:
        tracker.found(boxes, stamp_s)
    accepted = []
    crops = dict(enumerate(crops))
    for index, track in enumerate(tracker.tracks):
        shown = sighting(track.expected, crops.get(index, ANN))
        if tracker.accept(track, shown, stamp_s) and track.face_id is not None:
            accepted.append(track.face_id)
    return accepted


def test_detection_is_due_in_first_image():
    assert FaceTracker().detection_due(0.0)


def test_detection_is_due_again_after_interval():
    tracker = FaceTracker(TrackerSettings(detect_interval_s=0.3))
    look(tracker, 5.0, boxes=[box(100)])
    assert not tracker.detection_due(5.2)
    assert tracker.detection_due(5.3)


def test_missed_face_makes_detection_due_at_once():
    tracker = FaceTracker(TrackerSettings(detect_interval_s=0.3))
    look(tracker, 5.0, boxes=[box(100)])
    look(tracker, 5.3, boxes=[])
    assert tracker.detection_due(5.33)


def test_lost_face_makes_detection_due_after_delay_while_others_are_tracked():
    tracker = FaceTracker(TrackerSettings(detect_interval_s=0.3, detect_delay_s=0.1))
    look(tracker, 5.0, [ANN, BOB], [box(100), box(400)])
    tracker.lose(tracker.tracks[1])
    assert not tracker.detection_due(5.05)
    assert tracker.detection_due(5.1)
    tracker.settings = TrackerSettings(detect_interval_s=0.3, detect_delay_s=0)
    assert not tracker.detection_due(5.1)
    assert tracker.detection_due(5.3)


def test_detection_is_due_if_clock_stands_still():
    tracker = FaceTracker()
    look(tracker, 5.0, boxes=[box(100)])
    assert tracker.detection_due(5.0)


def test_moving_face_keeps_its_id():
    tracker = FaceTracker()
    for step in range(4):
        assert look(tracker, 0.1 * step, boxes=[box(100 + 30 * step)]) == [1]


def test_ids_come_from_given_sequence_and_continue_after_reset():
    tracker = FaceTracker(face_ids=count(2, 3))
    assert look(tracker, 0.0, [ANN, BOB], [box(100), box(400)]) == [2, 5]
    tracker.reset()
    assert look(tracker, 0.1, boxes=[box(100)]) == [8]


def test_face_states_whether_it_was_detected_and_when_first_seen():
    tracker = FaceTracker()
    for stamp_s, boxes, detected in (
        (0.5, [box(100)], True),
        (0.6, None, False),
        (0.7, [], False),
        (0.8, [box(100)], True),
    ):
        assert look(tracker, stamp_s, boxes=boxes) == [1]
        face = tracker.tracks[0].as_seen()
        assert (face.detected, face.first_seen_s) == (detected, 0.5)


def test_two_faces_keep_their_ids_when_detections_change_order():
    tracker = FaceTracker()
    look(tracker, 0.0, [ANN, BOB], [box(100), box(400)])
    assert look(tracker, 0.1, [ANN, BOB], [box(405), box(95)]) == [1, 2]
    assert [track.expected.x0_px for track in tracker.tracks] == [95, 405]


def test_box_of_different_size_is_new_face():
    tracker = FaceTracker()
    look(tracker, 0.0, boxes=[box(100)])
    assert look(tracker, 0.1, [ANN, BOB], [box(100, side=220)]) == [1, 2]


def test_tracks_of_same_face_merge_into_older_one():
    tracker = FaceTracker()
    look(tracker, 0.0, boxes=[box(100), box(108)])
    tracker.merge()
    assert [track.face_id for track in tracker.tracks] == [1]


def test_intermittently_detected_face_keeps_its_id():
    tracker = FaceTracker(TrackerSettings(keep_s=1.0))
    for step in range(20):
        found = [box(100)] if step % 2 == 0 else []
        assert look(tracker, 0.6 * step, boxes=found) == [1]


def test_face_missed_for_longer_than_keep_s_is_no_longer_tracked():
    tracker = FaceTracker(TrackerSettings(keep_s=1.0))
    look(tracker, 0.0, boxes=[box(100)])
    assert look(tracker, 0.9, boxes=[]) == [1]
    assert look(tracker, 1.1, boxes=[]) == []


def test_face_missed_once_is_tracked_further_where_detections_are_far_apart():
    tracker = FaceTracker(TrackerSettings(detect_interval_s=2.0, keep_s=1.0))
    look(tracker, 0.0, boxes=[box(100)])
    for tenth in range(1, 20):
        look(tracker, tenth / 10)
    assert look(tracker, 2.0, boxes=[]) == [1]
    assert look(tracker, 2.4, boxes=[]) == [1]
    assert look(tracker, 2.6, boxes=[]) == []


def test_returning_face_regains_its_id_and_first_seen_stamp():
    tracker = FaceTracker(TrackerSettings(keep_s=1.0))
    look(tracker, 0.0, boxes=[box(100)])
    look(tracker, 1.1, boxes=[])
    assert look(tracker, 3.0, boxes=[box(110)]) == [1]
    assert tracker.tracks[0].first_seen_s == 0.0


def test_face_returning_elsewhere_regains_its_id():
    tracker = FaceTracker()
    look(tracker, 0.0, boxes=[box(100)])
    look(tracker, 1.1, boxes=[])
    assert look(tracker, 3.0, boxes=[box(500)]) == [1]


def test_face_in_place_of_lost_one_is_new_once_seen_for_confirm_s():
    tracker = FaceTracker(TrackerSettings(confirm_s=0.2))
    look(tracker, 0.0, boxes=[box(100)])
    look(tracker, 1.1, boxes=[])
    assert look(tracker, 1.5, [BOB], [box(100)]) == []
    assert look(tracker, 1.6, [BOB], [box(100)]) == []
    assert look(tracker, 1.7, [BOB]) == [2]


def test_face_in_place_of_lost_one_gets_no_id_unless_detected_again():
    tracker = FaceTracker(TrackerSettings(confirm_s=0.2))
    look(tracker, 0.0, boxes=[box(100)])
    look(tracker, 1.1, boxes=[])
    look(tracker, 1.5, [BOB], [box(100)])
    assert look(tracker, 1.8, [BOB]) == []


def test_face_away_from_lost_one_is_new_at_once():
    tracker = FaceTracker()
    look(tracker, 0.0, boxes=[box(100)])
    look(tracker, 1.1, boxes=[])
    assert look(tracker, 1.5, [BOB], [box(500)]) == [2]


def test_face_is_forgotten_after_remember_s():
    tracker = FaceTracker(TrackerSettings(remember_s=5.0))
    look(tracker, 0.0, boxes=[box(100)])
    look(tracker, 1.1, boxes=[])
    assert tracker.known_ids == {1}
    assert look(tracker, 5.1, boxes=[box(100)]) == [2]


def test_tracked_face_is_forgotten_after_gap_in_images_longer_than_remember_s():
    tracker = FaceTracker(TrackerSettings(remember_s=5.0))
    assert look(tracker, 0.0, boxes=[box(100)]) == [1]
    assert look(tracker, 4.9, boxes=[box(100)]) == [1]
    assert look(tracker, 10.0, boxes=[box(100)]) == [2]
    assert look(tracker, 3600.0, boxes=[box(400)]) == [3]
    assert tracker.tracks[0].first_seen_s == 3600.0


def test_unconfirmed_detection_uses_no_id():
    tracker = FaceTracker()
    tracker.expect(0.3)
    tracker.found_earlier([Find(box(100), look=look_of(ANN))], {}, 0.2, 0.3)
    (track,) = tracker.tracks
    assert not tracker.accept(track, sighting(track.expected, BOB), 0.3)
    tracker.lose(track)
    assert look(tracker, 0.6, boxes=[box(400)]) == [1]


def test_detection_whose_landmarks_form_no_face_gets_no_id():
    tracker = FaceTracker()
    tracker.expect(0.0)
    tracker.found([box(100)], 0.0)
    (track,) = tracker.tracks
    assert not tracker.accept(track, sighting(box(100), shape_norm=MEAN_SHAPE_NORM * 3), 0.0)
    assert track.face_id is None


def test_reset_also_forgets_lost_faces():
    tracker = FaceTracker()
    look(tracker, 0.0, boxes=[box(100)])
    look(tracker, 1.1, boxes=[])
    tracker.reset()
    assert look(tracker, 1.2, boxes=[box(100)]) == [2]


def test_best_detections_are_tracked_up_to_max_faces():
    tracker = FaceTracker(TrackerSettings(max_faces=2))
    look(tracker, 0.0, [ANN, BOB], [box(100), box(300), box(500)])
    assert [track.expected.x0_px for track in tracker.tracks] == [100, 300]


def test_lowering_max_faces_keeps_oldest_face():
    tracker = FaceTracker()
    look(tracker, 0.0, [ANN, BOB, person(3)], [box(100), box(300), box(500)])
    tracker.settings = TrackerSettings(max_faces=1)
    assert look(tracker, 0.1, [ANN], [box(500), box(300), box(100)]) == [1]


def test_face_displaced_by_max_faces_regains_its_id():
    tracker = FaceTracker(TrackerSettings(max_faces=1))
    assert look(tracker, 0.0, [ANN], [box(100), box(400)]) == [1]
    assert look(tracker, 0.1, [BOB], [box(400)]) == [2]
    assert look(tracker, 0.2, [ANN], [box(100)]) == [1]


def test_tracked_face_is_expected_where_its_motion_takes_it():
    tracker = FaceTracker()
    for step in range(3):
        look(tracker, 0.1 * step, boxes=[box(100 + 20 * step)])
    tracker.expect(0.3)
    assert tracker.tracks[0].expected.center_px[0] == pytest.approx(210, abs=2)


def test_face_is_expected_where_last_seen_after_gap_in_images():
    tracker = FaceTracker()
    for step in range(3):
        look(tracker, 0.1 * step, boxes=[box(100 + 20 * step)])
    tracker.expect(0.7)
    assert tracker.tracks[0].expected.center_px[0] == pytest.approx(190, abs=2)


def test_tracked_face_that_looks_different_is_not_accepted():
    tracker = FaceTracker()
    look(tracker, 0.0, boxes=[box(100)])
    assert look(tracker, 0.03, [BOB]) == []
    assert look(tracker, 0.06, [np.full((48, 48), 90, np.uint8)]) == []


def test_detected_face_that_looks_different_is_not_accepted():
    tracker = FaceTracker()
    look(tracker, 0.0, boxes=[box(100)])
    assert look(tracker, 0.03, [BOB], [box(100)]) == []


def test_face_known_to_be_the_same_is_accepted_whatever_it_looks_like():
    tracker = FaceTracker()
    look(tracker, 0.0, boxes=[box(100)])
    tracker.expect(0.03)
    tracker.found([box(100)], 0.03)
    (track,) = tracker.tracks
    assert tracker.accept(track, sighting(box(100), BOB), 0.03, continuous=True)


def test_face_regains_its_id_after_another_face_was_in_its_place():
    tracker = FaceTracker()
    look(tracker, 0.0, boxes=[box(100)])
    tracker.expect(0.03)
    other = tracker.another(tracker.tracks[0], box(100), 0.03)
    assert tracker.accept(other, sighting(box(100), BOB), 0.03)
    assert other.face_id is None
    tracker.lose(other)
    assert look(tracker, 0.1, boxes=[box(100)]) == [1]


def test_landmarks_that_form_no_face_are_not_accepted():
    tracker = FaceTracker()
    look(tracker, 0.0, boxes=[box(100)])
    tracker.expect(0.03)
    (track,) = tracker.tracks
    assert not tracker.accept(track, sighting(box(100), shape_norm=MEAN_SHAPE_NORM * 3), 0.03)


def test_next_search_is_due_one_interval_after_previous_one_began():
    tracker = FaceTracker(TrackerSettings(detect_interval_s=0.3))
    look(tracker, 5.0, boxes=[box(100)])
    number = tracker.tracks[0].number
    tracker.begin_search(5.3)
    tracker.expect(5.45)
    tracker.found_earlier([Find(box(100), number)], {number: box(100)}, 5.3, 5.45)
    assert not tracker.detection_due(5.5)
    assert tracker.detection_due(5.6)


def test_face_found_in_earlier_image_is_expected_where_it_has_moved_since():
    tracker = FaceTracker()
    for step in range(5):
        look(tracker, 0.1 * step, boxes=[box(100 + 20 * step)])
    number = tracker.tracks[0].number
    tracker.expect(0.5)
    tracker.found_earlier([Find(box(143), number)], {number: box(140)}, 0.2, 0.5)
    assert tracker.tracks[0].expected.center_px[0] == pytest.approx(253, abs=2)


def test_new_face_found_in_earlier_image_is_first_seen_in_current_image():
    tracker = FaceTracker()
    tracker.expect(0.3)
    tracker.found_earlier([Find(box(100), look=look_of(ANN))], {}, 0.2, 0.3)
    (track,) = tracker.tracks
    assert tracker.accept(track, sighting(box(100)), 0.3)
    face = track.as_seen()
    assert (face.detected, face.first_seen_s) == (False, 0.3)


def test_find_of_unknown_track_is_ignored():
    tracker = FaceTracker()
    tracker.found_earlier([Find(box(100), number=7)], {7: box(100)}, 0.2, 0.3)
    assert tracker.tracks == ()


def test_negative_interval_is_refused():
    with pytest.raises(SettingError, match='detect_interval_s is -1, expected 0 or more'):
        TrackerSettings(detect_interval_s=-1)


def test_negative_delay_is_refused():
    with pytest.raises(SettingError, match='detect_delay_s is -1, expected 0 or more'):
        TrackerSettings(detect_delay_s=-1)


def test_max_faces_of_0_is_refused():
    with pytest.raises(SettingError, match='max_faces is 0, expected 1 or more'):
        TrackerSettings(max_faces=0)
