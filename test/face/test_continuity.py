import numpy as np

from fer_ros.face.continuity import SAME_SCENE, continuity
from fer_ros.structures import FaceBox

FACE = FaceBox(170, 60, 280, 170)


def test_unmoved_face_is_continuous(portrait_gray):
    assert continuity(portrait_gray, portrait_gray, FACE) > 0.9


def test_face_moved_by_quarter_of_its_width_is_continuous(portrait_gray):
    before = np.roll(portrait_gray, 30, axis=1)
    assert continuity(before, portrait_gray, FACE) > 0.9


def test_half_covered_face_is_continuous(portrait_gray):
    covered = portrait_gray.copy()
    covered[120:180, 160:290] = 170
    assert continuity(portrait_gray, covered, FACE) > SAME_SCENE


def test_different_face_in_same_place_is_not_continuous(portrait_gray, hopper_gray):
    assert continuity(hopper_gray, portrait_gray, FACE) < SAME_SCENE


def test_images_of_different_sizes_are_not_continuous(portrait_gray):
    assert continuity(portrait_gray[:300], portrait_gray, FACE) == 0.0


def test_box_across_image_edge_is_continuous(portrait_gray):
    edge = FaceBox(-40, -30, 60, 70)
    assert continuity(portrait_gray, portrait_gray, edge) > 0.9
