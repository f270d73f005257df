import numpy as np
import pytest

from fer_ros.structures import FaceBox, FaceEmotion, Judgement, Landmarks, ModelInput


def test_face_box_without_width_is_refused():
    with pytest.raises(ValueError, match='positive width and height'):
        FaceBox(10, 10, 10, 20)


def test_iou_of_equal_boxes_is_one():
    assert FaceBox(0, 0, 30, 20).iou(FaceBox(0, 0, 30, 20)) == 1


def test_iou_of_half_shifted_boxes_is_a_third():
    assert FaceBox(0, 0, 30, 20).iou(FaceBox(15, 0, 45, 20)) == pytest.approx(1 / 3)


def test_iou_of_distant_boxes_is_zero():
    assert FaceBox(0, 0, 30, 20).iou(FaceBox(30, 0, 60, 20)) == 0


def test_wrong_number_of_landmarks_is_refused():
    with pytest.raises(ValueError, match=r'points_px has shape \(5, 2\), expected \(68, 2\)'):
        Landmarks(np.zeros((5, 2), np.float32))


def test_following_box_is_a_square_slightly_above_landmark_center():
    points = np.zeros((68, 2), np.float32)
    points[1] = 120, 80
    box = Landmarks(points).following_box()
    assert (box.width_px, box.height_px) == (100, 100)
    assert box.center_px == (60, 35)


def test_model_input_with_unequal_batch_sizes_is_refused():
    with pytest.raises(ValueError, match='nodes has shape'):
        ModelInput(np.zeros((3, 1, 48, 48), np.float32), np.zeros((2, 68, 16), np.float32))


def face(emotion, judgement, count=3):
    some = np.full(3, 1 / 3, np.float32)
    return FaceEmotion(1, FaceBox(0, 0, 9, 8), None, emotion, 0.5, some, some[:count], judgement)


@pytest.mark.parametrize(
    ('emotion', 'judgement'), [('', Judgement.JUDGED), ('fear', Judgement.UNCERTAIN)]
)
def test_emotion_that_contradicts_its_judgement_is_refused(emotion, judgement):
    with pytest.raises(ValueError, match=f"emotion is '{emotion}' and judgement {judgement.name}"):
        face(emotion, judgement)


def test_frame_probabilities_may_be_empty_but_not_of_wrong_length():
    assert len(face('', Judgement.UNCLEAR, 0).frame_probabilities) == 0
    with pytest.raises(ValueError, match=r'frame_probabilities has shape \(2,\), expected \(3\)'):
        face('fear', Judgement.JUDGED, 2)
