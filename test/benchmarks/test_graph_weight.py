import numpy as np
import pytest

from benchmarks.graph_answers import SEEN, STILLS, Answers
from benchmarks.graph_weight import weight_table

_FACES = 400


def answers(kind, know, rng):
    """Return answers on faces of two classes: the CNN knows little, the graph knows or guesses.

    Args:
        kind: Kind of disturbance.
        know: Function from sharpness to whether the graph knows the class, both ``(N,)``.
        rng: Source of randomness.
    """
    labels, sharp = rng.integers(0, 2, _FACES), rng.normal(size=_FACES)
    sign = np.where(labels[:, None] == np.arange(2), 1.0, -1.0)
    seen = np.zeros((_FACES, len(SEEN)))
    seen[:, SEEN.index('log_sharpness')] = sharp
    chance = 2 * rng.normal(size=(_FACES, 2))
    logits = {
        'cnn': 0.5 * sign + rng.normal(size=(_FACES, 2)),
        'gat': np.where(know(sharp)[:, None], 2 * sign, chance),
    }
    landmarks = rng.normal(size=(_FACES, 68, 2)).astype(np.float32)
    return Answers(kind, 1.0, labels, np.arange(_FACES), logits, landmarks, seen)


def points(know):
    rng = np.random.default_rng(0)
    kinds = (STILLS, 'dark', 'small', 'far')
    table = weight_table('faces', [answers(kind, know, rng) for kind in kinds])
    rows = (dict(zip(table.columns, row, strict=True)) for row in table.rows)
    return {row['what is added']: row for row in rows}


def test_informative_graph_gains_with_single_weight():
    found = points(lambda sharp: sharp < np.inf)
    assert found['the graph, one weight for all']['points'] > 0.1
    assert found['the graph, one weight for all']['cross entropy less (nats)'] > 0.1


def test_graph_informative_on_sharp_faces_gains_with_sharpness_weight():
    found = points(lambda sharp: sharp > 0)
    one = found['the graph, one weight for all']['points']
    assert found['by blur and light']['points'] > one + 0.02
    # Size says nothing here.
    assert found['by size']['points'] == pytest.approx(one, abs=0.01)


def test_uninformative_graph_gains_nothing():
    found = points(lambda sharp: sharp > np.inf)
    for row in found.values():
        low, high = map(float, row['interval'].split(' to '))
        assert low <= 0 <= high


def test_kind_without_other_kinds_to_fit_on_keeps_cnn_accuracy():
    rng = np.random.default_rng(0)
    alone = answers('dark', lambda sharp: sharp < np.inf, rng)
    table = weight_table('faces', [alone])
    right = (alone.logits['cnn'].argmax(axis=1) == alone.labels).mean()
    assert [row[1] for row in table.rows] == pytest.approx([right] * len(table.rows))
