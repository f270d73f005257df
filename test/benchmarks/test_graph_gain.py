import numpy as np
import pytest

from benchmarks.graph_gain import COLUMNS, Named, joined


@pytest.fixture
def named():
    """Four faces, two of one photograph: fused is right on three, the CNN on one."""
    return Named(
        'as it is',
        labels=np.array([0, 0, 1, 1]),
        groups=np.array([7, 7, 8, 9]),
        cnn=np.array([0, 1, 0, 0]),
        fused=np.array([0, 0, 1, 0]),
    )


def test_gain_compares_fused_model_with_cnn_on_same_faces(named):
    row = dict(zip(COLUMNS, named.row(2), strict=True))
    assert (row['faces'], row['CNN'], row['fused']) == (4, 0.25, 0.75)
    assert row['fused - CNN, points'] == pytest.approx(0.5)
    # Recall: from 1 of 2 and 0 of 2 to 2 of 2 and 1 of 2.
    assert row['recall, points'] == pytest.approx(0.5)


def test_gain_and_its_interval_are_zero_for_equal_predictions(named):
    same = Named('equal', named.labels, named.groups, named.fused, named.fused)
    gain = same.gain()
    assert (gain.value, gain.low, gain.high) == (0, 0, 0)


def test_joined_conditions_keep_photograph_of_each_face(named):
    both = joined('both', [named, named.select('some', np.array([True, False, True, False]))])
    assert both.condition == 'both'
    assert both.groups.tolist() == [7, 7, 8, 9, 7, 8]
    assert both.gain().value == pytest.approx(3 / 6)
