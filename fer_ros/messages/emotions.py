"""Emotion records ↔ their messages, for rclpy and rosbags alike."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from fer_ros.structures import (
    LANDMARK_LAYOUT,
    FaceBox,
    FaceEmotion,
    FloatArray,
    FrameEmotions,
    HeadPose,
    Judgement,
    Landmarks,
)

# Fields of a face that are messages themselves, with their types.
NESTED = {
    'first_seen': 'builtin_interfaces/msg/Time',
    'roi': 'sensor_msgs/msg/RegionOfInterest',
    'position': 'geometry_msgs/msg/Point',
}


def frame_fields(frame: FrameEmotions, image_topic: str, landmarks: bool = True) -> dict[str, Any]:
    """Return the fields of ``fer_ros/msg/FaceEmotionArray`` except its header.

    Args:
        frame: All faces of an image.
        image_topic: Topic of the image.
        landmarks: Whether to include landmarks.

    Returns:
        ``faces`` as dictionaries, whose fields ``NESTED`` are dictionaries themselves and whose
        arrays are contiguous one-dimensional float32; the other fields as in the message.
    """
    width, height = frame.size_wh
    return {
        'image_topic': image_topic,
        'image_width': width,
        'image_height': height,
        'model': frame.model,
        'classes': list(frame.classes),
        'landmark_layout': LANDMARK_LAYOUT if landmarks else '',
        'measure_names': list(frame.measure_names),
        'faces': [_face_fields(face, frame.size_wh, landmarks) for face in frame.faces],
    }


def frame_from_msg(msg: Any) -> FrameEmotions:
    """Return the record of a ``fer_ros/msg/FaceEmotionArray`` from rclpy or rosbags."""
    return FrameEmotions(
        stamp_s_from_msg(msg.header.stamp),
        tuple(msg.classes),
        tuple(_face_from_msg(face) for face in msg.faces),
        (msg.image_width, msg.image_height),
        msg.model,
        tuple(msg.measure_names),
    )


def stamp_s_from_msg(stamp: Any) -> float:
    """Return a ``builtin_interfaces/msg/Time`` in seconds."""
    return float(stamp.sec) + float(stamp.nanosec) * 1e-9


def _face_fields(face: FaceEmotion, size_wh: tuple[int, int], landmarks: bool) -> dict[str, Any]:
    sent = face.landmarks.points_px if landmarks and face.landmarks is not None else ()
    x, y, z = face.head.position_m
    return {
        'face_id': face.face_id,
        'first_seen': _stamp_fields(face.first_seen_s),
        'detected': face.detected,
        'roi': _roi_fields(face.box, size_wh),
        'judgement': int(face.judgement),
        'quality': face.quality,
        'emotion': face.emotion,
        'confidence': face.confidence,
        'probabilities': _array(face.probabilities),
        'frame_probabilities': _array(face.frame_probabilities),
        'head_yaw': face.head.yaw_rad,
        'head_pitch': face.head.pitch_rad,
        'head_roll': face.head.roll_rad,
        'facing_angle': face.head.facing_angle_rad,
        'position': {'x': x, 'y': y, 'z': z},
        'landmarks': _array(sent),
        'measures': _array(face.measures),
    }


def _face_from_msg(msg: Any) -> FaceEmotion:
    roi, position = msg.roi, msg.position
    points = _array(msg.landmarks).reshape(-1, 2)
    return FaceEmotion(
        face_id=msg.face_id,
        # A face beyond the image's edge has an empty region, which is not a valid box.
        box=FaceBox(
            roi.x_offset,
            roi.y_offset,
            roi.x_offset + max(roi.width, 1),
            roi.y_offset + max(roi.height, 1),
        ),
        landmarks=Landmarks(points) if len(points) else None,
        emotion=msg.emotion,
        confidence=msg.confidence,
        probabilities=_array(msg.probabilities),
        frame_probabilities=_array(msg.frame_probabilities),
        judgement=Judgement(msg.judgement),
        first_seen_s=stamp_s_from_msg(msg.first_seen),
        detected=msg.detected,
        quality=msg.quality,
        head=HeadPose(
            msg.head_yaw,
            msg.head_pitch,
            msg.head_roll,
            msg.facing_angle,
            (position.x, position.y, position.z),
        ),
        measures=_array(msg.measures),
    )


def _array(values: Sequence[float] | FloatArray) -> FloatArray:
    """Return a copy of values as contiguous one-dimensional float32."""
    return np.array(values, np.float32).ravel()


def _stamp_fields(stamp_s: float) -> dict[str, int]:
    """Return the fields of ``builtin_interfaces/msg/Time``; zeros if the time is unknown."""
    whole_s, rest_s = divmod(0.0 if math.isnan(stamp_s) else stamp_s, 1.0)
    # The fraction may round up to a whole second.
    sec, nanosec = divmod(int(whole_s) * 1_000_000_000 + round(rest_s * 1e9), 1_000_000_000)
    return {'sec': sec, 'nanosec': nanosec}


def _roi_fields(box: FaceBox, size_wh: tuple[int, int]) -> dict[str, Any]:
    x0, y0, x1, y1 = (round(edge) for edge in box.clipped(size_wh))
    return {
        'x_offset': x0,
        'y_offset': y0,
        'height': y1 - y0,
        'width': x1 - x0,
        'do_rectify': False,
    }
