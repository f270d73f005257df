import numpy as np
import pytest

from fer_ros.data.face_set import FaceSet, one_hot
from fer_ros.evaluation.prior_curve import COLUMNS, STRENGTHS, prior_curve, prior_table

CLASSES = ('calm', 'loud')
FIGURES = {'class_frequencies': {'calm': 0.8, 'loud': 0.2}}


def faces(labels):
    count = len(labels)
    return FaceSet(
        np.zeros((count, 8, 8), np.uint8),
        np.zeros((count, 68, 2), np.float32),
        one_hot(np.array(labels), 2),
        CLASSES,
    )


def rows(as_trained, labels, figures=FIGURES):
    found = prior_curve(np.float32(as_trained), faces(labels), figures)
    return [dict(zip(COLUMNS[1:], row, strict=True)) for row in found]


def test_rare_class_is_recognized_once_prior_correction_is_strong_enough():
    # The odds are 2 to 1 against it; 4 to the power of the strength exceeds that from 0.6 on.
    curve = rows([[2 / 3, 1 / 3], [0.9, 0.1]], [1, 0])
    assert [row['accuracy'] for row in curve] == [0.5] * 6 + [1.0] * 5
    assert len(curve) == len(STRENGTHS) == 11


def test_curve_applies_temperature_of_model():
    # The odds are 16 at a strength of 0, and a temperature of 2 makes them 4.
    curve = rows([[16 / 17, 1 / 17]] * 2, [0, 0], {**FIGURES, 'temperature': 2.0})
    assert curve[0]['calibration error (0 to 1)'] == pytest.approx(0.2, abs=1e-5)


def test_mean_of_accuracy_and_recall_ignores_classes_with_few_faces():
    labels = [0] * 30 + [1] * 2
    curve = rows([[0.9, 0.1]] * 32, labels)
    name = 'recall, classes of 30 faces and more'
    assert (curve[0]['unweighted recall'], curve[0][name]) == (0.5, 1.0)
    assert curve[0]['mean of accuracy and that recall'] == pytest.approx((30 / 32 + 1) / 2)


def test_table_has_a_row_for_each_strength():
    table = prior_table(np.float32([[0.9, 0.1]]), faces([0]), FIGURES)
    assert [row[0] for row in table.rows] == [f'{n / 10:g}' for n in range(11)]
