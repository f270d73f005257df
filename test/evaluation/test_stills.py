import numpy as np
import pytest

from fer_ros.evaluation.stills import class_table, difference_tables, stream_table

LABELS = np.array([0, 0, 1, 1, 1])
CLASSES = ('calm', 'loud')


def answers(*predictions):
    return np.eye(2, dtype=np.float32)[list(predictions)]


def test_stream_table_has_a_row_per_stream():
    table = stream_table(
        {'cnn': answers(0, 0, 1, 1, 0), 'fused': answers(0, 0, 1, 1, 1)}, LABELS, CLASSES, None
    )
    rows = {row[0]: dict(zip(table.columns, row, strict=True)) for row in table.rows}
    assert rows['cnn']['accuracy'] == pytest.approx(0.8)
    assert rows['cnn']['unweighted recall'] == pytest.approx((1 + 2 / 3) / 2)
    assert rows['fused']['accuracy'] == 1.0
    assert rows['fused']['accuracy interval'] == '100.0 to 100.0'


def test_class_table_has_precision_and_recall_of_each_stream():
    table = class_table({'gat': answers(0, 1, 1, 1, 0)}, LABELS, CLASSES)
    calm = dict(zip(table.columns, table.rows[0], strict=True))
    assert (calm['faces'], calm['gat precision'], calm['gat recall']) == (2, 0.5, 0.5)


def test_difference_counts_what_only_one_of_two_streams_gets_right():
    (table,) = difference_tables(
        {'cnn': answers(0, 1, 1, 0, 0), 'fused': answers(1, 0, 1, 1, 1)}, LABELS, None
    )
    (row,) = (dict(zip(table.columns, row, strict=True)) for row in table.rows)
    assert row['streams'] == 'fused - cnn'
    assert row['points'] == pytest.approx(0.4)
    assert (row['right only fused'], row['right only the other']) == (3, 1)


def test_nothing_is_compared_with_the_fused_model_alone():
    assert difference_tables({'fused': answers(0, 0, 1, 1, 1)}, LABELS, None) == []
