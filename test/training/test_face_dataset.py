import pytest

pytest.importorskip('torch_geometric')

import numpy as np

from fer_ros.training.face_dataset import draw_weights, drawn_frequencies


def test_rare_classes_are_drawn_more_often_by_the_balance(faces):
    three_to_one = faces.select(np.array([0, 2, 4, 1]))
    assert draw_weights(three_to_one, 0.0).tolist() == [1, 1, 1, 1]
    common, rare = draw_weights(three_to_one, 1.0)[[0, 3]]
    assert rare / common == pytest.approx(3)


def test_frequencies_of_the_draws_go_from_those_of_the_data_to_all_alike(faces):
    three_to_one = faces.select(np.array([0, 2, 4, 1]))
    in_data, alike = (drawn_frequencies(three_to_one, balance) for balance in (0.0, 1.0))
    assert in_data == pytest.approx({'smile': 0.75, 'hidden': 0.25})
    assert alike == pytest.approx({'smile': 0.5, 'hidden': 0.5})
