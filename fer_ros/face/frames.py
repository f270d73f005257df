"""Frames of a head as defined by REP 155: the face frame and the gaze frame."""

import math
from dataclasses import dataclass

import cv2
import numpy as np

from fer_ros.face.head_shape import HEAD_SHAPE_M
from fer_ros.face.pose import Matrix, head_axes
from fer_ros.structures import HeadPose

# The landmark between the eyes where nose and forehead meet.
_SELLION = 27


@dataclass(frozen=True)
class Frame:
    """A position and an orientation in the camera's optical frame.

    Attributes:
        position_m: Position x, y, z of the origin in metres.
        quaternion_xyzw: Rotation from this frame to the camera's.
    """

    position_m: tuple[float, float, float]
    quaternion_xyzw: tuple[float, float, float, float]


def face_frame(head: HeadPose) -> Frame | None:
    """Return the frame of a face: origin at the sellion, x out of the face, y to the person's
    left, z up.

    Args:
        head: Head pose whose position is the point between the eyes.

    Returns:
        The frame, or ``None`` if the position or orientation is unknown.
    """
    axes = _axes(head)
    if axes is None:
        return None
    right, down, inwards = axes.T
    return _frame(head, axes, np.column_stack([-inwards, right, -down]))


def gaze_frame(head: HeadPose) -> Frame | None:
    """Return the frame of the gaze, which is assumed to go straight out of the face.

    Origin as in ``face_frame``, x to the person's right, y down, z along the gaze; ``None`` if the
    position or orientation is unknown.
    """
    axes = _axes(head)
    if axes is None:
        return None
    right, down, inwards = axes.T
    return _frame(head, axes, np.column_stack([-right, down, -inwards]))


def _axes(head: HeadPose) -> Matrix | None:
    known = (head.yaw_rad, head.pitch_rad, head.roll_rad, *head.position_m)
    return head_axes(head) if all(map(math.isfinite, known)) else None


def _frame(head: HeadPose, axes: Matrix, rotation: Matrix) -> Frame:
    """Return the frame at the sellion of a head.

    Args:
        head: Head pose with a known position.
        axes: ``(3, 3)`` axes of the head; see ``head_axes``.
        rotation: ``(3, 3)`` matrix whose columns are the axes of the frame.
    """
    x_m, y_m, z_m = (np.array(head.position_m) + axes @ HEAD_SHAPE_M[_SELLION]).tolist()
    vector = cv2.Rodrigues(rotation)[0].ravel()
    angle_rad = float(np.linalg.norm(vector))
    # The limit of sin(a/2)/a for small a.
    x, y, z = (vector * (math.sin(angle_rad / 2) / angle_rad if angle_rad else 0.5)).tolist()
    return Frame((x_m, y_m, z_m), (x, y, z, math.cos(angle_rad / 2)))
