"""Emotion records → the fields of their messages, alike for rclpy and for rosbags."""

from typing import Any

import numpy as np

from fer_ros.structures import FaceBox, FaceEmotion


def face_fields(
    face: FaceEmotion, size_wh: tuple[int, int], landmarks: bool = True
) -> dict[str, Any]:
    """Return the fields of ``fer_ros/msg/FaceEmotion``.

    Args:
        face: One face.
        size_wh: Width and height of its image in pixels, to which the region is clipped.
        landmarks: Whether landmarks are filled in.

    Returns:
        ``roi`` as a dictionary of the fields of ``sensor_msgs/RegionOfInterest``, arrays as
        contiguous one-dimensional float32, and the rest as it stands in the message.
    """
    points = face.landmarks.points_px if landmarks else np.empty(0)
    return {
        'face_id': face.face_id,
        'roi': _roi_fields(face.box, size_wh),
        'emotion': face.emotion,
        'confidence': face.confidence,
        'probabilities': np.ascontiguousarray(face.probabilities, np.float32),
        'frame_probabilities': np.ascontiguousarray(face.frame_probabilities, np.float32),
        'landmarks': np.ascontiguousarray(points, np.float32).ravel(),
    }


def _roi_fields(box: FaceBox, size_wh: tuple[int, int]) -> dict[str, Any]:
    width, height = size_wh
    x0, x1 = (round(min(max(x, 0), width)) for x in (box.x0_px, box.x1_px))
    y0, y1 = (round(min(max(y, 0), height)) for y in (box.y0_px, box.y1_px))
    return {
        'x_offset': x0,
        'y_offset': y0,
        'height': y1 - y0,
        'width': x1 - x0,
        'do_rectify': False,
    }
