import cv2
import numpy as np
import pytest

from fer_ros.face.alignment import align_face
from fer_ros.face.appearance import SAME_FACE, Appearance, look_of


@pytest.fixture(scope='module')
def crop_of(models):
    def cut(gray):
        (box, *_) = models.detector.detect(gray)
        return align_face(gray, models.landmarks.predict(gray, box), 48).crop

    return cut


def remembered(*crops):
    appearance = Appearance()
    for crop in crops:
        appearance.add(look_of(crop), sure=True)
    return appearance


def test_likeness_to_empty_appearance_is_1():
    assert Appearance().likeness(look_of(np.zeros((48, 48), np.uint8))) == 1.0


def test_crops_of_different_sizes_are_compared(crop_of, portrait_gray):
    crop = crop_of(portrait_gray)
    known = remembered(crop)
    assert known.likeness(look_of(cv2.resize(crop, (64, 64)))) > 0.95


def test_same_face_in_different_light_matches(crop_of, portrait_gray):
    dark = cv2.convertScaleAbs(portrait_gray, alpha=0.4, beta=5)
    known = remembered(crop_of(portrait_gray))
    assert known.likeness(look_of(crop_of(dark))) > 0.8


def test_different_face_does_not_match(crop_of, portrait_gray, hopper_gray):
    known = remembered(crop_of(portrait_gray))
    assert known.likeness(look_of(crop_of(hopper_gray))) < SAME_FACE


def test_face_matches_any_remembered_look(crop_of, portrait_gray, hopper_gray):
    known = remembered(crop_of(portrait_gray), crop_of(hopper_gray))
    assert known.likeness(look_of(crop_of(portrait_gray))) > 0.99


def test_uncertain_look_is_forgotten_with_next_look(crop_of, portrait_gray, hopper_gray):
    known = Appearance()
    known.add(look_of(crop_of(portrait_gray)), sure=False)
    known.add(look_of(crop_of(hopper_gray)), sure=True)
    assert known.likeness(look_of(crop_of(portrait_gray))) < SAME_FACE


def test_likeness_of_uniform_crop_is_0(crop_of, portrait_gray):
    known = remembered(crop_of(portrait_gray))
    assert known.likeness(look_of(np.full((48, 48), 90, np.uint8))) == pytest.approx(0)
