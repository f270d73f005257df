import cv2
import numpy as np
import pytest

from fer_ros.face.alignment import align_face, face_transform, similarity
from fer_ros.face.landmark_layout import MEAN_SHAPE_NORM, REGIONS
from fer_ros.structures import Landmarks

EYES = [*REGIONS['right_eye'], *REGIONS['left_eye']]


def test_similarity_recovers_rotation_scale_and_shift():
    source = np.array([[0, 0], [4, 0], [4, 3]], np.float32)
    matrix = np.array([[0, -2, 5], [2, 0, 7]])
    target = (source @ matrix[:, :2].T + matrix[:, 2]).astype(np.float32)
    assert similarity(source, target) == pytest.approx(matrix, abs=1e-5)


def test_coincident_landmarks_give_finite_transform():
    assert np.isfinite(face_transform(Landmarks(np.full((68, 2), 9, np.float32)))).all()


def test_coincident_landmarks_give_crop(portrait_gray):
    face = align_face(portrait_gray, Landmarks(np.full((68, 2), 9, np.float32)), 48)
    assert face.crop.shape == (48, 48)


def test_aligned_eyes_lie_on_eyes_of_mean_face(portrait_gray, portrait_landmarks):
    face = align_face(portrait_gray, portrait_landmarks, 48)
    eyes = face.landmarks_norm[EYES]
    assert eyes.mean(axis=0) == pytest.approx(MEAN_SHAPE_NORM[EYES].mean(axis=0), abs=0.03)
    assert face.crop.shape == (48, 48)


def test_rolled_and_scaled_image_gives_the_same_aligned_face(portrait_gray, portrait_landmarks):
    matrix = cv2.getRotationMatrix2D((222, 115), 25, 0.8)
    rolled = cv2.warpAffine(portrait_gray, matrix, (512, 400))
    points = portrait_landmarks.points_px @ matrix[:, :2].T + matrix[:, 2]
    straight = align_face(portrait_gray, portrait_landmarks, 48)
    turned = align_face(rolled, Landmarks(points.astype(np.float32)), 48)
    assert turned.landmarks_norm == pytest.approx(straight.landmarks_norm, abs=1e-4)
    difference = np.abs(turned.crop.astype(int) - straight.crop.astype(int))
    assert difference.mean() < 4


def test_large_face_is_downscaled_without_aliasing(portrait_gray, portrait_landmarks):
    straight = align_face(portrait_gray, portrait_landmarks, 48)
    large = cv2.resize(portrait_gray, None, fx=6, fy=6, interpolation=cv2.INTER_CUBIC)
    # A single-pixel pattern that averages out; sampled without averaging, it would show.
    checker = np.indices(large.shape).sum(axis=0) % 2 * 60 - 30
    noisy = np.clip(large.astype(int) + checker, 0, 255).astype(np.uint8)
    points = (portrait_landmarks.points_px + 0.5) * 6 - 0.5
    reduced = align_face(noisy, Landmarks(points.astype(np.float32)), 48)
    difference = np.abs(reduced.crop.astype(int) - straight.crop.astype(int))
    assert difference.mean() < 6


def test_crop_outside_image_repeats_edge_pixels(portrait_gray, portrait_landmarks):
    gray = np.full((90, 70), 77, np.uint8)
    outside = Landmarks(portrait_landmarks.points_px - 400)
    assert (align_face(gray, outside, 48).crop == 77).all()
