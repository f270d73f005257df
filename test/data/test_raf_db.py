import pytest
from face_files import touch, write_lit

from fer_ros.data.datasets import dataset_at
from fer_ros.data.raf_db import RAF_DB, find_raf_db
from fer_ros.errors import DatasetError

NAMES = ('train_00001', 'train_00002', 'test_0001')


def published(folder, lines=('train_00001.jpg 5', 'train_00002.jpg 4', 'test_0001.jpg 7')):
    list_file = folder / 'basic/EmoLabel/list_patition_label.txt'
    list_file.parent.mkdir(parents=True)
    list_file.write_text('\n'.join(lines) + '\n')
    touch(folder / 'basic/Image/aligned', *(f'{name}_aligned.jpg' for name in NAMES))
    return folder


@pytest.mark.parametrize('part', ['', 'basic', 'basic/EmoLabel'])
def test_layout_is_recognized_from_any_of_its_folders(tmp_path, part):
    published(tmp_path)
    assert dataset_at(tmp_path / part) is RAF_DB
    assert len(find_raf_db(tmp_path / part).pictures) == 3


def test_label_numbers_give_emotions_and_file_names_give_splits(tmp_path):
    found = find_raf_db(published(tmp_path))
    assert [(p.path.name, p.label) for p in found.pictures] == [
        ('train_00001_aligned.jpg', 'sadness'),
        ('train_00002_aligned.jpg', 'happiness'),
        ('test_0001_aligned.jpg', 'neutral'),
    ]
    assert {p.split for p in found.pictures[:2]} <= {'train', 'validation'}
    assert found.pictures[2].split == 'test'
    assert found.left_out == ()


def test_every_label_number_maps_to_its_class(tmp_path):
    published(tmp_path, [f'train_0000{number}.jpg {number}' for number in range(1, 8)])
    assert [p.label for p in find_raf_db(tmp_path).pictures] == [
        'surprise',
        'fear',
        'disgust',
        'happiness',
        'sadness',
        'anger',
        'neutral',
    ]


def test_about_a_tenth_of_training_list_is_for_validation(tmp_path):
    published(tmp_path, [f'train_{number:05}.jpg 4' for number in range(1, 401)])
    splits = [p.split for p in find_raf_db(tmp_path).pictures]
    assert 20 <= splits.count('validation') <= 70
    assert splits.count('train') == 400 - splits.count('validation')


def test_invalid_lines_and_unlisted_pictures_are_reported(tmp_path):
    found = find_raf_db(published(tmp_path, ['train_00001.jpg 5', 'train_00002.jpg 8', 'x 1']))
    assert found.left_out == (
        'Left out: line 2, line 3 of list_patition_label.txt, expected the name of a train '
        'or test picture and a number from 1 to 7.',
        'Left out: 2 pictures that list_patition_label.txt does not list: '
        'test_0001_aligned.jpg, train_00002_aligned.jpg.',
    )


def test_error_for_packed_pictures_says_what_to_unpack(tmp_path):
    touch(tmp_path, 'EmoLabel/list_patition_label.txt', 'Image/aligned.zip')
    with pytest.raises(DatasetError, match=r'aligned does not exist: unpack aligned\.zip'):
        find_raf_db(tmp_path)


def test_test_split_is_read_and_damaged_or_missing_pictures_reported(tmp_path):
    images = published(tmp_path, [f'test_000{n}.jpg 4' for n in (1, 2, 3)]) / 'basic/Image/aligned'
    write_lit(images / 'test_0001_aligned.jpg')
    (images / 'test_0002_aligned.jpg').write_bytes(b'no picture')
    faces = RAF_DB.load(tmp_path, 'test', 1, tmp_path / 'cache', False)
    assert len(faces) == 1
    assert faces.classes[faces.labels()[0]] == 'happiness'
    assert f'Left out: {images}/test_0003_aligned.jpg does not exist.' in faces.notes
    assert any('test_0002_aligned.jpg is damaged' in note for note in faces.notes)
