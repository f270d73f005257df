import numpy as np
import pytest

from fer_ros.training.calibration import best_votes, calibrated_loss


def test_calibrated_loss_is_independent_of_logit_scale():
    logits = np.random.default_rng(0).normal(0, 1, (500, 3)).astype(np.float32)
    labels = (logits + np.random.default_rng(1).gumbel(size=(500, 3))).argmax(axis=1)
    loss = calibrated_loss(logits, labels)
    assert loss == pytest.approx(calibrated_loss(logits * 2, labels), abs=1e-3)
    assert 0 < loss < np.log(3)


def test_best_votes_recover_weights_used_to_draw_labels():
    rng = np.random.default_rng(3)
    first, second = rng.normal(0, 2, (2, 8000, 4)).astype(np.float32)
    labels = (1.2 * first + 0.3 * second + rng.gumbel(size=first.shape)).argmax(axis=1)
    assert best_votes([first, second], labels) == pytest.approx([1.2, 0.3], rel=0.1)
