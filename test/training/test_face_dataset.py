import pytest

pytest.importorskip('torch_geometric')

from dataclasses import replace

import numpy as np

from fer_ros.data.joined_sets import join_sets
from fer_ros.training.face_dataset import draw_weights, drawn_frequencies, pooled_frequencies


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


def test_frequencies_of_two_labellings_are_pooled_as_their_logits_are(faces):
    twice = replace(
        faces,
        second_targets=np.eye(2, dtype=np.float32)[(np.arange(24) < 18).astype(int)],
        second_classes=('hidden', 'smile'),
    )
    assert pooled_frequencies(twice, 0.0, 0.0) == drawn_frequencies(twice, 0.0)
    assert pooled_frequencies(twice, 0.0, 1.0) == pytest.approx({'smile': 0.75, 'hidden': 0.25})
    half = pooled_frequencies(twice, 0.0, 0.5)
    assert half['smile'] / half['hidden'] == pytest.approx((0.75 / 0.25) ** 0.5)
    assert sum(half.values()) == pytest.approx(1)


def test_class_without_a_second_label_keeps_its_distance_from_the_others(faces):
    once = replace(faces, second_targets=np.ones((24, 1), np.float32), second_classes=('smile',))
    assert pooled_frequencies(once, 0.0, 0.7) == pytest.approx({'smile': 0.5, 'hidden': 0.5})


def two_sets(faces):
    """Four faces, three of which smile, and eight of another set, half of a third class."""
    first = faces.select(np.array([0, 2, 4, 1]))
    second = replace(faces.select(np.arange(8)), classes=('smile', 'third'))
    return join_sets([first, second])


def test_each_set_is_drawn_by_its_share(faces):
    joined = two_sets(faces)
    by_size, by_share = (draw_weights(joined, 0.0, shares) for shares in ((), (3, 1)))
    assert by_size[4:].sum() / by_size[:4].sum() == pytest.approx(2)
    assert by_share[4:].sum() / by_share[:4].sum() == pytest.approx(1 / 3)


def test_frequency_of_a_class_is_that_in_the_sets_that_have_it(faces):
    joined = two_sets(faces)
    assert joined.classes == ('hidden', 'smile', 'third')
    # Three to one smile in the first set, one to one in the second.
    for shares in ((), (5, 1)):
        found = drawn_frequencies(joined, 0.0, shares)
        expected = {'hidden': 1 / 7, 'smile': 3 / 7, 'third': 3 / 7}
        assert found == pytest.approx(expected, abs=1e-4)
