from pathlib import Path

import numpy as np
import pytest

from fer_ros.data.crema_d import Clip, CremaD
from fer_ros.data.face_set import FaceSet, one_hot
from fer_ros.evaluation.crema_d_tables import (
    NO_FACE,
    JudgedClips,
    crowd_table,
    fear_table,
    fold_table,
    group_tables,
)
from fer_ros.labels import CREMA_D_CLASSES

ANGER, FEAR, NEUTRAL = (CREMA_D_CLASSES.index(name) for name in ('anger', 'fear', 'neutral'))


def judged(clips, frame_labels, frame_predictions, clip_predictions):
    """Return the judgement of clips given as (name, emotion)."""
    count = len(frame_labels)
    faces = FaceSet(
        np.zeros((count, 4, 4), np.uint8),
        np.zeros((count, 68, 2), np.float32),
        one_hot(np.array(frame_labels), 6),
        CREMA_D_CLASSES,
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


def test_fear_taken_for_neutral_is_not_neutral_taken_for_fear(folds):
    assert fear_table(folds).rows == (('fused', 0.75, 0.5),)


def test_folds_are_averaged_as_folds(folds):
    rows = {row[0]: row[1:] for row in fold_table(folds).rows}
    assert rows['1'] == (2, 0.5, 0.5)
    assert rows['2'] == (1, 1.0, 1.0)
    assert rows['mean'] == (3, 0.75, 0.75)
    assert rows['standard deviation'][1] == pytest.approx(0.5 / 2**0.5)


def test_crowd_is_compared_where_it_agrees(folds):
    votes = {'1001_DFA_ANG_XX': 'N', '1002_DFA_FEA_HI': 'F:N', '1020_DFA_NEU_XX': 'N'}
    (table,) = crowd_table(folds, votes)
    rows = {row[0]: row[1] for row in table.rows}
    assert rows == {'fused': 0.5, 'the crowd itself, against the acted emotion': 0.5}
    assert '2 without a tie' in table.title


def test_no_votes_give_no_table(folds):
    assert crowd_table(folds, {}) == []


def test_groups_are_those_of_the_actors(folds):
    people = {
        '1001': {'Age': '29', 'Sex': 'Male', 'Race': 'Asian'},
        '1002': {'Age': '30', 'Sex': 'Female', 'Race': 'Asian'},
        '1020': {'Age': '45', 'Sex': 'Female', 'Race': 'Unknown'},
    }
    level, sex, age, race = group_tables(folds, people)
    assert level.rows == (('HI', 1, 0.0, 0.0), ('XX', 2, 1.0, 1.0))
    assert sex.rows == (('Female', 2, 0.5, 0.5), ('Male', 1, 1.0, 1.0))
    assert [row[:3] for row in age.rows] == [
        ('20 to 29', 1, 1.0),
        ('30 to 44', 1, 0.0),
        ('45 and older', 1, 1.0),
    ]
    assert [row[0] for row in race.rows] == ['Asian', 'Unknown']


def test_without_demographics_there_is_the_intensity_alone(folds):
    assert [table.name for table in group_tables(folds, {})] == ['by_level']
