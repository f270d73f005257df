import math

import numpy as np
import pytest

from fer_ros.face.frames import face_frame, gaze_frame
from fer_ros.face.head_shape import HEAD_SHAPE_M
from fer_ros.face.pose import CameraIntrinsics, head_pose
from fer_ros.face.rotation import turned_back
from fer_ros.structures import (
    AlignedFace,
    FaceBox,
    HeadPose,
    Landmarks,
    ObservedFace,
    TrackedFace,
)

CAMERA = CameraIntrinsics(600.0, 600.0, 320.0, 240.0)


def head(yaw_deg=0.0, pitch_deg=0.0, roll_deg=0.0, position_m=(0.0, 0.0, 1.0)):
    angles = (math.radians(angle) for angle in (yaw_deg, pitch_deg, roll_deg))
    return HeadPose(*angles, 0.0, position_m)


def axes(frame):
    """Return the axes of a frame in camera coordinates, as rows x, y, z."""
    x, y, z, w = frame.quaternion_xyzw
    turn = np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )
    return turn.T


def test_face_frame_of_frontal_face_has_x_toward_camera_and_z_up():
    x, y, z = axes(face_frame(head()))
    assert x == pytest.approx([0, 0, -1], abs=1e-9)
    # The person's left is on the right of the image.
    assert y == pytest.approx([1, 0, 0], abs=1e-9)
    assert z == pytest.approx([0, -1, 0], abs=1e-9)


def test_gaze_frame_has_z_along_gaze_x_to_persons_right_and_y_down():
    x, y, z = axes(gaze_frame(head()))
    assert x == pytest.approx([-1, 0, 0], abs=1e-9)
    assert y == pytest.approx([0, 1, 0], abs=1e-9)
    assert z == pytest.approx([0, 0, -1], abs=1e-9)


@pytest.mark.parametrize('pose', [head(yaw_deg=30), head(5, -20, 170), head(-80, 10, -90)])
def test_gaze_frame_shares_face_origin_and_has_z_along_face_x(pose):
    face, gaze = face_frame(pose), gaze_frame(pose)
    assert face.position_m == gaze.position_m
    assert axes(gaze)[2] == pytest.approx(axes(face)[0], abs=1e-6)


def test_face_looking_to_image_right_has_x_to_right():
    x, _, z = axes(face_frame(head(yaw_deg=90)))
    assert x == pytest.approx([1, 0, 0], abs=1e-6)
    assert z == pytest.approx([0, -1, 0], abs=1e-6)


def test_face_looking_up_has_x_pointing_up():
    x, _, _ = axes(face_frame(head(pitch_deg=45)))
    assert x == pytest.approx([0, -math.sqrt(0.5), -math.sqrt(0.5)], abs=1e-6)


def test_head_tilted_clockwise_has_z_to_image_right():
    _, _, z = axes(face_frame(head(roll_deg=90)))
    assert z == pytest.approx([1, 0, 0], abs=1e-6)


def test_face_frame_origin_is_sellion_in_front_of_point_between_eyes():
    _, y_m, z_m = HEAD_SHAPE_M[27]
    assert face_frame(head(position_m=(0.1, 0.2, 2.0))).position_m == pytest.approx(
        (0.1, 0.2 + y_m, 2.0 + z_m)
    )
    assert z_m < 0


@pytest.mark.parametrize('pose', [HeadPose(), head(position_m=(math.nan, math.nan, math.nan))])
def test_unknown_head_pose_has_no_frames(pose):
    assert face_frame(pose) is None
    assert gaze_frame(pose) is None


@pytest.mark.parametrize('rotate_deg', [90, 180, 270])
def test_face_in_rotated_image_has_frame_relative_to_camera(rotate_deg):
    """A head seen in an image that is rotated before faces are detected."""
    points = HEAD_SHAPE_M + np.array([0.1, -0.05, 0.9])
    seen_px = points[:, :2] / points[:, 2:] * 600 + np.array([320, 240])
    width, height = 640, 480
    x, y = seen_px.T
    turned_px = {
        90: np.column_stack([height - 1 - y, x]),
        180: np.column_stack([width - 1 - x, height - 1 - y]),
        270: np.column_stack([y, width - 1 - x]),
    }[rotate_deg]
    face = ObservedFace(
        TrackedFace(1, FaceBox(0, 0, 10, 10), 0.0, True),
        Landmarks(turned_px.astype(np.float32)),
        AlignedFace(np.zeros((4, 4), np.uint8), np.zeros((68, 2), np.float32)),
    )
    back = turned_back(face, (width, height), rotate_deg)
    frame = face_frame(head_pose(back.landmarks, CAMERA))
    sellion_m = HEAD_SHAPE_M[27] + np.array([0.1, -0.05, 0.9])
    assert frame.position_m == pytest.approx(tuple(sellion_m), abs=2e-3)
    assert axes(frame)[0] == pytest.approx([0, 0, -1], abs=0.01)
