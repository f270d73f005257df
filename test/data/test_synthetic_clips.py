import cv2
import numpy as np
import pytest

from fer_ros.data.synthetic_clips import FADE_FRAMES, FRAMES, Still, synthetic_clip
from fer_ros.face.alignment import align_face
from fer_ros.face.landmarks import LandmarkPredictor
from fer_ros.structures import Landmarks


@pytest.fixture(scope='module')
def predictor():
    return LandmarkPredictor()


@pytest.fixture
def clip(portrait_gray, portrait_landmarks, predictor):
    def frames(stills=None, seed=0, severity=1.0, size_px=48):
        shown = stills or [Still(portrait_gray, portrait_landmarks)]
        rng = np.random.default_rng(seed)
        return list(synthetic_clip(shown, size_px, rng, severity, predictor))

    return frames


def test_same_seed_gives_the_same_clip(clip):
    first, again, other = clip(), clip(), clip(seed=1)
    assert len(first) == FRAMES == 30
    assert all((a.crop == b.crop).all() for a, b in zip(first, again, strict=True))
    assert (first[0].crop != other[0].crop).any()


def test_severity_0_shows_the_still_in_every_frame(clip, portrait_gray, portrait_landmarks):
    still = align_face(portrait_gray, portrait_landmarks, 48)
    frames = clip(severity=0.0)
    assert all((frame.crop == frames[0].crop).all() for frame in frames)
    # Found in a picture of 72 pixels instead of one of 400.
    assert np.abs(frames[0].landmarks_norm - still.landmarks_norm).mean() < 0.05


def test_disturbance_does_not_depend_on_crop_size(clip):
    for small, large in zip(clip(), clip(size_px=96), strict=True):
        assert large.crop.shape == (96, 96)
        assert (large.landmarks_norm == small.landmarks_norm).all()
        reduced = cv2.resize(large.crop, (48, 48), interpolation=cv2.INTER_AREA)
        assert np.corrcoef(reduced.ravel(), small.crop.ravel())[0, 1] > 0.98


def test_landmarks_are_found_in_the_disturbed_frame(clip):
    still = clip(severity=0.0)[0].landmarks_norm
    off = [
        np.mean([np.abs(f.landmarks_norm - still).mean() for f in clip(severity=severity)])
        for severity in (0.5, 1.5)
    ]
    assert 0.005 < off[0] < off[1]


def test_two_stills_fade_into_each_other(clip, portrait_gray, portrait_landmarks):
    dark = Still((portrait_gray // 3).astype(np.uint8), portrait_landmarks, 12)
    bright = Still(portrait_gray, portrait_landmarks, 12)
    means = [frame.crop.mean() for frame in clip([dark, bright], severity=0.0)]
    assert len(means) == 24
    start, end = 12 - FADE_FRAMES // 2, 12 + FADE_FRAMES // 2
    assert means[0] == means[start - 1] < means[start] < means[end - 1] < means[end] == means[-1]
    assert (means[11] + means[12]) / 2 == pytest.approx((means[0] + means[-1]) / 2, abs=1.5)


def test_shifted_landmarks_are_corrected(clip, portrait_gray, portrait_landmarks):
    shifted = Landmarks(portrait_landmarks.points_px + 3)
    (frame, *_) = clip([Still(portrait_gray, shifted)], severity=0.0)
    (expected, *_) = clip(severity=0.0)
    assert np.abs(frame.landmarks_norm - expected.landmarks_norm).mean() < 0.05
