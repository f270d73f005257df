import numpy as np
import pytest

from fer_ros.metrics import (
    accuracy,
    bootstrap,
    bootstrap_accuracy,
    bootstrap_gain,
    bootstrap_recall,
    bootstrap_recall_gain,
    flicker_hz,
    measure,
    unweighted_recall,
)

CLASSES = ('a', 'b', 'c')


def one_hot(*predictions):
    return np.eye(3, dtype=np.float32)[list(predictions)]


def test_confusion_matrix_has_labels_as_rows():
    metrics = measure(one_hot(0, 1, 1, 2), np.array([0, 0, 1, 2]), CLASSES)
    assert metrics.confusion.tolist() == [[1, 1, 0], [0, 1, 0], [0, 0, 1]]


def test_accuracy_and_unweighted_recall_of_known_counts():
    metrics = measure(one_hot(0, 0, 0, 1, 0), np.array([0, 0, 0, 1, 1]), CLASSES)
    assert metrics.accuracy == pytest.approx(0.8)
    assert metrics.unweighted_recall == pytest.approx(0.75)


def test_class_without_faces_has_no_recall():
    metrics = measure(one_hot(0, 1), np.array([0, 1]), CLASSES)
    assert np.isnan(metrics.recalls[2])


def test_macro_f1_of_known_counts():
    metrics = measure(one_hot(0, 0, 1, 1), np.array([0, 1, 1, 1]), CLASSES)
    assert metrics.macro_f1 == pytest.approx((2 / 3 + 4 / 5) / 2)


def test_confident_correct_predictions_have_no_calibration_error():
    assert measure(one_hot(0, 1), np.array([0, 1]), CLASSES).calibration_error == 0


def test_confident_half_wrong_predictions_have_calibration_error_of_half():
    metrics = measure(one_hot(0, 1, 0, 1), np.array([0, 1, 1, 0]), CLASSES)
    assert metrics.calibration_error == pytest.approx(0.5)


def test_precision_is_share_of_correct_predictions_and_nan_without_any():
    metrics = measure(one_hot(0, 0, 1), np.array([0, 1, 1]), CLASSES)
    assert metrics.precisions[:2].tolist() == [0.5, 1.0]
    assert np.isnan(metrics.precisions[2])


def test_unweighted_recall_counts_prediction_of_unlabeled_class_as_wrong():
    assert unweighted_recall(np.array([0, 3, 1]), np.array([0, 0, 1])) == 0.75


def test_bootstrap_interval_of_accuracy_matches_binomial_distribution():
    labels = np.zeros(1000, np.int64)
    predictions = (np.arange(1000) >= 800).astype(np.int64)
    interval = bootstrap(accuracy, predictions, labels)
    assert interval.value == 0.8
    assert (interval.low, interval.high) == pytest.approx((0.775, 0.825), abs=0.004)
    assert interval.span() == f'{100 * interval.low:.1f} to {100 * interval.high:.1f}'


def test_bootstrap_draws_faces_of_a_group_together():
    labels = np.zeros(1000, np.int64)
    predictions = (np.arange(1000) >= 800).astype(np.int64)
    alone = bootstrap(accuracy, predictions, labels)
    grouped = bootstrap(accuracy, predictions, labels, groups=np.arange(1000) // 100)
    assert grouped.high - grouped.low > 4 * (alone.high - alone.low)


def random_answers():
    rng = np.random.default_rng(3)
    labels = rng.integers(0, 3, 300)
    first, second = (np.where(rng.random(300) < 0.6, labels, (labels + 1) % 3) for _ in range(2))
    return first, second, labels, rng.integers(0, 40, 300)


def test_intervals_computed_from_sums_match_plain_bootstrap():
    first, second, labels, groups = random_answers()

    def gain(a, b, truth):
        return accuracy(a, truth) - accuracy(b, truth)

    def recall_gain(a, b, truth):
        return unweighted_recall(a, truth) - unweighted_recall(b, truth)

    for quick, slow in (
        (
            bootstrap_accuracy(first, labels, groups),
            bootstrap(accuracy, first, labels, groups=groups),
        ),
        (
            bootstrap_recall(first, labels, 3, groups),
            bootstrap(unweighted_recall, first, labels, groups=groups),
        ),
        (
            bootstrap_gain(first, second, labels, groups),
            bootstrap(gain, first, second, labels, groups=groups),
        ),
        (
            bootstrap_recall_gain(first, second, labels, 3, groups),
            bootstrap(recall_gain, first, second, labels, groups=groups),
        ),
    ):
        assert quick.value == pytest.approx(slow.value)
        assert (quick.low, quick.high) == pytest.approx((slow.low, slow.high), abs=0.012)


def test_accuracy_of_no_faces_has_no_interval():
    nothing = np.zeros(0, np.int64)
    assert np.isnan(bootstrap_accuracy(nothing, nothing).low)


def test_flicker_is_changes_per_second_within_clips():
    predictions = np.array([0, 1, 1, 0, 2, 2])
    clips = np.array(['a', 'a', 'a', 'b', 'b', 'b'])
    stamps_s = np.array([0, 0.1, 0.2, 0, 0.1, 0.2])
    assert flicker_hz(predictions, clips, stamps_s) == pytest.approx(2 / 0.4)


def test_one_group_of_faces_has_no_interval():
    predictions, labels, group = np.array([0, 0, 1]), np.array([0, 1, 1]), np.zeros(3, np.int64)
    for interval in (
        bootstrap(accuracy, predictions, labels, groups=group),
        bootstrap_accuracy(predictions, labels, group),
        bootstrap_recall(predictions, labels, 2, group),
    ):
        assert interval.value > 0.5
        assert interval.span() == '-'
