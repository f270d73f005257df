import math
from dataclasses import replace

import cv2
import numpy as np
import pytest

from fer_ros.face.alignment import align_face
from fer_ros.face.pose import CameraIntrinsics, head_pose
from fer_ros.face.quality import face_quality
from fer_ros.structures import FaceBox, HeadPose, Judgement, Landmarks


@pytest.fixture
def box(models, portrait_gray):
    (found,) = models.detector.detect(portrait_gray)
    return found


@pytest.fixture
def rate(models):
    """Rates the face in a box of an image."""

    def rated(gray, box, facing_deg=None):
        landmarks = models.landmarks.predict(gray, box)
        head = head_pose(landmarks, CameraIntrinsics.from_hfov(gray.shape[::-1], 60))
        if facing_deg is not None:
            head = replace(head, facing_angle_rad=math.radians(facing_deg))
        return face_quality(align_face(gray, landmarks, 48), landmarks, head)

    return rated


@pytest.fixture
def clean(rate, portrait_gray, box):
    return rate(portrait_gray, box)


def test_clean_portrait_has_high_quality(clean):
    assert 0.8 < clean.value < 1


def test_blurred_face_has_lower_quality_and_is_unclear(rate, portrait_gray, box, clean):
    values = [
        rate(np.asarray(cv2.GaussianBlur(portrait_gray, (0, 0), sigma_px)), box)
        for sigma_px in (6, 12)
    ]
    assert clean.value > values[0].value > values[1].value
    assert values[1].value < 0.6
    assert values[1].weakness == Judgement.UNCLEAR


def test_face_of_16_px_has_lower_quality_and_is_too_small(rate, portrait_gray, box, clean):
    scale = 16 / box.width_px
    small = np.asarray(
        cv2.resize(portrait_gray, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    )
    edges = (box.x0_px, box.y0_px, box.x1_px, box.y1_px)
    found = rate(small, FaceBox(*(scale * edge for edge in edges)))
    assert found.value < clean.value - 0.05
    assert found.weakness == Judgement.TOO_SMALL


def test_dark_face_has_lower_quality_and_is_unclear(rate, portrait_gray, box, clean):
    # A fiftieth of the light, with sensor noise.
    noise = np.random.default_rng(0).normal(0, 2, portrait_gray.shape)
    dark = np.clip(portrait_gray * 0.02 + noise, 0, 255).astype(np.uint8)
    found = rate(dark, box)
    assert found.value < clean.value - 0.03
    assert found.weakness == Judgement.UNCLEAR


def test_covered_face_has_lower_quality(rate, portrait_gray, box, clean):
    covered = portrait_gray.copy()
    top, bottom = round(box.y0_px + 0.4 * box.height_px), round(box.y1_px)
    covered[top:bottom, round(box.x0_px) - 10 : round(box.x1_px) + 10] = 70
    assert rate(covered, box).value < clean.value - 0.05


@pytest.mark.parametrize(('facing_deg', 'share'), [(0, 1.0), (40, 1.0), (52.5, 0.5), (70, 0.0)])
def test_quality_falls_to_0_as_face_turns_away(rate, portrait_gray, box, clean, facing_deg, share):
    found = rate(portrait_gray, box, facing_deg)
    assert found.value == pytest.approx(share * clean.value)
    assert (found.weakness == Judgement.TURNED_AWAY) == (facing_deg > 40)


def test_landmarks_beside_face_have_low_quality_and_no_face_shape(rate, portrait_gray, clean):
    found = rate(portrait_gray, FaceBox(0, 250, 120, 370))
    assert found.value < clean.value / 2
    assert found.weakness == Judgement.NO_FACE_SHAPE


def test_landmarks_without_head_pose_have_quality_0():
    gray, landmarks = np.zeros((60, 80), np.uint8), Landmarks(np.full((68, 2), 30, np.float32))
    assert face_quality(align_face(gray, landmarks, 48), landmarks, HeadPose()).value == 0


def test_larger_crop_of_face_has_about_same_quality(models, portrait_gray, box, clean):
    landmarks = models.landmarks.predict(portrait_gray, box)
    large = align_face(portrait_gray, landmarks, 64)
    found = face_quality(large, landmarks, HeadPose(facing_angle_rad=0))
    assert found.value == pytest.approx(clean.value, abs=0.05)


def test_rolled_face_has_about_same_quality(rate, portrait_gray, box, clean):
    height, width = portrait_gray.shape
    turn = cv2.getRotationMatrix2D(box.center_px, 10, 1.0)
    rolled = np.asarray(cv2.warpAffine(portrait_gray, turn, (width, height)))
    assert rate(rolled, box).value == pytest.approx(clean.value, abs=0.1)
