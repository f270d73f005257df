import numpy as np

from fer_ros.messages.emotions import face_fields
from fer_ros.structures import FaceBox, FaceEmotion, Landmarks


def face(box):
    points = np.arange(136, dtype=np.float32).reshape(68, 2)
    p = np.array([0.25, 0.75], np.float32)
    return FaceEmotion(3, box, Landmarks(points), 'fear', 0.75, p, p[::-1])


def test_fields_are_those_of_the_face():
    fields = face_fields(face(FaceBox(10.4, 20, 50, 80.6)), (640, 480))
    assert (fields['face_id'], fields['emotion'], fields['confidence']) == (3, 'fear', 0.75)
    assert fields['roi'] == {
        'x_offset': 10,
        'y_offset': 20,
        'width': 40,
        'height': 61,
        'do_rectify': False,
    }
    assert fields['probabilities'].tolist() == [0.25, 0.75]
    assert fields['frame_probabilities'].tolist() == [0.75, 0.25]
    assert fields['landmarks'].tolist() == list(range(136))


def test_arrays_are_contiguous_float32():
    fields = face_fields(face(FaceBox(0, 0, 9, 8)), (640, 480))
    assert {fields[n].dtype for n in ('probabilities', 'frame_probabilities', 'landmarks')} == {
        np.dtype(np.float32)
    }
    assert fields['frame_probabilities'].flags.c_contiguous


def test_region_is_clipped_to_the_image():
    roi = face_fields(face(FaceBox(-10, 400, 50, 520)), (640, 480))['roi']
    assert (roi['x_offset'], roi['y_offset'], roi['width'], roi['height']) == (0, 400, 50, 80)


def test_landmarks_can_be_left_out():
    assert face_fields(face(FaceBox(0, 0, 9, 8)), (640, 480), False)['landmarks'].size == 0
