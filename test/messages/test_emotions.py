import numpy as np
import pytest
from bag_files import header

from fer_ros.messages.definitions import EMOTIONS_TYPE, emotions_message, typestore
from fer_ros.messages.emotions import frame_fields, frame_from_msg
from fer_ros.structures import FaceBox, FaceEmotion, FrameEmotions, Landmarks


def face(box=None, **fields):
    points = np.arange(136, dtype=np.float32).reshape(68, 2)
    p = np.array([0.25, 0.75], np.float32)
    box = box or FaceBox(0, 0, 9, 8)
    return FaceEmotion(3, box, Landmarks(points), 'fear', 0.75, p, p[::-1], **fields)


def frame(*faces):
    return FrameEmotions(4.5, ('anger', 'fear'), faces, (640, 480), 'model.onnx@00')


def face_fields(*args, landmarks=True, **fields):
    return frame_fields(frame(face(*args, **fields)), '/eye', landmarks)['faces'][0]


def test_fields_of_frame_describe_image_model_and_array_contents():
    fields = frame_fields(frame(), '/eye/image_raw')
    assert fields == {
        'image_topic': '/eye/image_raw',
        'image_width': 640,
        'image_height': 480,
        'model': 'model.onnx@00',
        'classes': ['anger', 'fear'],
        'landmark_layout': 'ibug68',
        'measure_names': [],
        'faces': [],
    }


def test_fields_of_face_hold_its_values():
    fields = face_fields(FaceBox(10.4, 20, 50, 80.6), detected=True)
    assert (fields['face_id'], fields['emotion'], fields['confidence']) == (3, 'fear', 0.75)
    assert fields['detected'] is True
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
    fields = face_fields()
    assert {fields[n].dtype for n in ('probabilities', 'frame_probabilities', 'landmarks')} == {
        np.dtype(np.float32)
    }
    assert fields['frame_probabilities'].flags.c_contiguous


def test_region_is_clipped_to_image():
    roi = face_fields(FaceBox(-10, 400, 50, 520))['roi']
    assert (roi['x_offset'], roi['y_offset'], roi['width'], roi['height']) == (0, 400, 50, 80)


def test_region_outside_image_is_empty():
    roi = face_fields(FaceBox(-90, -90, -10, -10))['roi']
    assert (roi['width'], roi['height']) == (0, 0)


def test_landmarks_can_be_left_out():
    assert face_fields(landmarks=False)['landmarks'].size == 0


@pytest.mark.parametrize(
    ('stamp_s', 'sec', 'nanosec'),
    [
        (0.0, 0, 0),
        (12.3, 12, 300_000_000),
        (7.9999999999, 8, 0),
        (float('nan'), 0, 0),
    ],
)
def test_first_seen_stamp_is_rounded_to_nanoseconds(stamp_s, sec, nanosec):
    assert face_fields(first_seen_s=stamp_s)['first_seen'] == {'sec': sec, 'nanosec': nanosec}


def test_first_seen_stamp_of_present_day_is_exact_to_a_microsecond():
    fields = face_fields(first_seen_s=1_700_000_000 + 123_456_789 * 1e-9)['first_seen']
    assert fields['sec'] == 1_700_000_000
    assert fields['nanosec'] == pytest.approx(123_456_789, abs=500)


def test_frame_survives_round_trip_through_rosbags_message():
    before = frame(face(first_seen_s=4.25))
    msg = emotions_message(before, header(4_500_000_000), '/eye/image_raw')
    data = typestore().serialize_cdr(msg, EMOTIONS_TYPE)
    back = frame_from_msg(typestore().deserialize_cdr(data, EMOTIONS_TYPE))
    assert (back.stamp_s, back.classes, back.size_wh) == (4.5, ('anger', 'fear'), (640, 480))
    (after,) = back.faces
    assert (after.face_id, after.box, after.emotion) == (3, FaceBox(0, 0, 9, 8), 'fear')
    assert (after.first_seen_s, after.detected, after.judgement) == (4.25, False, 0)
    assert np.isnan([after.quality, after.head.yaw_rad, *after.head.position_m]).all()
    assert after.landmarks.points_px.tolist() == face().landmarks.points_px.tolist()
