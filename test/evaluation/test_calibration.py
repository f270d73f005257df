import numpy as np
import pytest

from fer_ros.data.face_set import FaceSet, one_hot
from fer_ros.evaluation.calibration import cross_entropy, cross_fitted, fit_calibration, log_of
from fer_ros.evaluation.calibration_tables import (
    agreement_table,
    equal_tables,
    fit_table,
    price_of_biases,
)

CLASSES = ('a', 'b', 'c')


def softmax(logits):
    shifted = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return (shifted / shifted.sum(axis=-1, keepdims=True)).astype(np.float32)


def sampled(count=4000, seed=0):
    """Logits and labels drawn from them, so that the logits are calibrated."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 1.5, (count, 3)) + np.array([1.0, 0.0, -1.0])
    chances = softmax(logits).cumsum(axis=1)
    labels = (rng.random((count, 1)) > chances).sum(axis=1).clip(0, 2)
    return logits, labels


def face_set(labels, targets=None, **known):
    count = len(labels)
    return FaceSet(
        np.zeros((count, 4, 4), np.uint8),
        np.zeros((count, 68, 2), np.float32),
        one_hot(labels, 3) if targets is None else targets,
        CLASSES,
        **known,
    )


def named(table):
    return [dict(zip(table.columns, row, strict=True)) for row in table.rows]


def test_fit_undoes_known_scale_and_biases():
    logits, labels = sampled()
    found = fit_calibration(2.0 * logits + np.array([0.5, -0.5, 0.0]), labels)
    assert found.scale == pytest.approx(0.5, abs=0.04)
    assert found.biases == pytest.approx([-0.25, 0.25, 0.0], abs=0.12)


def test_fit_without_biases_recovers_scale_and_keeps_biases_0():
    logits, labels = sampled(500)
    found = fit_calibration(2.0 * logits, labels, biases=False)
    assert found.scale == pytest.approx(0.5, abs=0.08)
    assert found.biases.tolist() == [0, 0, 0]


def test_scale_of_logits_that_contradict_labels_stays_positive():
    logits, labels = sampled(500)
    assert fit_calibration(-logits, labels, biases=False).scale == 0.2


def test_biases_suit_scale_that_is_at_its_bound():
    logits, labels = sampled(500)
    contradicting = np.array([0.0, 0.0, 5.0]) - logits
    both, scale_alone = (
        fit_calibration(contradicting, labels, biases) for biases in (True, False)
    )
    assert both.scale == scale_alone.scale == 0.2
    losses = [cross_entropy(found(contradicting), labels) for found in (both, scale_alone)]
    assert losses[0] < losses[1]


def test_cross_fitting_excludes_labels_of_own_group():
    logits, labels = sampled(300)
    groups = np.arange(300) // 2
    kept = cross_fitted(logits, labels, groups)
    changed = labels.copy()
    changed[:2] = (changed[:2] + 1) % 3
    again = cross_fitted(logits, changed, groups)
    assert again[:2] == pytest.approx(kept[:2])
    assert np.abs(again - kept).max() > 0


def test_fit_table_shows_recall_cost_beside_accuracy_gain():
    logits, labels = sampled()
    leaning = softmax(logits + np.array([-0.8, 0.0, 0.8]))
    as_is, temperature, both = named(fit_table({'cnn': leaning}, face_set(labels)))
    assert as_is['more accuracy, points'] == temperature['more accuracy, points'] == 0
    assert both['more accuracy, points'] > 0.02
    assert both['more recall, points'] < 0
    assert both['calibration error (0 to 1)'] < as_is['calibration error (0 to 1)']
    assert both['cross entropy (nats)'] < temperature['cross entropy (nats)']


def test_gain_from_class_bias_alone_vanishes_at_equal_calibration():
    logits, labels = sampled()
    answers = {'cnn': softmax(logits + np.array([-1.0, 0.0, 1.0])), 'fused': softmax(logits)}
    (table,) = equal_tables(answers, labels, 3, None, 'equal', 'On stills')
    as_is, equal = named(table)
    assert as_is['accuracy, points'] > 0.02
    assert abs(equal['accuracy, points']) < 0.006
    low, high = map(float, equal['accuracy interval'].split(' to '))
    assert low <= 0 <= high


def test_single_stream_has_no_equal_calibration_table():
    logits, labels = sampled(50)
    assert equal_tables({'fused': softmax(logits)}, labels, 3, None, 'equal', 'Stills') == []


def test_faces_on_which_raters_disagree_have_own_row():
    labels = np.array([0, 0, 1, 1])
    targets = np.array([[0.9, 0.1, 0], [0.8, 0.2, 0], [0.3, 0.4, 0.3], [0.4, 0.5, 0.1]])
    faces = face_set(labels, targets.astype(np.float32))
    sure = np.tile(np.float32([0.9, 0.1, 0]), (4, 1))
    agree, apart, everybody = named(
        agreement_table(sure, faces, np.array([True, True, False, False]))
    )
    assert (agree['faces'], apart['faces'], everybody['faces']) == (2, 2, 4)
    assert (agree['accuracy'], apart['accuracy']) == (1.0, 0.0)
    assert agree['share of raters'] == pytest.approx(0.85)
    assert apart['share of raters'] == pytest.approx(0.35)
    assert apart['calibration error against shares (0 to 1)'] == pytest.approx(0.55)


def test_log_of_probabilities_equals_logits_up_to_constant():
    logits, _ = sampled(5)
    back = log_of(softmax(logits))
    assert back - back[:, :1] == pytest.approx(logits - logits[:, :1], abs=1e-4)


def test_sentence_on_biases_states_accuracy_gain_and_recall_cost():
    logits, labels = sampled()
    sentence = price_of_biases(logits + np.array([-0.8, 0.0, 0.8]), face_set(labels))
    assert sentence.startswith('class biases, cross-fitted: accuracy +')
    assert 'unweighted recall -' in sentence


def test_all_figures_are_finite_for_class_unknown_to_model():
    answers = np.float32([[1, 0, 0], [0.2, 0.8, 0], [0.9, 0.1, 0], [0, 1, 0]])
    labels = np.array([0, 1, 2, 1])
    faces = FaceSet(
        np.zeros((4, 8, 8), np.uint8),
        np.zeros((4, 68, 2), np.float32),
        one_hot(labels, 3),
        CLASSES,
    )
    rows = fit_table({'fused': answers}, faces).rows
    assert len(rows) == 3
    figures = np.array([[cell for cell in row if not isinstance(cell, str)] for row in rows])
    assert figures.shape == (3, 6)
    assert np.isfinite(figures).all()
