import pytest
from face_files import touch, write_lit

from fer_ros.data.ck_plus import CK_PLUS, find_ck_plus
from fer_ros.data.datasets import dataset_at
from fer_ros.errors import DatasetError


def write_sequence(folder, subject, sequence, frames=5, emotion='   3.0000000e+00\n'):
    name = f'{subject}_{sequence}'
    place = folder / 'cohn-kanade-images' / subject / sequence
    touch(place, *(f'{name}_{number:08}.png' for number in range(1, frames + 1)), '.DS_Store')
    labels = folder / 'Emotion' / subject / sequence
    labels.mkdir(parents=True)
    if emotion:
        (labels / f'{name}_{frames:08}_emotion.txt').write_text(emotion)


def test_first_frame_is_neutral_and_the_last_three_show_the_emotion(tmp_path):
    write_sequence(tmp_path, 'S005', '001')
    assert dataset_at(tmp_path) is CK_PLUS
    found = find_ck_plus(tmp_path, 1)
    assert [(p.path.name, p.label, p.subject) for p in found.pictures] == [
        ('S005_001_00000001.png', 'neutral', 'S005'),
        ('S005_001_00000003.png', 'disgust', 'S005'),
        ('S005_001_00000004.png', 'disgust', 'S005'),
        ('S005_001_00000005.png', 'disgust', 'S005'),
    ]


def test_every_label_number_maps_to_its_class(tmp_path):
    for number in range(1, 8):
        write_sequence(tmp_path, 'S010', f'00{number}', emotion=f'   {number}.0000000e+00\n')
    assert [p.label for p in find_ck_plus(tmp_path, 1).pictures[1::4]] == [
        'anger',
        'contempt',
        'disgust',
        'fear',
        'happiness',
        'sadness',
        'surprise',
    ]


def test_unusable_sequences_are_reported(tmp_path):
    write_sequence(tmp_path, 'S005', '001')
    write_sequence(tmp_path, 'S010', '002', emotion='')
    write_sequence(tmp_path, 'S010', '003', emotion='nine')
    write_sequence(tmp_path, 'S010', '004', emotion='8')
    write_sequence(tmp_path, 'S011', '001', frames=3)
    found = find_ck_plus(tmp_path, 1)
    assert len(found.pictures) == 4
    assert found.left_out == (
        'Left out: 1 sequence without an emotion: S010/002.',
        'Left out: 2 sequences with an emotion that is damaged or not a number from 0 to 7: '
        'S010/003, S010/004.',
        'Left out: 1 sequence of fewer than 4 pictures: S011/001.',
    )


def test_each_subject_is_in_one_split_and_tested_in_exactly_one_fold(tmp_path):
    for number in range(20):
        write_sequence(tmp_path, f'S{number:03}', '001')
    tested = []
    for fold in range(1, 11):
        splits = {}
        for picture in find_ck_plus(tmp_path, fold).pictures:
            splits.setdefault(picture.subject, set()).add(picture.split)
        assert all(len(found) == 1 for found in splits.values())
        tested += [subject for subject, found in splits.items() if found == {'test'}]
    assert sorted(tested) == [f'S{number:03}' for number in range(20)]


def test_missing_labels_error_says_what_to_unpack(tmp_path):
    (tmp_path / 'cohn-kanade-images').mkdir()
    with pytest.raises(DatasetError, match=r'has no folder Emotion: unpack Emotion_labels\.zip'):
        find_ck_plus(tmp_path, 1)


def test_frames_that_look_alike_keep_their_labels(tmp_path):
    # The peak of a weak emotion looks like the first frame.
    write_sequence(tmp_path, 'S005', '001', emotion='6')
    for number in (1, 3, 4, 5):
        write_lit(tmp_path / f'cohn-kanade-images/S005/001/S005_001_{number:08}.png')
    faces = CK_PLUS.load(tmp_path, 'all', 1, tmp_path / 'cache', False)
    assert [faces.classes[label] for label in faces.labels()] == ['neutral', *['sadness'] * 3]
    assert faces.targets.max(axis=1).tolist() == [1, 1, 1, 1]
    assert set(faces.subjects) == {'S005'}
