import numpy as np
import pytest

from fer_ros.data.face_set import FaceSet, one_hot
from fer_ros.evaluation.stills import class_table, difference_tables, still_tables, stream_table

LABELS = np.array([0, 0, 1, 1, 1])
CLASSES = ('calm', 'loud')


def answers(*predictions):
    return np.eye(2, dtype=np.float32)[list(predictions)]


def faces(**known):
    return FaceSet(
        np.zeros((5, 8, 8), np.uint8),
        np.zeros((5, 68, 2), np.float32),
        one_hot(LABELS, 2),
        CLASSES,
        **known,
    )


def named(table):
    return [dict(zip(table.columns, row, strict=True)) for row in table.rows]


def test_stream_table_has_a_row_per_stream():
    answered = {'cnn': answers(0, 0, 1, 1, 0), 'fused': answers(0, 0, 1, 1, 1)}
    cnn, fused = named(stream_table(answered, faces()))
    assert (cnn['stream'], fused['stream']) == ('cnn', 'fused')
    assert cnn['accuracy'] == pytest.approx(0.8)
    assert cnn['unweighted recall'] == pytest.approx((1 + 2 / 3) / 2)
    assert fused['accuracy'] == 1.0
    assert fused['accuracy interval'] == '100.0 to 100.0'


def test_photographs_never_seen_have_own_row():
    seen = np.array([True, False, False, True, False])
    everything, unseen = named(stream_table({'fused': answers(0, 0, 1, 1, 0)}, faces(seen=seen)))
    assert (everything['which faces'], everything['faces']) == ('all', 5)
    assert (unseen['which faces'], unseen['faces']) == ('photographs never seen', 3)
    assert unseen['accuracy'] == pytest.approx(2 / 3)


def test_photographs_never_seen_have_no_row_if_there_are_none():
    (row,) = named(stream_table({'fused': answers(0, 0, 1, 1, 0)}, faces(seen=np.ones(5, bool))))
    assert row['which faces'] == 'all'


def test_classes_with_many_faces_have_own_row_and_differences():
    # 20 of 30 calm faces and none of 29 loud ones are classified as calm.
    labels = np.repeat([0, 1], [30, 29])
    everyone = FaceSet(
        np.zeros((59, 8, 8), np.uint8),
        np.zeros((59, 68, 2), np.float32),
        one_hot(labels, 2),
        CLASSES,
    )
    answered = {'as trained': answers(*[1] * 30, *[0] * 29)}
    answered['fused'] = answers(*[0] * 20, *[1] * 10, *[0] * 29)
    table, _, everyones, calm_ones = still_tables(answered, everyone)
    frequent = named(table)[3]
    assert frequent['which faces'] == 'classes of 30 faces and more'
    assert (frequent['stream'], frequent['faces']) == ('fused', 30)
    assert frequent['accuracy'] == frequent['unweighted recall'] == pytest.approx(2 / 3)
    (all_faces,), (calm,) = named(everyones), named(calm_ones)
    assert all_faces['streams'] == calm['streams'] == 'fused - as trained'
    assert all_faces['unweighted recall, points'] == pytest.approx(1 / 3)
    assert calm['unweighted recall, points'] == pytest.approx(2 / 3)


def test_copies_of_one_photograph_are_resampled_together():
    photographs = np.array([0, 0, 1, 1, 1])
    table = stream_table({'fused': answers(0, 0, 0, 0, 0)}, faces(photographs=photographs))
    assert 'over photographs' in table.title
    # Resampled by face, hardly any sample would be all right or all wrong.
    assert named(table)[0]['accuracy interval'] == '0.0 to 100.0'


def test_class_table_has_precision_and_recall_of_each_stream():
    table = class_table({'gat': answers(0, 1, 1, 1, 0)}, LABELS, CLASSES)
    calm = named(table)[0]
    assert (calm['faces'], calm['gat precision'], calm['gat recall']) == (2, 0.5, 0.5)


def test_class_intervals_are_resampled_by_group():
    labels, right = np.zeros(40, np.int64), np.repeat([1, 0], 20)
    row = answers(*(1 - right))
    alone = named(class_table({'fused': row}, labels, CLASSES))[0]
    grouped = named(class_table({'fused': row}, labels, CLASSES, np.repeat([0, 1], 20)))[0]
    assert grouped['fused recall interval'] == '0.0 to 100.0'
    assert alone['fused recall interval'] != grouped['fused recall interval']


def differences(**predicted):
    predictions = {name: np.array(row) for name, row in predicted.items()}
    return difference_tables(predictions, LABELS, 2, None, 'differences', 'title')


def test_difference_counts_faces_that_only_one_stream_gets_right():
    (table,) = differences(cnn=[0, 1, 1, 0, 0], fused=[1, 0, 1, 1, 1])
    (row,) = named(table)
    assert row['streams'] == 'fused - cnn'
    assert row['accuracy, points'] == pytest.approx(0.4)
    assert row['unweighted recall, points'] == pytest.approx(1 / 3)
    assert (row['right only the first'], row['right only the second']) == (3, 1)


def test_smoothing_is_compared_with_single_frames():
    (table,) = differences(cnn=[0, 0, 0, 0, 0], fused=[0, 0, 0, 0, 0], smoothed=[0, 0, 1, 1, 0])
    assert [row['streams'] for row in named(table)] == ['fused - cnn', 'smoothed - fused']
    assert named(table)[1]['accuracy, points'] == pytest.approx(0.4)


def test_single_stream_has_no_differences():
    assert differences(fused=[0, 0, 1, 1, 1]) == []
