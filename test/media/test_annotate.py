import numpy as np
import pytest

from fer_ros.media.annotate import annotate
from fer_ros.structures import FaceBox, FaceEmotion, FrameEmotions, Judgement, Landmarks

CLASSES = ('neutral', 'happiness', 'boredom')


def frame(box, emotion='happiness', landmarks=True):
    points = np.linspace([box.x0_px, box.y0_px], [box.x1_px, box.y1_px], 68, dtype=np.float32)
    probabilities = np.array([0.1, 0.7, 0.2], np.float32)
    judgement = Judgement.JUDGED if emotion else Judgement.UNCERTAIN
    found = Landmarks(points) if landmarks else None
    face = FaceEmotion(1, box, found, emotion, 0.7, probabilities, probabilities, judgement)
    return FrameEmotions(0.0, CLASSES, (face,))


def test_nobody_leaves_the_image_as_it_is():
    image = np.full((120, 160, 3), 7, np.uint8)
    assert (annotate(image, FrameEmotions(0.0, CLASSES, ())) == 7).all()


def test_face_is_drawn_onto_a_copy():
    image = np.full((240, 320, 3), 7, np.uint8)
    drawn = annotate(image, frame(FaceBox(40, 60, 140, 170)))
    assert (image == 7).all()
    assert (drawn[60, 45:135] != 7).any(axis=1).all()


@pytest.mark.parametrize(
    'box',
    [FaceBox(-50, -50, 60, 60), FaceBox(250, 200, 400, 300), FaceBox(900, 900, 950, 980)],
    ids=['top left', 'bottom right', 'outside'],
)
def test_face_at_the_edge_is_drawn_without_error(box):
    drawn = annotate(np.full((240, 320, 3), 7, np.uint8), frame(box))
    assert drawn.shape == (240, 320, 3)


def test_image_smaller_than_the_panel_is_drawn_without_error():
    assert annotate(np.zeros((20, 30, 3), np.uint8), frame(FaceBox(2, 2, 20, 18))).any()


def test_face_without_a_named_emotion_is_drawn():
    assert annotate(np.zeros((240, 320, 3), np.uint8), frame(FaceBox(9, 9, 99, 99), '')).any()


def test_face_without_landmarks_has_its_box_drawn():
    image = np.full((240, 320, 3), 7, np.uint8)
    drawn = annotate(image, frame(FaceBox(40, 60, 140, 170), landmarks=False))
    assert (drawn[60, 45:135] != 7).any(axis=1).all()


def test_panels_of_neighbours_do_not_hide_each_other():
    left, right = frame(FaceBox(150, 150, 250, 250)), frame(FaceBox(390, 150, 490, 250))
    both = FrameEmotions(0.0, CLASSES, (*left.faces, *right.faces))
    image = np.full((480, 640, 3), 90, np.uint8)
    dimmed = [(annotate(image, f) == 30).all(axis=2).sum() for f in (left, right, both)]
    assert dimmed[2] == pytest.approx(dimmed[0] + dimmed[1], rel=0.05)
