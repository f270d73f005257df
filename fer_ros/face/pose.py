"""Landmarks → position and orientation of a head."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from fer_ros.errors import SettingError
from fer_ros.face.head_shape import HEAD_SHAPE_M
from fer_ros.face.landmark_layout import REGIONS
from fer_ros.structures import HeadPose, Landmarks

# The jaw is an outline: on a turned head its landmarks mark different points of the head.
_POINTS = np.array([*range(REGIONS['right_brow'].start, REGIONS['left_eye'].stop), 48, 51, 54])
# The numbers of coefficients that OpenCV's distortion model can have.
_DISTORTION_COUNTS = (0, 4, 5, 8, 12, 14)
_SHAPE_M = np.ascontiguousarray(HEAD_SHAPE_M[_POINTS])

Matrix = npt.NDArray[np.float64]


@dataclass(frozen=True)
class CameraIntrinsics:
    """A pinhole camera with OpenCV's distortion model.

    Attributes:
        fx_px: Focal length along x in pixels.
        fy_px: Focal length along y in pixels.
        cx_px: Principal point in pixels from the image's left edge.
        cy_px: Principal point in pixels from the image's top edge.
        distortion: Coefficients k1, k2, p1, p2, ...; empty for a rectified image.
    """

    fx_px: float
    fy_px: float
    cx_px: float
    cy_px: float
    distortion: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        values = (self.fx_px, self.fy_px, self.cx_px, self.cy_px, *self.distortion)
        if not all(math.isfinite(value) for value in values):
            raise SettingError(f'camera intrinsics are {values}, expected finite numbers')
        if len(self.distortion) not in _DISTORTION_COUNTS:
            raise SettingError(
                f'distortion has {len(self.distortion)} coefficients, expected 0, 4, 5, 8, 12 or '
                '14: fill up with zeros'
            )
        if not (self.fx_px > 0 and self.fy_px > 0):
            raise SettingError(
                f'focal lengths are {self.fx_px} and {self.fy_px} px, expected more than 0: '
                'the camera is not calibrated'
            )

    @classmethod
    def from_hfov(cls, size_wh: tuple[int, int], hfov_deg: float) -> 'CameraIntrinsics':
        """Return a camera without distortion, with square pixels and a centred principal point.

        Args:
            size_wh: Width and height of the image in pixels.
            hfov_deg: Horizontal field of view in degrees.

        Raises:
            SettingError: ``hfov_deg`` is not between 0 and 180.
        """
        if not 0 < hfov_deg < 180:
            raise SettingError(f'hfov_deg is {hfov_deg}, expected more than 0 and less than 180')
        width, height = size_wh
        focal_px = width / 2 / math.tan(math.radians(hfov_deg) / 2)
        return cls(focal_px, focal_px, width / 2, height / 2)

    @property
    def matrix(self) -> Matrix:
        """``(3, 3)`` matrix from the optical frame to homogeneous pixels."""
        return np.array(
            [[self.fx_px, 0, self.cx_px], [0, self.fy_px, self.cy_px], [0, 0, 1]], np.float64
        )


def head_pose(landmarks: Landmarks, camera: CameraIntrinsics) -> HeadPose:
    """Return the pose whose projection fits the landmarks best.

    Perspective-n-point by SQPnP (Terzakis & Lourakis 2020), which needs no initial guess: the
    result depends on this image alone.

    Args:
        landmarks: Landmarks in pixels of the image.
        camera: Camera that took the image.

    Returns:
        The pose; all NaN if the landmarks lie on one point or line. The distance assumes a head of
        average size: a child's head appears further away than it is.
    """
    points_px = np.ascontiguousarray(landmarks.points_px[_POINTS], np.float64)
    (xx, xy), (_, yy) = np.cov(points_px, rowvar=False).tolist()
    # Without extent in two directions there is no shape to fit.
    if not xx * yy - xy * xy > 1:
        return HeadPose()
    found, rotation_vector, position_m = cv2.solvePnP(
        _SHAPE_M,
        points_px,
        camera.matrix,
        np.array(camera.distortion) if camera.distortion else None,
        flags=cv2.SOLVEPNP_SQPNP,
    )
    if not found:
        return HeadPose()
    rotation = cv2.Rodrigues(rotation_vector)[0]
    x_m, y_m, z_m = position_m.ravel().tolist()
    to_camera = -position_m.ravel() / math.hypot(x_m, y_m, z_m)
    # The face points against the z axis of HEAD_SHAPE_M. The angles are those of
    # rotation = Rz(roll) Ry(-yaw) Rx(-pitch): rolling the image adds to the roll alone.
    facing = float(-rotation[:, 2] @ to_camera)
    return HeadPose(
        yaw_rad=math.asin(_in_unit(rotation[2, 0])),
        pitch_rad=-math.atan2(rotation[2, 1], rotation[2, 2]),
        roll_rad=math.atan2(rotation[1, 0], rotation[0, 0]),
        facing_angle_rad=math.acos(_in_unit(facing)),
        position_m=(x_m, y_m, z_m),
    )


def head_axes(head: HeadPose) -> Matrix:
    """Return the axes of a head in the camera's optical frame; ``head_pose`` gives the angles.

    Args:
        head: Head pose with known angles.

    Returns:
        ``(3, 3)`` matrix whose columns are unit vectors. For a head that faces the camera they
        point to the image's right, down, and into the head.
    """
    turns = ((2, head.roll_rad), (1, -head.yaw_rad), (0, -head.pitch_rad))
    about_z, about_y, about_x = (
        cv2.Rodrigues(np.eye(3)[axis] * angle_rad)[0] for axis, angle_rad in turns
    )
    return np.asarray(about_z @ about_y @ about_x, np.float64)


def _in_unit(value: float) -> float:
    """Return a sine or cosine clipped to [-1, 1], which rounding may exceed."""
    return min(max(float(value), -1.0), 1.0)
