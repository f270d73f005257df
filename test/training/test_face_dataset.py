import pytest

pytest.importorskip('torch_geometric')

from dataclasses import replace

import numpy as np

from fer_ros.data.joined_sets import join_sets
from fer_ros.training.face_dataset import draw_weights, drawn_frequencies, pooled_frequencies


def test_balance_draws_rare_classes_more_often(faces):
    three_to_one = faces.select(np.array([0, 2, 4, 1]))
    assert draw_weights(three_to_one, 0.0).tolist() == [1, 1, 1, 1]
    common, rare = draw_weights(three_to_one, 1.0)[[0, 3]]
    assert rare / common == pytest.approx(3)


def test_balance_moves_drawn_frequencies_from_data_to_uniform(faces):
    three_to_one = faces.select(np.array([0, 2, 4, 1]))
    in_data, alike = (drawn_frequencies(three_to_one, balance) for balance in (0.0, 1.0))
    assert in_data == pytest.approx({'smile': 0.75, 'hidden': 0.25})
    assert alike == pytest.approx({'smile': 0.5, 'hidden': 0.5})


def test_frequencies_of_two_labelings_are_pooled_like_their_logits(faces):
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


def test_class_without_second_labels_keeps_its_relative_frequency(faces):
    once = replace(faces, second_targets=np.ones((24, 1), np.float32), second_classes=('smile',))
    assert pooled_frequencies(once, 0.0, 0.7) == pytest.approx({'smile': 0.5, 'hidden': 0.5})


def two_sets(faces):
    """Join four faces, three of which smile, with a set of eight, half of a third class."""
    first = faces.select(np.array([0, 2, 4, 1]))
    second = replace(faces.select(np.arange(8)), classes=('smile', 'third'))
    return join_sets([first, second])


def test_sets_are_drawn_by_size_or_by_given_shares(faces):
    joined = two_sets(faces)
    by_size, by_share = (draw_weights(joined, 0.0, shares) for shares in ((), (3, 1)))
    assert by_size[4:].sum() / by_size[:4].sum() == pytest.approx(2)
    assert by_share[4:].sum() / by_share[:4].sum() == pytest.approx(1 / 3)


def test_class_frequency_counts_only_sets_that_have_the_class(faces):
    joined = two_sets(faces)
    assert joined.classes == ('hidden', 'smile', 'third')
    # Smiles are three to one in the first set, one to one in the second.
    for shares in ((), (5, 1)):
        found = drawn_frequencies(joined, 0.0, shares)
        expected = {'hidden': 1 / 7, 'smile': 3 / 7, 'third': 3 / 7}
        assert found == pytest.approx(expected, abs=1e-4)
