import math
import re
from dataclasses import replace

import numpy as np
import pytest
from portrait_clip import NUM_FACES_BETWEEN_S, RATE_HZ, portrait_frames

from fer_ros.errors import ImageError, StampError
from fer_ros.face.tracker import TrackerSettings
from fer_ros.pipeline.emotion_pipeline import EmotionPipeline, face_ids_of_camera
from fer_ros.pipeline.settings import PipelineSettings
from fer_ros.structures import FaceBox


def test_smiling_portrait_is_happy(pipeline, portrait_bgr):
    (face,) = pipeline.process(portrait_bgr, 1.0).faces
    assert face.emotion == 'happiness'
    assert face.confidence == face.probabilities.max() > 0.8
    assert face.probabilities.sum() == pytest.approx(1, abs=1e-5)
    assert face.box.center_px == pytest.approx((222, 115), abs=12)


def test_gray_image_gives_same_result_as_color(models, portrait_bgr, portrait_gray):
    color = EmotionPipeline(models).process(portrait_bgr, 1.0).faces[0]
    gray = EmotionPipeline(models).process(portrait_gray, 1.0).faces[0]
    assert (color.probabilities == gray.probabilities).all()


def test_two_faces_get_different_ids_and_keep_them(pipeline, two_faces_bgr):
    first = pipeline.process(two_faces_bgr, 1.0)
    later = pipeline.process(two_faces_bgr, 1.1)
    assert [face.face_id for face in first.faces] == [1, 2]
    assert [face.face_id for face in later.faces] == [1, 2]
    assert later.faces[0].box.center_px == pytest.approx(first.faces[0].box.center_px, abs=15)


def test_frame_states_image_size_and_model(pipeline, portrait_bgr):
    frame = pipeline.process(portrait_bgr, 1.0)
    assert frame.size_wh == (512, 400)
    assert re.fullmatch(r'ferplus\.onnx@[0-9a-f]{12}', frame.model)


@pytest.mark.parametrize('rotate_deg', [0, 180])
def test_only_reported_faces_are_judged(models, two_faces_bgr, rotate_deg):
    settings = PipelineSettings(rotate_deg=rotate_deg)
    pipeline = EmotionPipeline(models, settings, reported=True)
    image = two_faces_bgr if rotate_deg == 0 else two_faces_bgr[::-1, ::-1]
    assert pipeline.process(image, 1.0).faces == ()
    # In 1024 x 400 pixels, the left face is centered at (222, 115), the right one at (802, 115).
    x, y = (222, 115) if rotate_deg == 0 else (802, 285)
    assert pipeline.report([FaceBox(x - 50, y - 65, x + 50, y + 65)], 1.0) == ''
    (face,) = pipeline.process(image, 1.1).faces
    assert face.emotion == 'happiness'
    assert face.box.center_px == pytest.approx((x, y), abs=15)


class CountingLandmarks:
    """A landmark predictor that counts its calls."""

    def __init__(self, predictor):
        self.predictor, self.calls = predictor, 0

    def predict(self, gray, box):
        self.calls += 1
        return self.predictor.predict(gray, box)


def test_only_best_of_many_reported_faces_are_processed(models, portrait_bgr):
    landmarks = CountingLandmarks(models.landmarks)
    settings = PipelineSettings(tracker=TrackerSettings(max_faces=2))
    pipeline = EmotionPipeline(replace(models, landmarks=landmarks), settings, reported=True)
    noise = [FaceBox(x, 200, x + 50, 250, 0.1) for x in range(400)]
    pipeline.report([*noise, FaceBox(172, 50, 272, 180, 0.9)], 1.0)
    faces = pipeline.process(portrait_bgr, 1.0).faces
    assert 'happiness' in [face.emotion for face in faces]
    assert landmarks.calls < 20


def test_reset_discards_reported_faces(models, portrait_bgr):
    pipeline = EmotionPipeline(models, reported=True)
    pipeline.report([FaceBox(172, 50, 272, 180)], 1.0)
    pipeline.reset()
    assert pipeline.process(portrait_bgr, 1.0).faces == ()


def test_two_cameras_share_no_face_id(models, two_faces_bgr):
    cameras = [EmotionPipeline(models, face_ids=face_ids_of_camera(i, 2)) for i in range(2)]
    frames = [camera.process(two_faces_bgr, 1.0) for camera in cameras]
    assert [[face.face_id for face in frame.faces] for frame in frames] == [[1, 3], [2, 4]]


def test_face_keeps_stamp_of_its_first_image(pipeline, portrait_bgr):
    (first,) = pipeline.process(portrait_bgr, 1.0).faces
    (later,) = pipeline.process(portrait_bgr, 1.1).faces
    assert (first.detected, first.first_seen_s) == (True, 1.0)
    assert (later.detected, later.first_seen_s) == (False, 1.0)


def test_image_without_faces_gives_an_empty_tuple(pipeline):
    frame = pipeline.process(np.full((240, 320, 3), 90, np.uint8), 1.0)
    assert frame.faces == ()
    assert len(frame.classes) == 8


def test_face_that_leaves_is_dropped_in_the_next_image(pipeline, portrait_bgr):
    pipeline.process(portrait_bgr, 1.0)
    assert pipeline.process(np.full_like(portrait_bgr, 90), 1.03).faces == ()


def test_tracked_landmarks_stay_close_to_detected_ones(models, portrait_bgr):
    following = EmotionPipeline(models, PipelineSettings(TrackerSettings(detect_interval_s=10)))
    for step in range(30):
        (followed,) = following.process(portrait_bgr, step / 30).faces
    (detected,) = EmotionPipeline(models).process(portrait_bgr, 0.0).faces
    points = detected.landmarks.points_px
    eye_distance = np.linalg.norm(points[36:42].mean(axis=0) - points[42:48].mean(axis=0))
    distance = np.linalg.norm(followed.landmarks.points_px - points, axis=1).mean()
    assert distance / eye_distance < 0.05


def test_settings_can_change_while_running_without_losing_faces(pipeline, portrait_bgr):
    pipeline.process(portrait_bgr, 0.0)
    pipeline.settings = PipelineSettings(confidence_threshold=1.0)
    (face,) = pipeline.process(portrait_bgr, 0.1).faces
    assert (face.face_id, face.emotion) == (1, '')


@pytest.mark.parametrize('stamp_s', [4.0, 5.0])
def test_stamp_not_later_than_last_is_an_error_until_reset(pipeline, portrait_bgr, stamp_s):
    pipeline.process(portrait_bgr, 5.0)
    sentence = (
        f'image stamp {stamp_s} s is not later than the last one, 5.0 s; use '
        'analyze(image) for pictures that are not a sequence'
    )
    with pytest.raises(StampError, match=re.escape(sentence)):
        pipeline.process(portrait_bgr, stamp_s)
    pipeline.reset()
    (face,) = pipeline.process(portrait_bgr, 4.0).faces
    assert face.face_id == 2


@pytest.mark.parametrize(
    ('image', 'sentence'),
    [
        (None, 'image is None, expected an array'),
        (np.zeros((8, 9), np.float32), 'image has type float32, expected uint8'),
        (np.zeros((8, 9, 4), np.uint8), r'image has shape \(8, 9, 4\)'),
        (np.zeros((0, 9, 3), np.uint8), r'image has shape \(0, 9, 3\)'),
    ],
)
def test_array_that_is_not_an_image_is_an_error(pipeline, image, sentence):
    with pytest.raises(ImageError, match=sentence):
        pipeline.process(image, 0.0)


def test_analyzed_picture_is_independent_of_earlier_ones(models, portrait_bgr):
    pipeline = EmotionPipeline(models)
    darker = (portrait_bgr * 0.4).astype(np.uint8)
    (by_itself,) = EmotionPipeline(models).analyze(portrait_bgr).faces
    pipeline.analyze(darker)
    (face,) = pipeline.analyze(portrait_bgr).faces
    assert (face.probabilities == by_itself.probabilities).all()
    assert (face.probabilities == face.frame_probabilities).all()
    assert (face.face_id, face.emotion, face.detected) == (1, 'happiness', True)


def test_analyzing_a_picture_does_not_affect_faces_of_the_stream(models, portrait_bgr):
    with_pictures, without = EmotionPipeline(models), EmotionPipeline(models)
    for step in range(4):
        expected = without.process(portrait_bgr, step / 10)
        with_pictures.analyze(portrait_bgr[:, ::-1])
        (face,) = with_pictures.process(portrait_bgr, step / 10).faces
        assert face.face_id == expected.faces[0].face_id
        assert (face.probabilities == expected.faces[0].probabilities).all()


def test_observe_and_estimate_give_same_result_as_process(models, two_faces_bgr):
    whole, halves = EmotionPipeline(models), EmotionPipeline(models)
    for step in range(3):
        expected = whole.process(two_faces_bgr, step / 30)
        frame = halves.estimate(halves.observe(two_faces_bgr, step / 30))
        assert len(frame.faces) == 2
        for face, same in zip(frame.faces, expected.faces, strict=True):
            assert (face.face_id, face.box, face.emotion) == (same.face_id, same.box, same.emotion)
            assert face.probabilities == pytest.approx(same.probabilities, abs=1e-5)


def edges(box):
    return box.x0_px, box.y0_px, box.x1_px, box.y1_px


@pytest.mark.parametrize('rotate_deg', [90, 180, 270])
def test_face_of_rotated_camera_is_located_in_image_as_delivered(models, portrait_bgr, rotate_deg):
    (upright,) = EmotionPipeline(models).process(portrait_bgr, 1.0).faces
    # The image of a rotated camera; turning it clockwise by rotate_deg makes it upright.
    image = np.ascontiguousarray(np.rot90(portrait_bgr, rotate_deg // 90))
    pipeline = EmotionPipeline(models, PipelineSettings(rotate_deg=rotate_deg))
    frame = pipeline.process(image, 1.0)
    (face,) = frame.faces
    assert frame.size_wh == (image.shape[1], image.shape[0])
    assert (face.emotion, face.confidence) == (upright.emotion, upright.confidence)
    # Landmarks lie on the same pixels.
    before, after = (
        picture[tuple(np.clip(face.landmarks.points_px.round().astype(int).T[::-1], 0, 399))]
        for picture, face in ((portrait_bgr, upright), (image, face))
    )
    assert np.abs(before.astype(int) - after).mean() < 1
    # So does the box, for each quarter turn counter-clockwise.
    (left, top, right, bottom), width, height = edges(upright.box), 512, 400
    for _ in range(rotate_deg // 90):
        left, top, right, bottom = top, width - right, bottom, width - left
        width, height = height, width
    assert edges(face.box) == pytest.approx((left, top, right, bottom), abs=0.01)


@pytest.mark.parametrize(('rotate_deg', 'roll_deg'), [(90, -90), (180, 180), (270, 90)])
def test_rotated_camera_changes_head_roll_but_not_yaw(models, portrait_bgr, rotate_deg, roll_deg):
    (upright,) = EmotionPipeline(models).process(portrait_bgr, 1.0).faces
    image = np.ascontiguousarray(np.rot90(portrait_bgr, rotate_deg // 90))
    pipeline = EmotionPipeline(models, PipelineSettings(rotate_deg=rotate_deg))
    (face,) = pipeline.process(image, 1.0).faces
    rolled = math.degrees(face.head.roll_rad - upright.head.roll_rad)
    assert (rolled - roll_deg + 180) % 360 - 180 == pytest.approx(0, abs=3)
    assert math.degrees(face.head.yaw_rad) == pytest.approx(
        math.degrees(upright.head.yaw_rad), abs=3
    )


def test_upside_down_face_is_not_found_without_rotation(models, portrait_bgr):
    upside_down = np.ascontiguousarray(portrait_bgr[::-1, ::-1])
    assert EmotionPipeline(models).process(upside_down, 1.0).faces == ()


def test_faces_are_forgotten_when_rotation_changes(pipeline, portrait_bgr):
    pipeline.process(portrait_bgr, 1.0)
    pipeline.settings = PipelineSettings(rotate_deg=180)
    (face,) = pipeline.process(np.ascontiguousarray(portrait_bgr[::-1, ::-1]), 1.1).faces
    assert face.face_id == 2


def test_portrait_clip_shows_stated_number_of_faces(pipeline):
    wrong = []
    for index, image in enumerate(portrait_frames()):
        stamp_s = index / RATE_HZ
        found = len(pipeline.process(image, stamp_s).faces)
        expected = {n for start, end, n in NUM_FACES_BETWEEN_S if start <= stamp_s <= end}
        if expected and found not in expected:
            wrong.append((stamp_s, found))
    assert wrong == []
