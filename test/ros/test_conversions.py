import dataclasses
import math

import numpy as np
from fer_ros.msg import FaceEmotion as FaceEmotionMsg
from fer_ros.msg import FaceEmotionArray
from rclpy.serialization import deserialize_message, serialize_message
from stamped import header

from fer_ros.messages.emotions import frame_from_msg, stamp_s_from_msg
from fer_ros.messages.images import ImageDecoder
from fer_ros.ros.conversions import bgr_to_msg, frame_to_msg
from fer_ros.structures import FaceBox, FaceEmotion, FrameEmotions, HeadPose, Judgement, Landmarks

CLASSES = ('neutral', 'anger', 'fear')


def test_bgr_image_survives_round_trip():
    pixels = np.random.default_rng(0).integers(0, 256, (30, 40, 3), np.uint8)
    msg = bgr_to_msg(pixels, header(3.25))
    assert (ImageDecoder().bgr(msg) == pixels).all()
    assert (msg.width, msg.height, msg.step, msg.encoding) == (40, 30, 120, 'bgr8')
    assert stamp_s_from_msg(msg.header.stamp) == 3.25


def face(**fields):
    points = np.arange(136, dtype=np.float32).reshape(68, 2) / 4
    smoothed = np.array([0.25, 0.5, 0.25], np.float32)
    alone = np.array([0.0, 1.0, 0.0], np.float32)
    return FaceEmotion(
        **{
            'face_id': 2,
            'box': FaceBox(10, 20, 50, 80),
            'landmarks': Landmarks(points),
            'emotion': 'anger',
            'confidence': 0.5,
            'probabilities': smoothed,
            'frame_probabilities': alone,
            **fields,
        }
    )


def frame_of(*faces, stamp_s=7.5):
    return FrameEmotions(stamp_s, CLASSES, faces, (640, 480), 'ferplus.onnx@012345abcdef')


def round_trip(frame, **options):
    """Return a frame after conversion to its message, serialization, and back."""
    msg = frame_to_msg(frame, header(frame.stamp_s), '/eye/image_raw', **options)
    return frame_from_msg(deserialize_message(serialize_message(msg), FaceEmotionArray))


def test_frame_survives_round_trip():
    frame = frame_of(face(first_seen_s=7.25, detected=True), face(face_id=9))
    back = round_trip(frame)
    assert (back.stamp_s, back.classes, back.size_wh) == (7.5, CLASSES, (640, 480))
    assert (back.model, back.measure_names) == ('ferplus.onnx@012345abcdef', ())
    before, after = frame.faces[0], back.faces[0]
    assert (after.face_id, after.emotion, after.confidence) == (2, 'anger', 0.5)
    assert (after.judgement, after.first_seen_s, after.detected) == (Judgement.JUDGED, 7.25, True)
    assert after.box == before.box
    assert (after.landmarks.points_px == before.landmarks.points_px).all()
    assert (after.probabilities == before.probabilities).all()
    assert (after.frame_probabilities == before.frame_probabilities).all()
    assert [face.face_id for face in back.faces] == [2, 9]


def test_frame_without_faces_survives_round_trip():
    assert round_trip(frame_of(stamp_s=0.0)) == frame_of(stamp_s=0.0)


def test_unknown_values_are_nan_or_empty_after_round_trip():
    nothing = np.empty(0, np.float32)
    unknown = face(
        landmarks=None,
        emotion='',
        confidence=math.nan,
        probabilities=nothing,
        frame_probabilities=nothing,
        judgement=Judgement.NO_FACE_SHAPE,
    )
    (after,) = round_trip(frame_of(unknown)).faces
    assert (after.landmarks, after.emotion, after.judgement) == (None, '', 5)
    numbers = [after.confidence, after.quality, *dataclasses.astuple(after.head)[:4]]
    assert np.isnan([*numbers, *after.head.position_m]).all()
    assert {len(after.probabilities), len(after.frame_probabilities), len(after.measures)} == {0}


def test_zeros_survive_round_trip():
    zero = face(
        landmarks=Landmarks(np.zeros((68, 2), np.float32)),
        confidence=0.0,
        probabilities=np.zeros(3, np.float32),
        first_seen_s=0.0,
        quality=0.0,
        head=HeadPose(0.0, 0.0, 0.0, 0.0, (0.0, 0.0, 0.0)),
    )
    (after,) = round_trip(frame_of(zero)).faces
    assert (after.confidence, after.first_seen_s, after.quality) == (0, 0, 0)
    assert after.head == HeadPose(0, 0, 0, 0, (0, 0, 0))
    assert after.landmarks.points_px.tolist() == [[0, 0]] * 68
    assert after.probabilities.tolist() == [0, 0, 0]


def test_head_pose_quality_and_measures_survive_round_trip():
    head = HeadPose(0.5, -0.25, 0.125, 0.75, (0.1, -0.2, 1.3))
    full = face(head=head, quality=0.875, measures=np.array([0.5, -1], np.float32))
    frame = dataclasses.replace(frame_of(full), measure_names=('valence', 'arousal'))
    back = round_trip(frame)
    assert back.measure_names == ('valence', 'arousal')
    (after,) = back.faces
    assert (after.head, after.quality) == (head, 0.875)
    assert after.measures.tolist() == [0.5, -1]


def test_judgements_match_message_constants():
    constants = {name: getattr(FaceEmotionMsg, name) for name in Judgement.__members__}
    assert constants == Judgement.__members__


def test_message_states_topic_size_and_landmark_layout():
    msg = frame_to_msg(frame_of(face()), header(7.5), '/eye/image_raw')
    assert (msg.image_topic, msg.image_width, msg.image_height) == ('/eye/image_raw', 640, 480)
    assert (msg.landmark_layout, len(msg.faces[0].landmarks)) == ('ibug68', 136)


def test_landmarks_can_be_left_out():
    msg = frame_to_msg(frame_of(face()), header(0), '/eye/image_raw', landmarks=False)
    assert (msg.landmark_layout, len(msg.faces[0].landmarks)) == ('', 0)
    assert frame_from_msg(msg).faces[0].landmarks is None
