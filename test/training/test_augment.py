from dataclasses import fields, replace

import numpy as np
import pytest

from fer_ros.face.alignment import align_face
from fer_ros.face.landmark_layout import REGIONS
from fer_ros.training.augment import AugmentConfig, augmented_face, mirror, moved_face

OFF = AugmentConfig(**{entry.name: 0 for entry in fields(AugmentConfig)} | {'coarse': 1})


def darkest_near(face, landmark):
    """Return the crop's gray level at a landmark."""
    x, y = (face.landmarks_norm[landmark] + 1) * 24 - 0.5
    return int(face.crop[round(y), round(x)])


def test_mirror_flips_crop_and_landmarks_together(portrait_gray, portrait_landmarks):
    face = align_face(portrait_gray, portrait_landmarks, 48)
    mirrored = mirror(face)
    assert (mirrored.crop == face.crop[:, ::-1]).all()
    # The right eye's outer corner becomes the left eye's, on the other side.
    assert mirrored.landmarks_norm[45] == pytest.approx(face.landmarks_norm[36] * [-1, 1])
    assert mirrored.landmarks_norm[36, 0] < mirrored.landmarks_norm[45, 0]


def test_mirror_keeps_every_landmark_region_in_place(portrait_gray, portrait_landmarks):
    face = align_face(portrait_gray, portrait_landmarks, 48)
    mirrored = mirror(face)
    for name, indices in REGIONS.items():
        middle = face.landmarks_norm[list(indices)].mean(axis=0)
        now = mirrored.landmarks_norm[list(indices)].mean(axis=0)
        assert now == pytest.approx(middle, abs=0.15), name


def test_mirroring_twice_restores_the_face(portrait_gray, portrait_landmarks):
    face = align_face(portrait_gray, portrait_landmarks, 48)
    twice = mirror(mirror(face))
    assert (twice.crop == face.crop).all()
    assert (twice.landmarks_norm == face.landmarks_norm).all()


def test_without_augmentation_face_is_aligned_crop_or_its_mirror_image(
    portrait_gray, portrait_landmarks
):
    face = align_face(portrait_gray, portrait_landmarks, 48)
    expected = {face.crop.tobytes(), mirror(face).crop.tobytes()}
    seen = {
        augmented_face(
            portrait_gray, portrait_landmarks, 48, OFF, np.random.default_rng(seed)
        ).crop.tobytes()
        for seed in range(8)
    }
    assert seen == expected


@pytest.mark.parametrize('seed', range(6))
def test_augmented_crop_and_landmarks_stay_aligned(portrait_gray, portrait_landmarks, seed):
    # A dark spot drawn onto the nose tip is found under the nose tip's landmark.
    marked = portrait_gray.copy()
    x, y = portrait_landmarks.points_px[30].round().astype(int)
    marked[y - 4 : y + 5, x - 4 : x + 5] = 0
    config = replace(OFF, rotation_deg=20, scale=0.15, shift=0.1, stretch=0.08)
    face = augmented_face(marked, portrait_landmarks, 48, config, np.random.default_rng(seed))
    assert darkest_near(face, 30) < 25


def test_same_seed_gives_same_face(portrait_gray, portrait_landmarks):
    faces = [
        augmented_face(
            portrait_gray, portrait_landmarks, 48, AugmentConfig(), np.random.default_rng(4)
        )
        for _ in range(2)
    ]
    assert (faces[0].crop == faces[1].crop).all()
    assert (faces[0].landmarks_norm == faces[1].landmarks_norm).all()


@pytest.mark.parametrize(
    'change', [{'smear_px': 6}, {'dim': 1}, {'jpeg': 1}, {'coarse': 0.3}, {'cover': 1}]
)
def test_each_pixel_augmentation_changes_crop_but_not_landmarks(
    portrait_gray, portrait_landmarks, change
):
    def faces(config):
        return [
            augmented_face(
                portrait_gray, portrait_landmarks, 48, config, np.random.default_rng(seed)
            )
            for seed in range(16)
        ]

    plain = {face.landmarks_norm.tobytes(): face.crop for face in faces(OFF)}
    disturbed = faces(replace(OFF, **change))
    crops = [plain[face.landmarks_norm.tobytes()] for face in disturbed]
    assert any((face.crop != crop).any() for face, crop in zip(disturbed, crops, strict=True))


def test_misplaced_faces_are_moved_further(portrait_gray, portrait_landmarks):
    def spread(misplaced):
        config = replace(OFF, shift=0.05, misplaced=misplaced)
        moved = [
            moved_face(portrait_gray, portrait_landmarks, 48, config, np.random.default_rng(seed))
            for seed in range(60)
        ]
        return np.std([face.landmarks_norm[30] for face in moved], axis=0).mean()

    assert spread(0) == pytest.approx(0.05, rel=0.25)
    assert spread(1) == pytest.approx(0.125, rel=0.25)
