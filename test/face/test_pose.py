"""Head pose: exact for projections of the head shape, within the noise of the landmarks for a
photograph.
"""

import math
from itertools import pairwise

import cv2
import numpy as np
import pytest

from fer_ros.errors import SettingError
from fer_ros.face.head_shape import HEAD_SHAPE_M
from fer_ros.face.landmark_layout import REGIONS
from fer_ros.face.pose import CameraIntrinsics, head_axes, head_pose
from fer_ros.structures import HeadPose, Landmarks

CAMERA = CameraIntrinsics(600.0, 620.0, 330.0, 250.0)
# Error of an angle caused by a landmark error of half a pixel.
NOISE_RAD = math.radians(4)


def seen(yaw=0.0, pitch=0.0, roll=0.0, position_m=(0.1, -0.05, 1.2), camera=CAMERA):
    """Landmarks of a head that is pitched, then yawed, then rolled about the optical axis."""
    rotation = np.eye(3)
    for axis, angle in (((0, 0, 1), roll), ((0, -1, 0), yaw), ((-1, 0, 0), pitch)):
        rotation = rotation @ cv2.Rodrigues(np.array(axis, np.float64) * angle)[0]
    points, _ = cv2.projectPoints(
        HEAD_SHAPE_M,
        cv2.Rodrigues(rotation)[0],
        np.array(position_m),
        camera.matrix,
        np.array(camera.distortion) if camera.distortion else None,
    )
    return Landmarks(points[:, 0].astype(np.float32))


def angles(pose):
    return pose.yaw_rad, pose.pitch_rad, pose.roll_rad


@pytest.fixture(scope='module')
def pose_in(models):
    """The pose of the one face in an image, seen by a camera of 60 degrees."""

    def find(gray):
        (box, *_) = models.detector.detect(gray)
        camera = CameraIntrinsics.from_hfov(gray.shape[::-1], 60)
        return head_pose(models.landmarks.predict(gray, box), camera)

    return find


@pytest.mark.parametrize(
    ('yaw', 'pitch', 'roll'),
    [(0.0, 0.0, 0.0), (0.6, 0.0, 0.0), (0.0, -0.4, 0.0), (0.0, 0.0, 2.5), (-0.5, 0.3, -0.2)],
)
def test_head_pose_of_projected_head_is_recovered(yaw, pitch, roll):
    pose = head_pose(seen(yaw, pitch, roll), CAMERA)
    assert angles(pose) == pytest.approx((yaw, pitch, roll), abs=1e-3)
    assert pose.position_m == pytest.approx((0.1, -0.05, 1.2), abs=2e-3)


def test_head_pose_in_distorted_image_is_recovered():
    camera = CameraIntrinsics(600.0, 620.0, 330.0, 250.0, (-0.3, 0.1, 0.001, 0.002, 0.0))
    landmarks = seen(0.3, position_m=(0.4, 0.2, 1.2), camera=camera)
    pose = head_pose(landmarks, camera)
    assert angles(pose) == pytest.approx((0.3, 0.0, 0.0), abs=2e-3)


@pytest.mark.parametrize(
    ('moved_px', 'yaw_sign', 'pitch_sign'),
    [((6, 0), 1, 0), ((-6, 0), -1, 0), ((0, -6), 0, 1), ((0, 6), 0, -1)],
)
def test_nose_to_image_right_is_positive_yaw_and_nose_up_is_positive_pitch(
    moved_px, yaw_sign, pitch_sign
):
    points = seen(position_m=(0.0, 0.0, 1.2)).points_px.copy()
    points[[30, *REGIONS['nose_base']]] += moved_px
    pose = head_pose(Landmarks(points), CAMERA)
    turned = [0 if abs(angle) < 0.03 else math.copysign(1, angle) for angle in angles(pose)]
    assert turned == [yaw_sign, pitch_sign, 0]


def test_facing_angle_of_off_axis_face_is_measured_from_line_of_sight():
    aside = (1.2, 0.0, 1.2)
    past_the_camera = head_pose(seen(position_m=aside), CAMERA)
    at_the_camera = head_pose(seen(yaw=-math.pi / 4, position_m=aside), CAMERA)
    assert past_the_camera.facing_angle_rad == pytest.approx(math.pi / 4, abs=2e-3)
    assert at_the_camera.facing_angle_rad == pytest.approx(0.0, abs=5e-3)


def test_head_pose_of_coincident_landmarks_is_nan():
    pose = head_pose(Landmarks(np.full((68, 2), 7.0, np.float32)), CAMERA)
    assert all(math.isnan(angle) for angle in (*angles(pose), pose.facing_angle_rad))
    assert all(math.isnan(value) for value in pose.position_m)


def test_rolling_image_adds_to_roll_and_keeps_yaw_and_pitch(pose_in, portrait_gray):
    height, width = portrait_gray.shape
    upright = pose_in(portrait_gray)
    for degrees in (-15, 15):
        # OpenCV turns counter-clockwise.
        turn = cv2.getRotationMatrix2D((width / 2, height / 2), -degrees, 1)
        rolled = pose_in(cv2.warpAffine(portrait_gray, turn, (width, height)))
        assert rolled.roll_rad - upright.roll_rad == pytest.approx(
            math.radians(degrees), abs=NOISE_RAD
        )
        assert rolled.yaw_rad == pytest.approx(upright.yaw_rad, abs=NOISE_RAD)
        assert rolled.pitch_rad == pytest.approx(upright.pitch_rad, abs=NOISE_RAD)


def test_mirroring_image_flips_yaw_and_roll_and_keeps_pitch(pose_in, portrait_gray):
    pose, mirrored = pose_in(portrait_gray), pose_in(portrait_gray[:, ::-1].copy())
    assert mirrored.yaw_rad == pytest.approx(-pose.yaw_rad, abs=NOISE_RAD)
    assert mirrored.roll_rad == pytest.approx(-pose.roll_rad, abs=NOISE_RAD)
    assert mirrored.pitch_rad == pytest.approx(pose.pitch_rad, abs=NOISE_RAD)


def test_head_pose_is_continuous_as_a_head_turns():
    poses = [head_pose(seen(yaw, 0.1, 0.05), CAMERA) for yaw in np.linspace(-0.9, 0.9, 61)]
    for pose, following in pairwise(poses):
        assert angles(following) == pytest.approx(angles(pose), abs=0.04)


def test_distance_doubles_for_face_of_half_size(pose_in, portrait_gray):
    height, width = portrait_gray.shape
    half = cv2.resize(portrait_gray, (width // 2, height // 2), interpolation=cv2.INTER_AREA)
    framed = np.full_like(portrait_gray, 128)
    y, x = height // 4, width // 4
    framed[y : y + height // 2, x : x + width // 2] = half
    near, far = pose_in(portrait_gray), pose_in(framed)
    assert far.position_m[2] / near.position_m[2] == pytest.approx(2, rel=0.1)


@pytest.mark.parametrize('values', [(0.0, 600.0, 320.0, 240.0), (600.0, -1.0, 320.0, 240.0)])
def test_intrinsics_without_positive_focal_length_are_refused(values):
    with pytest.raises(SettingError, match='the camera is not calibrated'):
        CameraIntrinsics(*values)


def test_intrinsics_follow_from_field_of_view_and_image_size():
    camera = CameraIntrinsics.from_hfov((640, 480), 90)
    assert (camera.fx_px, camera.fy_px, camera.cx_px, camera.cy_px) == pytest.approx(
        (320, 320, 320, 240)
    )


def test_distortion_of_two_coefficients_is_refused():
    with pytest.raises(SettingError, match='distortion has 2 coefficients'):
        CameraIntrinsics(500.0, 500.0, 300.0, 150.0, (0.1, 0.01))


def test_field_of_view_of_180_degrees_is_refused():
    with pytest.raises(SettingError, match='hfov_deg is 180'):
        CameraIntrinsics.from_hfov((640, 480), 180)


def test_axes_of_head_facing_camera_are_camera_axes():
    assert head_axes(HeadPose(0.0, 0.0, 0.0)) == pytest.approx(np.eye(3))


@pytest.mark.parametrize(
    ('head', 'nose'),
    [
        (HeadPose(math.pi / 6, 0.0, 0.0), (0.5, 0.0, -(0.75**0.5))),
        (HeadPose(0.0, math.pi / 6, 0.0), (0.0, -0.5, -(0.75**0.5))),
        (HeadPose(math.pi / 6, 0.0, math.pi / 2), (0.0, 0.5, -(0.75**0.5))),
    ],
)
def test_nose_direction_follows_from_angles(head, nose):
    assert -head_axes(head)[:, 2] == pytest.approx(nose)


def test_axes_of_estimated_pose_match_true_rotation():
    turned = head_pose(seen(yaw=0.4, pitch=-0.3, roll=0.7), CAMERA)
    rotation = np.eye(3)
    for axis, angle in (((0, 0, 1), 0.7), ((0, -1, 0), 0.4), ((-1, 0, 0), -0.3)):
        rotation = rotation @ cv2.Rodrigues(np.array(axis, float) * angle)[0]
    assert head_axes(turned) == pytest.approx(rotation, abs=0.01)
