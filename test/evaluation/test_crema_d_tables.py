from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fer_ros.data.crema_d import Clip, CremaD
from fer_ros.data.face_set import FaceSet, one_hot
from fer_ros.evaluation.crema_d_crowd import crowd_tables
from fer_ros.evaluation.crema_d_tables import (
    fear_table,
    fold_table,
    group_tables,
    stream_tables,
)
from fer_ros.evaluation.judged_clips import NO_FACE, JudgedClips
from fer_ros.labels import CREMA_D_CLASSES

ANGER, FEAR, NEUTRAL = (CREMA_D_CLASSES.index(name) for name in ('anger', 'fear', 'neutral'))


def judged(clips, frame_labels, frame_predictions, clip_predictions):
    """Return judged clips, given as (name, emotion)."""
    count = len(frame_labels)
    faces = FaceSet(
        np.zeros((count, 4, 4), np.uint8),
        np.zeros((count, 68, 2), np.float32),
        one_hot(np.array(frame_labels), 6),
        CREMA_D_CLASSES,
        subjects=np.array([clips[0][0][:4]] * count),
    )
    entries = [
        Clip(name, Path(f'{name}.flv'), int(name[:4]), 'DFA', emotion, name[-2:])
        for name, emotion in clips
    ]
    data = CremaD(faces, tuple(entries), (1,) * len(clips), (0,) * len(clips), ())
    return JudgedClips(
        data,
        {'fused': one_hot(np.array(frame_predictions), 6)},
        {'fused': np.array(clip_predictions)},
    )


@pytest.fixture
def folds():
    first = judged(
        [('1001_DFA_ANG_XX', 'anger'), ('1002_DFA_FEA_HI', 'fear')],
        [ANGER, FEAR, FEAR, FEAR, FEAR],
        [ANGER, FEAR, NEUTRAL, NEUTRAL, NEUTRAL],
        [ANGER, NO_FACE],
    )
    second = judged(
        [('1020_DFA_NEU_XX', 'neutral')], [NEUTRAL, NEUTRAL], [NEUTRAL, FEAR], [NEUTRAL]
    )
    return {1: first, 2: second}


def test_fear_as_neutral_is_counted_separately_from_neutral_as_fear(folds):
    (row,) = fear_table(folds).rows
    assert (row[0], row[1], row[3]) == ('fused', 0.75, 0.5)


def test_mean_over_folds_weights_folds_equally(folds):
    rows = {row[0]: row[1:] for row in fold_table(folds).rows}
    assert rows['1'] == (2, 0.5, 0.5)
    assert rows['2'] == (1, 1.0, 1.0)
    assert rows['mean'] == (3, 0.75, 0.75)
    assert rows['standard deviation'][1] == pytest.approx(0.5 / 2**0.5)


VOTES = {'1001_DFA_ANG_XX': 'N', '1002_DFA_FEA_HI': 'F:N', '1020_DFA_NEU_XX': 'N'}


def named(table):
    return [dict(zip(table.columns, row, strict=True)) for row in table.rows]


def test_crowd_and_model_are_scored_on_same_clips_with_ties_shared(folds):
    acted, _ = crowd_tables(folds, VOTES)
    found = {(row['who'], row['clips']): row['weighted accuracy'] for row in named(acted)}
    assert found == {
        ('fused', '2 without a tie'): 1.0,
        ('the crowd', '2 without a tie'): 0.5,
        ('fused', 'all 3, 1 ties shared'): pytest.approx(2 / 3),
        ('the crowd', 'all 3, 1 ties shared'): pytest.approx(1.5 / 3),
    }


def test_model_is_scored_against_crowd_labels_without_ties(folds):
    _, against = crowd_tables(folds, VOTES)
    (row,) = named(against)
    assert (row['stream'], row['weighted accuracy']) == ('fused', 0.5)
    assert '2 without a tie' in against.title


def test_no_votes_give_no_table(folds):
    assert crowd_tables(folds, {}) == []


def many_actors():
    """Ten actors with six clips each: for half of them all clips are right, for the rest none."""
    clips, predictions = [], []
    for actor in range(1001, 1011):
        for level in ('LO', 'MD', 'HI', 'XX', 'LO', 'MD'):
            clips.append((f'{actor}_DFA_FEA_{level}', 'fear'))
            predictions.append(FEAR if actor % 2 else NEUTRAL)
    fold = judged(clips, [FEAR] * 60, predictions, predictions)
    faces = replace(
        fold.data.faces,
        subjects=np.array([name[:4] for name, _ in clips]),
        clips=np.array([f'{name}_{index}' for index, (name, _) in enumerate(clips)]),
        stamps_s=np.zeros(60),
    )
    wrong = np.full(60, NEUTRAL)
    return {
        1: JudgedClips(
            replace(fold.data, faces=faces),
            {'cnn': one_hot(wrong, 6), **fold.frames},
            {'cnn': wrong, **fold.clips},
        )
    }


def width(text):
    low, high = text.split(' to ')
    return float(high) - float(low)


def test_intervals_in_class_clip_and_frame_tables_are_resampled_by_actor():
    tables = {table.name: named(table) for table in stream_tables(many_actors())}
    # 5 of 10 actors: 0.5 +- 0.31. For 60 independent frames it would be +- 0.13.
    (fear,) = (row for row in tables['classes'] if row['class'] == 'fear')
    assert width(fear['fused recall interval']) > 50
    for name in ('clips', 'frames'):
        assert width(tables[name][1]['accuracy interval']) > 50
        assert width(tables[name][1]['recall interval']) > 50


def test_streams_are_compared_in_pairs_on_clips_and_frames():
    tables = {table.name: named(table) for table in stream_tables(many_actors())}
    for name in ('clip_differences', 'frame_differences'):
        (row,) = tables[name]
        assert row['streams'] == 'fused - cnn'
        assert row['accuracy, points'] == pytest.approx(0.5)
        assert width(row['accuracy interval']) > 50


def test_group_table_counts_actors():
    (level,) = group_tables(many_actors(), {})
    rows = {row['acted intensity']: row for row in named(level)}
    assert (rows['LO']['clips'], rows['LO']['actors']) == (20, 10)
    assert width(rows['LO']['accuracy interval']) > 50


def test_groups_follow_demographics_of_actors(folds):
    people = {
        '1001': {'Age': '29', 'Sex': 'Male', 'Race': 'Asian'},
        '1002': {'Age': '30', 'Sex': 'Female', 'Race': 'Asian'},
        '1020': {'Age': '45', 'Sex': 'Female', 'Race': 'Unknown'},
    }
    level, sex, age, race = group_tables(folds, people)
    assert [row[:4] for row in level.rows] == [('HI', 1, 1, 0.0), ('XX', 2, 2, 1.0)]
    assert [row[:4] for row in sex.rows] == [('Female', 2, 2, 0.5), ('Male', 1, 1, 1.0)]
    assert [row[:4] for row in age.rows] == [
        ('20 to 29', 1, 1, 1.0),
        ('30 to 44', 1, 1, 0.0),
        ('45 and older', 1, 1, 1.0),
    ]
    assert [row[0] for row in race.rows] == ['Asian', 'Unknown']


def test_only_intensity_is_grouped_without_demographics(folds):
    assert [table.name for table in group_tables(folds, {})] == ['by_level']
