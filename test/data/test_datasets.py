import cv2
import pytest
from face_clips import face_picture, write_clip

from fer_ros.data.datasets import dataset_at, load_training_data
from fer_ros.errors import DatasetError


def test_data_are_known_by_what_lies_there(tmp_path):
    (tmp_path / 'a.npz').touch()
    for name in ('csv', 'clips', 'pictures'):
        (tmp_path / name).mkdir()
    (tmp_path / 'csv' / 'fer2013.csv').touch()
    (tmp_path / 'clips' / '1001_DFA_ANG_XX.flv').touch()
    assert [dataset_at(tmp_path / name) for name in ('a.npz', 'csv', 'clips', 'pictures')] == [
        'ferplus',
        'ferplus',
        'crema_d',
        'folder',
    ]


def test_missing_data_are_an_error(tmp_path):
    with pytest.raises(DatasetError, match=r'data .*nothing does not exist'):
        dataset_at(tmp_path / 'nothing')


def test_training_and_validation_of_crema_d_share_no_actor_with_the_test(tmp_path, capsys):
    for actor in (1001, 1019, 1037, 1055):
        write_clip(tmp_path / f'{actor}_DFA_ANG_XX.mp4', face_picture(0))
    (tmp_path / '1073_DFA_ANG_XX.mp4').touch()
    training, validation = load_training_data(tmp_path, tmp_path / 'cache', fold=1)
    assert set(training.subjects) == {'1037', '1055'}
    assert set(validation.subjects) == {'1019'}
    out = capsys.readouterr().out
    assert 'CREMA-D: 2 clips, 12 frames, 0 of them without a face' in out
    assert '1073_DFA_ANG_XX.mp4 cannot be opened' in out


def test_pictures_of_a_folder_are_split_as_it_says(tmp_path, capsys):
    for split in ('train', 'validation'):
        file = tmp_path / split / 'fear' / 'a.png'
        file.parent.mkdir(parents=True)
        cv2.imwrite(str(file), face_picture(0))
    training, validation = load_training_data(tmp_path, tmp_path / 'cache', fold=1)
    assert (len(training), len(validation)) == (1, 1)
    assert '1 faces, 0 of them without a detection' in capsys.readouterr().out
