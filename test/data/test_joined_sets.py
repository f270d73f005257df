import cv2
import numpy as np
import pytest

from fer_ros.data.face_set import FaceSet, within_known
from fer_ros.data.joined_sets import join_sets, without_copies
from fer_ros.face.alignment import align_face
from fer_ros.structures import Landmarks


def face_set(count, classes, size_hw=(60, 40), **fields):
    rng = np.random.default_rng(count)
    return FaceSet(
        rng.integers(0, 256, (count, *size_hw), np.uint8),
        rng.uniform(5, 35, (count, 68, 2)).astype(np.float32),
        np.eye(len(classes), dtype=np.float32)[np.arange(count) % len(classes)],
        classes,
        **fields,
    )


def test_joined_sets_have_all_classes_and_mark_those_of_each_set():
    sets = [face_set(3, ('fear', 'happiness')), face_set(2, ('happiness', 'bored'))]
    joined = join_sets(sets)
    assert joined.classes == ('happiness', 'fear', 'bored')
    assert [joined.classes[label] for label in joined.labels()] == [
        'fear',
        'happiness',
        'fear',
        'happiness',
        'bored',
    ]
    assert joined.known_classes.tolist() == [[True, True, False]] * 3 + [[True, False, True]] * 2
    assert joined.set_numbers.tolist() == [0, 0, 0, 1, 1]


def test_joining_with_larger_pictures_does_not_change_alignment(portrait_gray, portrait_landmarks):
    # As large as the faces of FER+.
    image = cv2.resize(portrait_gray[20:220, 122:322], (44, 48), interpolation=cv2.INTER_AREA)
    points = (portrait_landmarks.points_px - [122, 20]) * [44 / 200, 48 / 200]
    small = FaceSet(
        image[None], np.float32(points)[None], np.ones((1, 1), np.float32), ('happiness',)
    )
    joined = join_sets([small, face_set(1, ('fear', 'anger'), (96, 90))])
    assert joined.images.shape == (2, 96, 90)
    landmarks = Landmarks(small.landmarks_px[0])
    np.testing.assert_array_equal(
        align_face(joined.images[0], landmarks, 48).crop, align_face(image, landmarks, 48).crop
    )


def test_fields_of_only_one_set_are_unknown_for_others():
    said = {
        'second_targets': np.float32([[0, 1], [1, 0]]),
        'second_classes': ('fear', 'anger'),
        'detected': np.array([False, True]),
        'pictures': np.array(['a', 'b']),
        'valence': np.float32([0.5, -1]),
        'subjects': np.array(['KA', 'KL']),
    }
    joined = join_sets([face_set(2, ('fear', 'anger'), **said), face_set(1, ('fear', 'anger'))])
    assert joined.second_classes == ('anger', 'fear')
    assert joined.second_targets.tolist() == [[1, 0], [0, 1], [0, 0]]
    assert joined.detected.tolist() == [False, True, True]
    assert joined.pictures.tolist() == ['a', 'b', '']
    np.testing.assert_array_equal(joined.valence, np.float32([0.5, -1, np.nan]))
    assert len(joined.subjects) == len(joined.arousal) == len(joined.seen) == 0


def test_same_subject_name_in_two_sets_means_two_people():
    sets = [face_set(1, ('fear', 'anger'), subjects=np.array(['F01'])) for _ in range(2)]
    assert len(set(join_sets(sets).subjects)) == 2


def test_faces_held_out_by_other_sets_are_left_out_and_shared_ones_reported():
    sets = [face_set(3, ('fear', 'anger')), face_set(2, ('fear', 'anger'))]
    first, second = without_copies(
        sets,
        held_out=[[np.array([8, 9])], [np.array([1])]],
        photographs=[np.array([1, 2, 3]), np.array([3, 4])],
        names=['web', 'laboratory'],
    )
    np.testing.assert_array_equal(first.images, sets[0].images[1:])
    assert len(second) == 2
    assert first.notes == (
        'web: left out because the photograph is in the validation or test split of other data: '
        '1 training face.',
        'web: the photograph of 1 training face is also among the training faces of other data; '
        'both labels are kept.',
    )


def test_probabilities_are_renormalized_to_known_classes():
    probabilities = np.float32([[0.5, 0.25, 0.25], [0.5, 0.25, 0.25]])
    known = np.array([[True, True, False], [True, True, True]])
    expected = [[2 / 3, 1 / 3, 0], [0.5, 0.25, 0.25]]
    assert within_known(probabilities, known) == pytest.approx(np.float32(expected))
