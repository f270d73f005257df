import math

import numpy as np
import pytest

from fer_ros.inference.valence_arousal import COORDINATES, ValenceArousal
from fer_ros.labels import CREMA_D_CLASSES, FERPLUS_CLASSES


def of(**probabilities):
    measures = ValenceArousal(FERPLUS_CLASSES)
    given = [probabilities.get(name, 0.0) for name in FERPLUS_CLASSES]
    return measures.of(np.array(given, np.float32)).tolist()


@pytest.mark.parametrize('classes', [FERPLUS_CLASSES, CREMA_D_CLASSES])
def test_classes_of_the_data_sets_have_coordinates(classes):
    assert ValenceArousal(classes).names == ('valence', 'arousal')
    assert set(classes) <= set(COORDINATES)


def test_certain_class_has_its_published_coordinates():
    assert of(happiness=1) == pytest.approx([0.81, 0.51])
    assert of(sadness=1) == pytest.approx([-0.63, -0.27])


def test_neutral_face_is_at_origin():
    assert of(neutral=1) == [0, 0]


def test_mean_is_weighted_by_the_probabilities():
    assert of(happiness=0.5, neutral=0.3, anger=0.2) == pytest.approx(
        [0.5 * 0.81 + 0.2 * -0.51, 0.5 * 0.51 + 0.2 * 0.59]
    )


def test_probabilities_are_read_in_class_order_of_model():
    measures = ValenceArousal(('sadness', 'happiness', 'neutral'))
    given = np.array([0.1, 0.9, 0.0], np.float32)
    assert measures.of(given).tolist() == pytest.approx(
        [0.9 * 0.81 - 0.1 * 0.63, 0.9 * 0.51 - 0.1 * 0.27]
    )


def test_face_never_judged_has_nan_measures():
    assert all(math.isnan(value) for value in ValenceArousal(FERPLUS_CLASSES).of(np.empty(0)))


def test_model_with_class_without_coordinates_has_no_measures():
    measures = ValenceArousal(('neutral', 'boredom'))
    assert measures.names == ()
    assert measures.of(np.array([0.5, 0.5], np.float32)).shape == (0,)
