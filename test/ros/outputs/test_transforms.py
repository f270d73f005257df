import numpy as np
import pytest
from stamped import header

from fer_ros.face.frames import face_frame, gaze_frame
from fer_ros.ros.outputs.transforms import head_transforms
from fer_ros.structures import FaceBox, FaceEmotion, FrameEmotions, HeadPose

HEAD = HeadPose(0.3, -0.2, 0.1, 0.3, (0.1, -0.2, 1.5))


def face(face_id, head):
    one = np.float32([1])
    return FaceEmotion(face_id, FaceBox(0, 0, 9, 9), None, 'neutral', 1.0, one, one, head=head)


def transforms(*faces):
    frame = FrameEmotions(1.0, ('neutral',), faces, (640, 480))
    return head_transforms(frame, header(12.5), 'f12_{}'.format)


def test_head_has_face_and_gaze_frames_in_image_frame():
    face_msg, gaze_msg = transforms(face(7, HEAD))
    assert (face_msg.child_frame_id, gaze_msg.child_frame_id) == ('face_f12_7', 'gaze_f12_7')
    for msg in (face_msg, gaze_msg):
        assert (msg.header.stamp.sec, msg.header.stamp.nanosec) == (12, 500_000_000)
        assert msg.header.frame_id == 'camera_optical'


@pytest.mark.parametrize(('index', 'place'), [(0, face_frame(HEAD)), (1, gaze_frame(HEAD))])
def test_transform_holds_position_and_orientation_of_frame(index, place):
    moved = transforms(face(7, HEAD))[index].transform
    at, turn = moved.translation, moved.rotation
    assert (at.x, at.y, at.z) == place.position_m
    assert (turn.x, turn.y, turn.z, turn.w) == place.quaternion_xyzw
    assert np.linalg.norm(place.quaternion_xyzw) == pytest.approx(1)


def test_head_without_position_has_no_frame():
    found = transforms(face(7, HeadPose(0.3, -0.2, 0.1, 0.3)), face(8, HEAD))
    assert [msg.child_frame_id for msg in found] == ['face_f12_8', 'gaze_f12_8']
