from itertools import pairwise

import numpy as np

from fer_ros.data.synthetic_clips import FRAMES, synthetic_clip
from fer_ros.face.alignment import align_face


def clip(gray, landmarks, seed=0, severity=1.0):
    return list(synthetic_clip(gray, landmarks, 48, np.random.default_rng(seed), severity))


def test_same_seed_gives_the_same_clip(portrait_gray, portrait_landmarks):
    first, again = (clip(portrait_gray, portrait_landmarks) for _ in range(2))
    assert len(first) == FRAMES == 30
    assert all((a.crop == b.crop).all() for a, b in zip(first, again, strict=True))
    other = clip(portrait_gray, portrait_landmarks, seed=1)
    assert (first[0].crop != other[0].crop).any()


def test_severity_0_shows_the_still_in_every_frame(portrait_gray, portrait_landmarks):
    still = align_face(portrait_gray, portrait_landmarks, 48)
    for frame in clip(portrait_gray, portrait_landmarks, severity=0.0):
        assert np.abs(frame.crop.astype(int) - still.crop).max() <= 1
        assert np.abs(frame.landmarks_norm - still.landmarks_norm).max() < 1e-5


def test_neighbouring_frames_are_more_alike_than_distant_ones(portrait_gray, portrait_landmarks):
    near, far = [], []
    for seed in range(8):
        nose = [f.landmarks_norm.mean(0) for f in clip(portrait_gray, portrait_landmarks, seed)]
        near += [np.linalg.norm(a - b) for a, b in pairwise(nose)]
        far += [np.linalg.norm(a - b) for a, b in zip(nose, nose[15:], strict=False)]
    assert np.mean(near) < 0.7 * np.mean(far)
