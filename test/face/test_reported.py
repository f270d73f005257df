"""Boxes of an external detector, which arrive after their image has been processed."""

import time
from dataclasses import replace

import numpy as np
import pytest

from fer_ros.face.observer import FaceObserver
from fer_ros.face.reported import FaceHistory, FaceReport, ReportQueue
from fer_ros.face.tracker import TrackerSettings
from fer_ros.structures import FaceBox

RATE_HZ = 30


class NoDetector:
    """A detector that must not be called."""

    def detect(self, gray):
        raise AssertionError('the image was searched')

    def detect_near(self, gray, box):
        raise AssertionError('the image was searched')


def observer(models, **settings):
    made = FaceObserver(NoDetector(), models.landmarks, crop_px=48, reported=True)
    made.settings = TrackerSettings(**settings)
    return made


def box(x, y, width=100.0, height=130.0):
    """Return a box around a centre; one of the portrait's face unless told otherwise."""
    return FaceBox(x - width / 2, y - height / 2, x + width / 2, y + height / 2)


PORTRAIT = box(222, 115)


def watch(watching, images, reports):
    """Return the ids of the faces in images at ``RATE_HZ``.

    Args:
        watching: The observer.
        images: Gray.
        reports: By index of the image with which they arrive: index of their own image, and boxes.
    """
    ids = []
    for index, gray in enumerate(images):
        arrived = [FaceReport(of / RATE_HZ, tuple(boxes)) for of, boxes in reports.get(index, [])]
        seen = watching.observe(gray, index / RATE_HZ, arrived)
        ids.append([one.face.face_id for one in seen])
    return ids


def test_no_face_is_seen_before_box_is_reported(models, portrait_gray):
    ids = watch(observer(models), [portrait_gray] * 6, {4: [(0, [PORTRAIT])]})
    assert ids == [[]] * 4 + [[1]] * 2


def test_box_that_arrives_with_its_image_is_applied_to_it(models, portrait_gray):
    empty = np.full_like(portrait_gray, 128)
    ids = watch(observer(models), [empty, portrait_gray], {1: [(1, [PORTRAIT])]})
    assert ids == [[], [1]]


def test_known_face_comes_before_new_one_with_better_score(models, portrait_gray, hopper_gray):
    beside = np.hstack([portrait_gray, hopper_gray])
    other = box(238 + portrait_gray.shape[1], 209, 180, 220)

    def scored(known, new):
        return [replace(PORTRAIT, score=known), replace(other, score=new)]

    reports = {0: [(0, scored(0.9, 0.8))], 4: [(4, scored(0.8, 0.9))]}
    assert watch(observer(models, max_faces=1), [beside] * 8, reports) == [[1]] * 8


def test_new_face_is_followed_from_newest_of_waiting_boxes(models, portrait_gray):
    empty = np.full_like(portrait_gray, 128)
    walked = [(0.4, [box(282, 115)]), (1, [PORTRAIT])]
    assert watch(observer(models), [empty, portrait_gray], {1: walked}) == [[], [1]]


def test_face_that_only_an_older_waiting_report_has_is_seen(models, portrait_gray, hopper_gray):
    beside = np.hstack([portrait_gray, hopper_gray])
    one_by_one = [(0.9, [PORTRAIT]), (1, [box(238 + 512, 209, 180, 220)])]
    assert watch(observer(models), [beside] * 3, {1: one_by_one})[1:] == [[1, 2]] * 2


def test_faces_reported_one_by_one_far_from_any_image_are_all_seen(
    models, portrait_gray, hopper_gray
):
    # Two images per second; boxes without stamps, of which each face has its own message.
    beside = np.hstack([portrait_gray, hopper_gray])
    watching = observer(models)
    watching.observe(beside, 0.0)
    late = [(0.15, PORTRAIT), (0.152, box(238 + 512, 209, 180, 220))]
    seen = watching.observe(beside, 0.5, [FaceReport(at_s, (one,)) for at_s, one in late])
    assert [one.face.face_id for one in seen] == [1, 2]


def test_face_is_tracked_while_no_further_boxes_arrive(models, portrait_gray):
    images = [np.roll(portrait_gray, 2 * step, axis=1) for step in range(60)]
    ids = watch(observer(models), images, {0: [(0, [PORTRAIT])]})
    assert ids == [[1]] * 60


def test_face_missing_from_reports_is_lost_after_keep_s(models, portrait_gray):
    nobody = {index: [(index - 5, [])] for index in range(6, 60)}
    ids = watch(
        observer(models, keep_s=1.0), [portrait_gray] * 60, {0: [(0, [PORTRAIT])], **nobody}
    )
    assert ids[30] == [1]
    assert ids[-1] == []


@pytest.mark.parametrize(
    'drawn',
    [box(222, 105, 150, 190), box(222, 120, 80, 70), box(210, 125, 100, 120)],
    ids=['a whole head', 'eyes to mouth', 'beside'],
)
def test_box_of_any_shape_around_face_leads_to_its_landmarks(
    models, portrait_gray, portrait_landmarks, drawn
):
    watching = observer(models)
    (seen,) = watching.observe(portrait_gray, 0.0, [FaceReport(0.0, (drawn,))])
    apart_px = np.linalg.norm(seen.landmarks.points_px - portrait_landmarks.points_px, axis=1)
    assert apart_px.mean() < 3


def test_late_box_confirms_face_that_has_moved_since(models, portrait_gray):
    # Boxes are a fifth of a second late, in which the face moves by a third of its width.
    images = [np.roll(portrait_gray, 5 * step, axis=1) for step in range(40)]
    late = {index: [(index - 6, [box(222 + 5 * (index - 6), 115)])] for index in range(6, 40)}
    ids = watch(observer(models), images, late)
    assert ids[:6] == [[]] * 6
    assert ids[7:] == [[1]] * 33


def test_new_face_is_followed_to_where_it_has_moved_at_few_images_per_second(
    models, portrait_gray
):
    # 15 images per second, boxes two images late, two widths per second.
    watching = observer(models)
    images = [np.roll(portrait_gray, 13 * step, axis=1) for step in range(12)]
    ids = []
    for index, gray in enumerate(images):
        of = index - 2
        late = [FaceReport(of / 15, (box(222 + 13 * of, 115),))] if of >= 0 else []
        ids.append([one.face.face_id for one in watching.observe(gray, index / 15, late)])
    assert ids == [[]] * 2 + [[1]] * 10


@pytest.mark.parametrize(('late', 'widths_per_second'), [(0, 5), (1, 2)])
def test_walking_person_is_seen_in_every_image_at_ten_per_second(
    models, portrait_gray, late, widths_per_second
):
    watching, ids = observer(models), []
    # To and fro.
    shifts_px = [10 * widths_per_second * abs(index % 6 - 3) for index in range(14)]
    for index, shift_px in enumerate(shifts_px):
        reports = []
        if index >= late:
            there = box(222 + shifts_px[index - late], 115)
            reports = [FaceReport((index - late) / 10, (there,))]
        seen = watching.observe(np.roll(portrait_gray, shift_px, axis=1), index / 10, reports)
        ids.append([one.face.face_id for one in seen])
    assert ids == [[]] * late + [[1]] * (14 - late)


def test_walking_people_who_are_reported_one_by_one_are_seen_in_every_image(
    models, portrait_gray, hopper_gray
):
    beside = np.hstack([portrait_gray, hopper_gray])
    watching, ids = observer(models), []
    for index in range(8):
        shift_px = 50 * abs(index % 6 - 3)
        boxes = box(222 + shift_px, 115), box(238 + 512 + shift_px, 209, 180, 220)
        # Boxes without stamps: the two arrive one after the other.
        reports = [
            FaceReport(index / 10 - after_s, (one,))
            for after_s, one in zip((0.002, 0.0), boxes, strict=True)
        ]
        seen = watching.observe(np.roll(beside, shift_px, axis=1), index / 10, reports)
        ids.append([one.face.face_id for one in seen])
    assert ids == [[1, 2]] * 8


@pytest.mark.parametrize('late', [0, 1])
@pytest.mark.parametrize('widths_per_second', [0, 2])
def test_face_is_detected_in_images_that_were_reported_in_time(
    models, portrait_gray, late, widths_per_second
):
    watching, shifts_px = observer(models), [10 * widths_per_second * n for n in range(5)]
    for index, shift_px in enumerate(shifts_px):
        of = max(index - late, 0)
        reports = [FaceReport(of / 10, (box(222 + shifts_px[of], 115),))]
        (one,) = watching.observe(np.roll(portrait_gray, shift_px, axis=1), index / 10, reports)
        assert one.face.detected == (of == index)


def test_boxes_of_whole_heads_confirm_tracked_face(models, portrait_gray):
    heads = {index: [(index, [box(222, 105, 150, 190)])] for index in range(0, 60, 3)}
    ids = watch(observer(models, keep_s=0.5), [portrait_gray] * 60, heads)
    assert ids == [[1]] * 60


def test_box_without_face_gives_no_face(models, portrait_gray):
    ids = watch(observer(models), [portrait_gray] * 10, {0: [(0, [box(430, 330)])]})
    assert ids == [[]] * 10


def test_returning_person_gets_same_id(models, portrait_gray):
    empty = np.full_like(portrait_gray, 128)
    images = [portrait_gray] * 10 + [empty] * 40 + [portrait_gray] * 10
    boxes = [[PORTRAIT] if image is portrait_gray else [] for image in images]
    late = {index: [(index - 3, boxes[index - 3])] for index in range(3, 60)}
    ids = watch(observer(models), images, late)
    assert (ids[8], ids[30], ids[-1]) == ([1], [], [1])


def test_two_faces_keep_separate_ids(models, portrait_gray, hopper_gray):
    beside = np.hstack([portrait_gray, hopper_gray])
    both = [PORTRAIT, box(238 + 512, 209, 180, 220)]
    late = {index: [(index - 2, both)] for index in range(2, 20, 4)}
    assert watch(observer(models), [beside] * 20, late)[2:] == [[1, 2]] * 18


def test_only_normalized_boxes_are_scaled_to_image_size():
    report = FaceReport(1.0, (FaceBox(0.25, 0.5, 0.5, 1.0, 0.7),), normalised=True)
    assert report.boxes_px((640, 480)) == (FaceBox(160, 240, 320, 480, 0.7),)
    assert FaceReport(1.0, (PORTRAIT,)).boxes_px((640, 480)) == (PORTRAIT,)


def test_normalized_boxes_stay_normalized_in_queue():
    queue = ReportQueue()
    for x in (0.1, 0.5):
        queue.put(FaceReport(2.0, (FaceBox(x, 0.1, x + 0.2, 0.4),), normalised=True))
    (report,) = queue.take(2.0)
    assert report.normalised
    assert [box.x0_px for box in report.boxes] == [0.1, 0.5]


def test_report_waits_for_its_image():
    queue = ReportQueue()
    queue.put(FaceReport(2.0, (PORTRAIT,)))
    assert queue.take(1.9) == []
    assert queue.take(2.0) == [FaceReport(2.0, (PORTRAIT,))]
    assert queue.take(2.1) == []


def test_boxes_with_same_stamp_become_one_report():
    queue = ReportQueue()
    other = box(50, 60)
    for report in (FaceReport(2.1, ()), FaceReport(2.0, (PORTRAIT,)), FaceReport(2.0, (other,))):
        queue.put(report)
    assert queue.take(2.2) == [FaceReport(2.0, (PORTRAIT, other)), FaceReport(2.1, ())]


@pytest.mark.parametrize(
    ('stamp_s', 'fault'),
    [
        (10.0, ''),
        (8.5, ''),
        (7.5, 'stamped 2.5 s before the images that come now'),
        (95.0, 'stamped 85.0 s after the images that come now'),
    ],
)
def test_report_stamped_over_2_s_from_images_is_a_fault(stamp_s, fault):
    queue = ReportQueue()
    queue.take(10.0)
    assert queue.put(FaceReport(stamp_s, ())) == fault


def test_boxes_that_come_while_no_image_is_processed_are_no_fault(monkeypatch):
    queue = ReportQueue()
    now_s = time.monotonic()
    queue.take(10.0)
    monkeypatch.setattr(time, 'monotonic', lambda: now_s + 60)
    assert queue.put(FaceReport(70.0, ())) == ''
    assert queue.put(FaceReport(95.0, ())) == 'stamped 85.0 s after the images that come now'


def test_history_returns_faces_of_nearest_image_within_two_seconds():
    history = FaceHistory()
    for step in range(10):
        history.add(float(step), np.full((2, 3), step, np.uint8), {step: PORTRAIT})
    numbers = [list(history.known_at(of_s, 10.0, {10: PORTRAIT})) for of_s in (0.0, 8.4, 9.6)]
    assert numbers == [[7], [8], [10]]


def test_history_keeps_image_every_tenth_of_last_second():
    history = FaceHistory()
    for step in range(100):
        history.add(step / RATE_HZ, np.full((2, 3), step, np.uint8), {})

    def since(step):
        current = np.full((2, 3), 100, np.uint8)
        images = history.images_since(step / RATE_HZ, 100 / RATE_HZ, current)
        return [int(gray[0, 0]) for gray in images]

    assert since(0) == [69, 72, 75, 78, 81, 84, 87, 90, 93, 96, 99, 100]
    assert since(91) == [90, 93, 96, 99, 100]
    assert since(100) == [100]


@pytest.mark.parametrize('gap_s', [1.0, 5.0])
def test_boxes_in_images_that_were_left_out_are_no_further_people(models, portrait_gray, gap_s):
    # The detector sees ten images per second of somebody who walks by, the node one per gap.
    wide = np.hstack([portrait_gray, np.full((400, 600), 128, np.uint8)])
    watching = observer(models)
    watching.observe(wide, 0.0, [FaceReport(0.0, (PORTRAIT,))])
    walked = [
        FaceReport(at_s, (box(222 + 600 * at_s / gap_s, 115),))
        for at_s in np.linspace(0, gap_s, round(10 * gap_s) + 1).tolist()[1:]
    ]
    image = np.roll(wide, 600, axis=1)
    assert len(watching.observe(image, gap_s, walked)) == 1
