import numpy as np
import pytest

from fer_ros.data.face_set import FaceSet, one_hot
from fer_ros.evaluation.resting_curve import resting_table

CLASSES = ('calm', 'sad')
# How the model takes a calm and a sad face of a person who looks sad, and of one who does not.
LOOKS_SAD = {'calm': [0.4, 0.6], 'sad': [0.1, 0.9]}
USUAL = {'calm': [0.9, 0.1], 'sad': [0.3, 0.7]}


def table(people, clips=()):
    """Return the table for pictures of (subject, label, how the model takes it), in clips."""
    labels = np.array([CLASSES.index(label) for _, label, _ in people])
    faces = FaceSet(
        np.zeros((len(people), 8, 8), np.uint8),
        np.zeros((len(people), 68, 2), np.float32),
        one_hot(labels, 2),
        CLASSES,
        subjects=np.array([subject for subject, _, _ in people]),
        clips=np.array(clips, np.str_),
    )
    taken = np.float32([kind[label] for _, label, kind in people])
    return resting_table('fused', taken, faces)


def test_calm_pictures_of_a_person_who_looks_sad_become_right():
    a = [('a', label, LOOKS_SAD) for label in ('calm', 'calm', 'sad', 'sad')]
    found = table(a + [('b', label, USUAL) for label in ('calm', 'calm', 'sad')])
    # The odds of a's calm pictures are 2 to 3; those of a's others, 1 to 5 in the geometric mean.
    assert [(row[0], row[1], row[2]) for row in found.rows] == [
        ('0.1', pytest.approx(5 / 7), 0.0),
        ('0.2', pytest.approx(5 / 7), 0.0),
        ('0.3', 1.0, pytest.approx(2 / 7)),
        ('0.5', 1.0, pytest.approx(2 / 7)),
        ('1', 1.0, pytest.approx(2 / 7)),
    ]
    assert 'the 7 pictures that have 2 others or more' in found.title


def test_people_in_two_pictures_are_not_in_the_table():
    assert table([('a', 'calm', USUAL), ('a', 'sad', USUAL)]) is None


def test_frames_of_the_same_clip_are_not_other_pictures():
    a = [('a', label, USUAL) for label in ('sad', 'sad', 'sad', 'calm', 'calm')]
    assert table(a[:3], ['a/1'] * 3) is None
    found = table(a, ['a/1'] * 3 + ['a/2'] * 2)
    assert 'the 5 pictures that have 2 others or more' in found.title
    # Calm odds of 9 over sad ones of 3 to 7 are far above 1, and the inverse far below.
    assert [row[1] for row in found.rows] == [1.0] * 5
