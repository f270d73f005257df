"""Frames of a head, as REP 155 has them: where its face is, and along what it looks."""

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
    """A place and a direction in the camera's optical frame.

    Attributes:
        position_m: x, y, z of the origin.
        quaternion_xyzw: Turns vectors of this frame into the camera's.
    """

    position_m: tuple[float, float, float]
    quaternion_xyzw: tuple[float, float, float, float]


def face_frame(head: HeadPose) -> Frame | None:
    """Return the frame of a face: its origin at the sellion, x out of the face, z up, y to the
    person's left.

    Args:
        head: With the point between the eyes as its position.

    Returns:
        None where place or direction are not known.
    """
    axes = _axes(head)
    if axes is None:
        return None
    right, down, inwards = axes.T
    return _frame(head, axes, np.column_stack([-inwards, right, -down]))


def gaze_frame(head: HeadPose) -> Frame | None:
    """Return the frame of the gaze, which is taken to go straight out of the face: the origin of
    ``face_frame``, z along the gaze, x to the person's right, y down; argument and None as there.
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
        head: Of known place.
        axes: Of the head, see ``head_axes``.
        rotation: ``(3, 3)``, whose columns are the axes of the frame.
    """
    x_m, y_m, z_m = (np.array(head.position_m) + axes @ HEAD_SHAPE_M[_SELLION]).tolist()
    vector = cv2.Rodrigues(rotation)[0].ravel()
    angle_rad = float(np.linalg.norm(vector))
    # The limit of sin(a/2)/a for small a.
    x, y, z = (vector * (math.sin(angle_rad / 2) / angle_rad if angle_rad else 0.5)).tolist()
    return Frame((x_m, y_m, z_m), (x, y, z, math.cos(angle_rad / 2)))
