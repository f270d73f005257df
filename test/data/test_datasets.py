import csv
import os

import cv2
import numpy as np
import pytest
from face_clips import face_picture, write_clip
from face_files import touch, write_lit

from fer_ros.data.datasets import (
    TrainingData,
    dataset_at,
    load_training_data,
    mark_seen,
    write_not_detected,
)
from fer_ros.data.face_set import FaceSet
from fer_ros.errors import DatasetError


def test_dataset_is_recognized_by_its_files(tmp_path):
    (tmp_path / 'a.npz').touch()
    for name in ('csv', 'clips', 'pictures'):
        (tmp_path / name).mkdir()
    (tmp_path / 'csv' / 'fer2013.csv').touch()
    (tmp_path / 'clips' / '1001_DFA_ANG_XX.flv').touch()
    assert [
        dataset_at(tmp_path / name).name for name in ('a.npz', 'csv', 'clips', 'pictures')
    ] == [
        'ferplus',
        'ferplus',
        'crema_d',
        'folder',
    ]


def test_missing_data_are_an_error(tmp_path):
    with pytest.raises(DatasetError, match=r'data .*nothing does not exist'):
        dataset_at(tmp_path / 'nothing')


def test_csv_file_of_data_is_refused_naming_its_folder(tmp_path):
    file = tmp_path / 'manifest.csv'
    file.touch()
    with pytest.raises(
        DatasetError, match=rf'manifest\.csv is a single file, expected its folder {tmp_path}$'
    ):
        dataset_at(file)


def test_crema_d_training_and_validation_exclude_test_actors(tmp_path, capsys):
    for actor in (1001, 1019, 1037, 1055):
        write_clip(tmp_path / f'{actor}_DFA_ANG_XX.mp4', face_picture(0))
    (tmp_path / '1073_DFA_ANG_XX.mp4').touch()
    data = load_training_data([tmp_path], tmp_path / 'cache', fold=1)
    assert set(data.training.subjects) == {'1037', '1055'}
    assert set(data.validation.subjects) == {'1019'}
    out = capsys.readouterr().out
    assert 'CREMA-D: 2 clips, 12 frames, 0 of them without a face' in out
    assert '1073_DFA_ANG_XX.mp4 is empty: it has 0 bytes' in out
    assert data.about == {'dataset': 'crema_d', 'fold': 1}


def test_folder_pictures_keep_split_of_their_subfolder(tmp_path, capsys):
    for split, picture in (('train', face_picture(0)), ('validation', 255 - face_picture(0))):
        file = tmp_path / split / 'fear' / 'a.png'
        file.parent.mkdir(parents=True)
        cv2.imwrite(str(file), picture)
    data = load_training_data([tmp_path], tmp_path / 'cache', fold=1)
    assert (len(data.training), len(data.validation)) == (1, 1)
    assert 'train: 1 face, 0 of' in capsys.readouterr().out


def test_joint_training_excludes_test_faces_of_other_sets(tmp_path, capsys):
    web, jaffe = tmp_path / 'web', tmp_path / 'jaffe'
    for name, angle in (('train/contempt/a', 0), ('train/fear/b', 2), ('validation/fear/c', 4)):
        write_lit(web / f'{name}.jpg', angle)
    # One picture each of the test subject, the validation subject and a training subject.
    for name, angle in (('KA.NE1.1', 2), ('KL.NE1.2', 1), ('KM.AN1.3', 3)):
        write_lit(jaffe / f'{name}.tiff', angle)
    data = load_training_data([web, jaffe], tmp_path / 'cache', fold=1)
    assert data.training.classes == ('neutral', 'anger', 'fear', 'contempt')
    assert [data.training.classes[label] for label in data.training.labels()] == [
        'contempt',
        'anger',
    ]
    assert data.training.set_numbers.tolist() == [0, 1]
    assert data.about == {
        'datasets': [{'dataset': 'folder'}, {'dataset': 'jaffe', 'fold': 1}],
        'copies': 'left out',
    }
    said = capsys.readouterr().out
    assert 'test split of other data: 1 training face.' in said
    assert 'Training faces are not compared with test faces of web: web has no pictur' in said


def test_data_given_twice_is_refused(tmp_path):
    with pytest.raises(DatasetError, match='is given twice'):
        load_training_data([tmp_path, tmp_path / '.'], tmp_path / 'cache', fold=1)


def test_nonexistent_fold_is_refused(tmp_path):
    touch(tmp_path, '1001_DFA_ANG_XX.flv')
    with pytest.raises(DatasetError, match='fold is 7, expected 1 to 5 for CREMA-D'):
        load_training_data([tmp_path], tmp_path / 'cache', fold=7)


def faces_named(pictures, detected):
    count = len(pictures)
    return FaceSet(
        np.zeros((count, 8, 8), np.uint8),
        np.zeros((count, 68, 2), np.float32),
        np.ones((count, 1), np.float32),
        ('fear',),
        pictures=np.array(pictures),
        detected=np.array(detected),
    )


def test_pictures_without_detection_are_listed_in_file(tmp_path):
    training = faces_named(['a.png', 'b, c.png'], [True, False])
    validation = faces_named(['d.png'], [False])
    file = tmp_path / 'not_detected.csv'
    assert write_not_detected(TrainingData(training, validation), file) == 2
    with file.open() as stream:
        assert list(csv.reader(stream)) == [
            ['split', 'picture'],
            ['train', 'b, c.png'],
            ['validation', 'd.png'],
        ]


def test_names_that_are_not_utf_8_are_listed_with_escapes(tmp_path):
    faces = faces_named([os.fsdecode(b'm\xfcller.png')], [False])
    write_not_detected(TrainingData(faces, faces), tmp_path / 'l.csv')
    assert 'train,m\\xfcller.png' in (tmp_path / 'l.csv').read_text(encoding='utf-8')


def test_old_list_is_removed_if_every_face_was_detected(tmp_path):
    file = tmp_path / 'not_detected.csv'
    file.write_text('of an earlier start')
    faces = faces_named(['a.png'], [True])
    assert write_not_detected(TrainingData(faces, faces), file) == 0
    assert not file.exists()


def test_faces_whose_photograph_is_in_other_data_are_marked_as_seen(
    portrait_gray, portrait_landmarks, tmp_path
):
    bright = np.rot90(portrait_gray[:300, :300]).copy()
    points = portrait_landmarks.points_px
    turned = np.stack([points[:, 1], 299 - points[:, 0]], axis=1)

    def as_set(image, landmarks):
        return FaceSet(
            image[None], np.float32(landmarks)[None], np.ones((1, 1), np.float32), ('fear',)
        )

    judged, other = as_set(portrait_gray, points), as_set(255 - portrait_gray, points)
    marked = mark_seen(judged, [as_set(bright, turned)], tmp_path, progress=False)
    assert marked.seen.tolist() == [True]
    assert marked.notes[-1].startswith('The photograph of 1 of these faces is also in data')
    assert mark_seen(judged, [other], tmp_path, progress=False).seen.tolist() == [False]
