import time

import cv2
import numpy as np
import pytest

from fer_ros.face.detectors.hog import HogDetector
from fer_ros.face.observer import FaceObserver
from fer_ros.face.tracker import TrackerSettings

RATE_HZ = 30


class SlowDetector(HogDetector):
    """A detector on a busy machine."""

    def detect(self, gray):
        time.sleep(0.1)
        return super().detect(gray)


class CountingDetector(HogDetector):
    """A detector that counts how many images it has searched."""

    searched = 0

    def detect(self, gray):
        self.searched += 1
        return super().detect(gray)


def observer(models, detector=None, **settings):
    made = FaceObserver(detector or models.detector, models.landmarks, crop_px=48)
    made.settings = TrackerSettings(**settings)
    return made


@pytest.fixture
def one_then_two(portrait_gray):
    """One second of one face; from the fifth image on, another one is beside it."""
    alone = cv2.copyMakeBorder(portrait_gray, 0, 0, 0, 300, cv2.BORDER_CONSTANT, value=128)
    both = alone.copy()
    both[:300, 400:660] = portrait_gray[:300, 90:350][:, ::-1]
    return [(alone if index < 4 else both, index / RATE_HZ) for index in range(30)]


def first_seen_s(watching, images, face_id):
    return next(
        stamp_s
        for gray, stamp_s in images
        if face_id in {seen.face.face_id for seen in watching.observe(gray, stamp_s)}
    )


def observed(watching, images):
    return [
        [
            (seen.face, seen.landmarks.points_px.tolist())
            for seen in watching.observe(gray, stamp_s)
        ]
        for gray, stamp_s in images
    ]


def test_first_image_is_searched_at_once(models, portrait_gray):
    (seen,) = observer(models).observe(portrait_gray, 7.0)
    assert seen.face.face_id == 1


def test_new_face_in_empty_scene_is_seen_within_interval_plus_delay(models, portrait_gray):
    empty = np.full_like(portrait_gray, 128)
    for appears in range(1, 11):
        images = [
            (empty if index < appears else portrait_gray, index / RATE_HZ) for index in range(30)
        ]
        assert first_seen_s(observer(models), images, 1) - appears / RATE_HZ <= 14.01 / RATE_HZ


def test_images_further_apart_than_delay_wait_for_detection(models, portrait_gray):
    watching = observer(models)
    watching.observe(np.full_like(portrait_gray, 128), 1.0)
    (seen,) = watching.observe(portrait_gray, 1.4)
    assert seen.face.face_id == 1


def test_new_face_beside_tracked_one_is_seen_after_interval_plus_delay(models, one_then_two):
    assert first_seen_s(observer(models), one_then_two, 2) == pytest.approx(0.3 + 5 / RATE_HZ)
    waiting = observer(models, detect_delay_s=0)
    assert first_seen_s(waiting, one_then_two, 2) == pytest.approx(0.3)


def test_observed_faces_do_not_depend_on_detector_speed(models, one_then_two):
    slow = observer(models, SlowDetector())
    assert observed(slow, one_then_two) == observed(observer(models, HogDetector()), one_then_two)


def test_moving_face_keeps_its_id_while_detections_confirm_it(models, portrait_gray):
    images = [(np.roll(portrait_gray, 2 * step, axis=1), step / RATE_HZ) for step in range(45)]
    ids = [[face.face_id for face, _ in faces] for faces in observed(observer(models), images)]
    assert ids == [[1]] * 45


@pytest.mark.parametrize(
    ('settings', 'searched'),
    [({}, 4), ({'detect_delay_s': 0}, 4), ({'detect_interval_s': 0}, 30)],
)
def test_detector_runs_once_per_detect_interval(models, portrait_gray, settings, searched):
    detector = CountingDetector()
    watching = observer(models, detector, **settings)
    for index in range(30):
        watching.observe(portrait_gray, index / RATE_HZ)
    watching.settle()
    assert detector.searched == searched


def test_reset_discards_pending_search(models, one_then_two, portrait_gray):
    watching = observer(models)
    observed(watching, one_then_two[:11])
    watching.reset()
    (seen,) = watching.observe(portrait_gray, 0.4)
    assert seen.face.face_id == 2


def test_jumping_face_is_found_in_same_image_and_keeps_its_id(models, portrait_gray):
    watching = observer(models)
    (before,) = watching.observe(portrait_gray, 0.0)
    (after,) = watching.observe(np.roll(portrait_gray, 60, axis=1), 0.04)
    assert after.face.face_id == before.face.face_id
    moved = np.array(after.face.box.center_px) - before.face.box.center_px
    assert moved == pytest.approx([60, 0], abs=10)


def test_face_that_jumps_far_keeps_its_id(models, portrait_gray):
    watching = observer(models)
    watching.observe(portrait_gray, 0.0)
    moved = np.full((500, 900), 128, np.uint8)
    moved[150:450, 500:760] = portrait_gray[:300, 90:350]
    ids = [
        [face.face_id for face, _ in f]
        for f in observed(watching, [(moved, 0.04 * n) for n in range(1, 12)])
    ]
    assert ids[0] == []
    assert ids[-1] == [1]


@pytest.mark.parametrize('rate_hz', [1, 2, 3])
def test_person_who_walks_past_at_few_images_per_second_keeps_its_id(
    models, portrait_gray, rate_hz
):
    images = []
    for step in range(4):
        image = np.full((300, 260 + 3 * 140), 128, np.uint8)
        # The face is 96 px wide.
        image[:, step * 140 : step * 140 + 260] = portrait_gray[:300, 90:350]
        images.append((image, step / rate_hz))
    ids = [[face.face_id for face, _ in faces] for faces in observed(observer(models), images)]
    assert ids == [[1]] * 4


def ids_of(watching, images, start_s=0.0):
    """The ids of the faces in images at ``RATE_HZ``."""
    stamped = [(gray, start_s + index / RATE_HZ) for index, gray in enumerate(images)]
    return [[face.face_id for face, _ in faces] for faces in observed(watching, stamped)]


def test_different_person_in_same_place_gets_new_id(models, portrait_gray, hopper_gray):
    ids = ids_of(observer(models), [portrait_gray] * 30 + [hopper_gray] * 30)
    assert ids[:30] == [[1]] * 30
    # The change of person is recognized within half a second; until then there is no id.
    assert ids[-15:] == [[2]] * 15
    assert [1] not in ids[30:]


def test_different_person_after_gap_in_images_gets_new_id(models, portrait_gray, hopper_gray):
    watching = observer(models)
    ids_of(watching, [portrait_gray] * 10)
    assert ids_of(watching, [hopper_gray] * 30, start_s=3.0)[-1] == [2]


@pytest.mark.parametrize('apart_s', [2.0, 10.0])
def test_each_person_in_the_same_place_of_sparse_images_is_seen(
    models, portrait_gray, hopper_gray, apart_s
):
    # Grace Hopper's face where the portrait's is, and as large.
    there = np.array([[0.53, 0, 222 - 0.53 * 238], [0, 0.53, 115 - 0.53 * 209]])
    other = cv2.warpAffine(hopper_gray, there, portrait_gray.shape[::-1])
    stamped = [(gray, apart_s * n) for n, gray in enumerate([portrait_gray, other] * 2)]
    ids = [[face.face_id for face, _ in faces] for faces in observed(observer(models), stamped)]
    assert [len(each) for each in ids] == [1] * 4
    assert ids[0] != ids[1]


def test_person_returning_after_absence_gets_same_id(models, portrait_gray):
    watching = observer(models)
    empty = np.full_like(portrait_gray, 128)
    ids_of(watching, [portrait_gray] * 10 + [empty] * 60)
    assert ids_of(watching, [portrait_gray] * 30, start_s=70 / RATE_HZ)[-1] == [1]


def test_two_people_who_swap_places_keep_their_ids(models, portrait_gray, hopper_gray):
    beside = np.hstack([portrait_gray, hopper_gray])
    changed = np.hstack([hopper_gray, portrait_gray])

    def left_to_right(faces):
        return [face.face_id for face, _ in sorted(faces, key=lambda one: one[0].box.x0_px)]

    watching = observer(models)
    images = [(beside if n < 20 else changed, n / RATE_HZ) for n in range(50)]
    seen = observed(watching, images)
    first = left_to_right(seen[19])
    assert sorted(first) == [1, 2]
    assert left_to_right(seen[-1]) == first[::-1]


def test_hand_passing_in_front_of_face_does_not_change_id(models, portrait_gray):
    images = []
    for step in range(45):
        image = portrait_gray.copy()
        # As light as skin, with some texture; it covers the lower half of the face for a while.
        top = int(np.interp(step, [0, 10, 20, 25, 35], [400, 400, 120, 120, 400]))
        image[top : top + 130, 150:300] = 170 + np.arange(150) % 40
        images.append(image[:400])
    ids = {face_id for faces in ids_of(observer(models), images) for face_id in faces}
    assert ids == {1}


def test_face_missed_by_detector_for_longer_than_keep_s_regains_its_id(models, portrait_gray):
    class Blinking(HogDetector):
        """A detector that finds nothing for two seconds."""

        asked = 0

        def detect(self, gray):
            self.asked += 1
            return [] if 3 <= self.asked < 30 else super().detect(gray)

    watching = observer(models, Blinking(), detect_interval_s=0.1, detect_delay_s=0)
    ids = ids_of(watching, [portrait_gray] * 120)
    assert ids[0] == ids[-1] == [1]
    assert all(faces in ([], [1]) for faces in ids)
