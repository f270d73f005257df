import numpy as np

from fer_ros.face.continuity import SAME_SCENE, continuity
from fer_ros.structures import FaceBox

FACE = FaceBox(170, 60, 280, 170)


def test_face_that_stays_continues(portrait_gray):
    assert continuity(portrait_gray, portrait_gray, FACE) > 0.9


def test_face_that_moves_a_third_of_its_width_continues(portrait_gray):
    before = np.roll(portrait_gray, 30, axis=1)
    assert continuity(before, portrait_gray, FACE) > 0.9


def test_half_covered_face_continues(portrait_gray):
    covered = portrait_gray.copy()
    covered[120:180, 160:290] = 170
    assert continuity(portrait_gray, covered, FACE) > SAME_SCENE


def test_another_face_in_the_same_place_does_not_continue(portrait_gray, hopper_gray):
    assert continuity(hopper_gray, portrait_gray, FACE) < SAME_SCENE


def test_images_of_different_sizes_do_not_continue(portrait_gray):
    assert continuity(portrait_gray[:300], portrait_gray, FACE) == 0.0


def test_box_at_the_edge_of_the_image_is_compared(portrait_gray):
    edge = FaceBox(-40, -30, 60, 70)
    assert continuity(portrait_gray, portrait_gray, edge) > 0.9
