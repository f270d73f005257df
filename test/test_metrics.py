import numpy as np
import pytest

from fer_ros.metrics import measure

CLASSES = ('a', 'b', 'c')


def one_hot(*predictions):
    return np.eye(3, dtype=np.float32)[list(predictions)]


def test_confusion_has_labels_as_rows():
    metrics = measure(one_hot(0, 1, 1, 2), np.array([0, 0, 1, 2]), CLASSES)
    assert metrics.confusion.tolist() == [[1, 1, 0], [0, 1, 0], [0, 0, 1]]


def test_accuracy_and_unweighted_recall():
    metrics = measure(one_hot(0, 0, 0, 1, 0), np.array([0, 0, 0, 1, 1]), CLASSES)
    assert metrics.accuracy == pytest.approx(0.8)
    assert metrics.unweighted_recall == pytest.approx(0.75)


def test_class_without_faces_has_no_recall():
    metrics = measure(one_hot(0, 1), np.array([0, 1]), CLASSES)
    assert np.isnan(metrics.recalls[2])


def test_macro_f1_of_known_counts():
    metrics = measure(one_hot(0, 0, 1, 1), np.array([0, 1, 1, 1]), CLASSES)
    assert metrics.macro_f1 == pytest.approx((2 / 3 + 4 / 5) / 2)


def test_sure_and_right_is_calibrated():
    assert measure(one_hot(0, 1), np.array([0, 1]), CLASSES).calibration_error == 0


def test_sure_and_half_wrong_is_off_by_half():
    metrics = measure(one_hot(0, 1, 0, 1), np.array([0, 1, 1, 0]), CLASSES)
    assert metrics.calibration_error == pytest.approx(0.5)
