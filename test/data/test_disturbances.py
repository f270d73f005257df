import numpy as np
import pytest

from fer_ros.data.disturbances import (
    blotted,
    blurred,
    coarse,
    compressed,
    covered,
    dimmed,
    exposed,
    noisy,
    shaded,
    smeared,
    to_image,
    to_pixels,
)

RAMP = np.tile(np.linspace(20, 220, 48, dtype=np.float32), (48, 1))


def test_gray_levels_are_rounded_and_clipped():
    assert to_image(np.array([[-3.0, 12.6, 300.0]])).tolist() == [[0, 13, 255]]
    assert to_pixels(np.array([[7]], np.uint8)).dtype == np.float32


def test_zero_strength_leaves_face_unchanged():
    for result in (blurred(RAMP, 0), coarse(RAMP, 1), exposed(RAMP, 0), shaded(RAMP, 0, 1)):
        assert result == pytest.approx(RAMP, abs=1e-3)


def test_blur_and_sharpening_work_in_opposite_directions():
    edge = np.zeros((48, 48), np.float32)
    edge[:, 24:] = 100
    assert blurred(edge, 1)[24, 24] < 100 < blurred(edge, 1, -0.5)[24, 24]


def test_coarse_removes_detail_finer_than_its_pixels():
    stripes = np.tile(np.array([0, 200], np.float32), (48, 24))
    assert coarse(stripes, 0.25).std() < 0.1 * stripes.std()


def test_positive_exposure_darkens():
    assert exposed(RAMP, 0.5).mean() < RAMP.mean() < exposed(RAMP, -0.5).mean()


def test_shaded_face_is_brighter_on_lit_side():
    flat = np.full((48, 48), 100, np.float32)
    lit = shaded(flat, 0.5, 0.0)
    assert lit[:, -1].mean() > 150
    assert lit[:, 0].mean() < 70


def test_noise_has_the_given_strength():
    flat = np.full((200, 200), 100, np.float32)
    assert noisy(flat, 10, np.random.default_rng(0)).std() == pytest.approx(10, rel=0.05)


def test_cover_hides_only_its_rectangle():
    result = covered(RAMP, (10, 20), (5, 8), 128)
    assert (result[10:15, 20:28] == 128).all()
    result[10:15, 20:28] = RAMP[10:15, 20:28]
    assert (result == RAMP).all()


def test_smear_blurs_only_along_its_direction():
    dot = np.zeros((48, 48), np.float32)
    dot[24, 24] = 90
    smear = smeared(dot, 9, 0)
    assert smear.sum() == pytest.approx(90, rel=1e-3)
    assert (smear[24] > 1).sum() >= 8
    assert smear[[20, 28]].sum() == 0
    assert smeared(dot, 9, 90)[:, 24] == pytest.approx(smear[24], abs=1e-3)


def test_smear_of_zero_length_changes_nothing():
    assert smeared(RAMP, 0, 30) is RAMP


def test_stronger_compression_changes_face_more():
    rng = np.random.default_rng(1)
    face = RAMP + rng.normal(0, 20, RAMP.shape).astype(np.float32)
    lost = [np.abs(compressed(face, quality) - face).mean() for quality in (90, 50, 10)]
    assert lost == sorted(lost)
    assert lost[0] > 0


def test_dimming_keeps_brightness_and_adds_noise():
    rng = np.random.default_rng(1)
    flat = np.full((48, 48), 100, np.float32)
    dark, darker = dimmed(flat, 0.4, rng), dimmed(flat, 0.1, rng)
    assert dark.mean() == pytest.approx(100, abs=2)
    # Noise of two gray levels, brightened.
    assert dark.std() == pytest.approx(2 / 0.4, rel=0.15)
    assert darker.std() == pytest.approx(2 / 0.1, rel=0.15)


def test_blot_hides_only_its_ellipse():
    rng = np.random.default_rng(1)
    result = blotted(np.zeros((48, 48), np.float32), (20.0, 30.0), (12.0, 5.0), 0, 150, rng)
    changed = result != 0
    assert changed[20, [20, 40]].all()
    assert not changed[:, :15].any()
    assert not changed[29:].any()
    assert result[18:23, 22:38].mean() == pytest.approx(150, abs=40)
    assert result[18:23, 22:38].std() > 3
