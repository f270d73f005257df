from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import pytest

from fer_ros.errors import SettingError
from fer_ros.face.detectors.hog import HogDetector


def test_single_face_of_portrait_is_found_at_its_position(portrait_gray):
    (box,) = HogDetector().detect(portrait_gray)
    assert box.center_px == pytest.approx((222, 115), abs=12)
    assert box.score > 0


def test_empty_scene_has_no_face():
    assert HogDetector().detect(np.full((240, 320), 128, np.uint8)) == []


def test_larger_min_face_px_finds_face_at_its_position(portrait_gray):
    large = cv2.resize(portrait_gray, None, fx=2, fy=2)
    (box,) = HogDetector(min_face_px=160).detect(large)
    assert box.center_px == pytest.approx((444, 230), abs=24)


def test_smaller_min_face_px_finds_face_that_default_misses(portrait_gray):
    small = cv2.resize(portrait_gray, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    assert HogDetector().detect(small) == []
    assert len(HogDetector(min_face_px=40).detect(small)) == 1


@pytest.mark.parametrize(('shorter_px', 'faces'), [(616, 1), (1000, 0)])
def test_default_min_face_is_a_seventh_of_shorter_side(portrait_gray, shorter_px, faces):
    # The face's box is 88 px wide: a seventh of 616.
    for size in ((shorter_px, 1200), (1200, shorter_px)):
        image = np.full(size, 128, np.uint8)
        image[: len(portrait_gray), : portrait_gray.shape[1]] = portrait_gray
        assert len(HogDetector().detect(image)) == faces


def test_face_of_min_face_px_is_found(portrait_gray):
    (whole,) = HogDetector().detect(portrait_gray)
    for min_face_px in (40, 70, 100):
        scale = 1.05 * min_face_px / whole.width_px
        image = cv2.resize(portrait_gray, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        (box,) = HogDetector(min_face_px).detect(image)
        assert box.width_px == pytest.approx(min_face_px, rel=0.25)


def test_face_near_box_is_found_at_its_position(portrait_gray):
    (whole,) = HogDetector().detect(portrait_gray)
    (near,) = HogDetector().detect_near(portrait_gray, whole.shifted(40, -30))
    assert near.center_px == pytest.approx(whole.center_px, abs=8)
    assert near.width_px == pytest.approx(whole.width_px, rel=0.15)


def test_face_far_from_box_is_not_found(portrait_gray):
    (whole,) = HogDetector().detect(portrait_gray)
    wide = np.full((400, 1200), 128, np.uint8)
    wide[: len(portrait_gray), : portrait_gray.shape[1]] = portrait_gray[:400]
    assert HogDetector().detect_near(wide, whole.shifted(600, 0)) == []
    assert HogDetector().detect_near(wide, whole.shifted(9000, 0)) == []


def test_detector_is_thread_safe(portrait_gray):
    detector = HogDetector()
    expected = detector.detect(portrait_gray)
    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(detector.detect, [portrait_gray] * 12)) == [expected] * 12


def test_image_smaller_than_one_downscaled_pixel_has_no_face():
    assert HogDetector(min_face_px=2000).detect(np.zeros((3, 10), np.uint8)) == []


def test_min_face_px_below_20_is_refused():
    with pytest.raises(SettingError, match='min_face_px is 19, expected 0, or 20 or more'):
        HogDetector(min_face_px=19)
