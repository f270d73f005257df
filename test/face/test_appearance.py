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


def test_everybody_is_alike_to_nobody():
    assert Appearance().likeness(look_of(np.zeros((48, 48), np.uint8))) == 1.0


def test_crops_of_any_side_are_compared(crop_of, portrait_gray):
    crop = crop_of(portrait_gray)
    known = remembered(crop)
    assert known.likeness(look_of(cv2.resize(crop, (64, 64)))) > 0.95


def test_same_face_in_other_light_is_alike(crop_of, portrait_gray):
    dark = cv2.convertScaleAbs(portrait_gray, alpha=0.4, beta=5)
    known = remembered(crop_of(portrait_gray))
    assert known.likeness(look_of(crop_of(dark))) > 0.8


def test_another_face_is_not_alike(crop_of, portrait_gray, hopper_gray):
    known = remembered(crop_of(portrait_gray))
    assert known.likeness(look_of(crop_of(hopper_gray))) < SAME_FACE


def test_face_is_alike_to_any_look_that_is_remembered(crop_of, portrait_gray, hopper_gray):
    known = remembered(crop_of(portrait_gray), crop_of(hopper_gray))
    assert known.likeness(look_of(crop_of(portrait_gray))) > 0.99


def test_look_that_is_not_sure_is_forgotten_with_the_next_one(crop_of, portrait_gray, hopper_gray):
    known = Appearance()
    known.add(look_of(crop_of(portrait_gray)), sure=False)
    known.add(look_of(crop_of(hopper_gray)), sure=True)
    assert known.likeness(look_of(crop_of(portrait_gray))) < SAME_FACE


def test_uniform_crop_is_alike_to_nothing(crop_of, portrait_gray):
    known = remembered(crop_of(portrait_gray))
    assert known.likeness(look_of(np.full((48, 48), 90, np.uint8))) == pytest.approx(0)
