import numpy as np
import pytest

pytest.importorskip('torch_geometric')

from benchmarks.prior_correction import cross_fitted, fitted_offsets


def drawn(count, seed, offset=0.0):
    """Return logits, and labels drawn from them after adding an offset to the last class."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 1.5, (count, 3)).astype(np.float32)
    shown = logits + np.array([0, 0, offset]) + rng.gumbel(size=logits.shape)
    return logits, shown.argmax(axis=1)


def test_offset_of_a_class_that_people_show_less_clearly_is_found():
    offsets = fitted_offsets([drawn(20_000, 1, offset=0.9)], ridge=1e-6)
    assert offsets - offsets[0] == pytest.approx([0, 0, 0.9], abs=0.06)


def test_offsets_are_a_compromise_in_which_sets_count_equally():
    parts = [drawn(20_000, 1), drawn(2_000, 2, offset=1.0)]
    offsets = fitted_offsets(parts, ridge=1e-6)
    assert offsets[2] - offsets[:2].mean() == pytest.approx(0.5, abs=0.1)


def test_ridge_keeps_offsets_small_and_an_infinite_one_keeps_them_zero():
    part = drawn(2_000, 1, offset=1.0)
    sizes = [np.abs(fitted_offsets([part], ridge)).max() for ridge in (1e-6, 0.2, np.inf)]
    assert sizes[0] > 1.5 * sizes[1] > 0
    assert sizes[2] == 0


def test_offsets_of_a_face_are_fitted_without_its_own_group():
    logits, labels = drawn(300, 1, offset=1.0)
    groups = np.arange(300) // 2
    (before,) = cross_fitted([(logits, labels)], [groups], 0.02, seed=0)
    changed = labels.copy()
    changed[:2] = (changed[:2] + 1) % 3
    (after,) = cross_fitted([(logits, changed)], [groups], 0.02, seed=0)
    assert (after[:2] == before[:2]).all()
    assert (after != before).any()
