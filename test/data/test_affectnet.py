import numpy as np
import pytest
from face_files import touch, write_lit

from fer_ros.data.affectnet import AFFECTNET, find_affectnet
from fer_ros.data.datasets import dataset_at
from fer_ros.errors import DatasetError

HEADER = (
    'subDirectory_filePath,face_x,face_y,face_width,face_height,facial_landmarks,'
    'expression,valence,arousal\n'
)


def annotate(folder, split, number, expression, valence='0.25', arousal='-0.5'):
    """Write one numbered picture as published, with values as strings in NumPy files."""
    touch(folder / split, f'images/{number}.jpg')
    annotations = folder / split / 'annotations'
    annotations.mkdir(exist_ok=True)
    for name, value in (('exp', expression), ('val', valence), ('aro', arousal)):
        np.save(annotations / f'{number}_{name}.npy', value)
    np.save(annotations / f'{number}_lnd.npy', np.zeros(136))


def test_numbered_pictures_keep_published_split_label_and_affect(tmp_path):
    annotate(tmp_path, 'train_set', 7, '3')
    annotate(tmp_path, 'val_set', 0, 7, 0.5, -1.0)
    assert dataset_at(tmp_path) is AFFECTNET
    train, validation = find_affectnet(tmp_path).pictures
    assert (train.split, train.label, train.valence, train.arousal) == (
        'train',
        'surprise',
        0.25,
        -0.5,
    )
    assert (validation.split, validation.label) == ('validation', 'contempt')
    assert (validation.valence, validation.arousal) == (0.5, -1.0)


def test_every_label_number_maps_to_its_class(tmp_path):
    for number in range(8):
        annotate(tmp_path, 'train_set', number, str(number))
    assert [p.label for p in find_affectnet(tmp_path).pictures] == [
        'neutral',
        'happiness',
        'sadness',
        'surprise',
        'fear',
        'disgust',
        'anger',
        'contempt',
    ]


def test_pictures_without_expression_are_counted_and_damaged_files_named(tmp_path):
    annotate(tmp_path, 'train_set', 0, '1')
    for number, expression in ((1, '8'), (2, '9'), (3, '10'), (4, '11')):
        annotate(tmp_path, 'train_set', number, expression)
    (tmp_path / 'train_set/annotations/5_exp.npy').write_bytes(b'\x93NUMPY cut')
    touch(tmp_path, 'train_set/images/6.jpg')
    found = find_affectnet(tmp_path)
    assert [p.path.name for p in found.pictures] == ['0.jpg']
    annotations, images = tmp_path / 'train_set/annotations', tmp_path / 'train_set/images'
    assert found.left_out == (
        'Left out: 3 pictures labelled none, uncertain or no face.',
        f'Left out: 1 picture without an annotation: {images}/6.jpg.',
        'Left out: 2 annotations damaged or not an expression from 0 to 10: '
        f'{annotations}/4_exp.npy, {annotations}/5_exp.npy.',
    )


class Planted:
    """An object that would run a command if it were unpickled."""

    def __init__(self, mark):
        self.mark = mark

    def __reduce__(self):
        return self.mark.touch, ()


def test_pickled_object_in_annotation_is_reported_and_never_unpickled(tmp_path):
    annotate(tmp_path, 'train_set', 0, '1')
    annotate(tmp_path, 'train_set', 1, '1')
    planted = np.array(Planted(tmp_path / 'mark'), dtype=object)
    np.save(tmp_path / 'train_set/annotations/1_exp.npy', planted, allow_pickle=True)
    found = find_affectnet(tmp_path)
    assert len(found.pictures) == 1
    assert '1_exp.npy' in found.left_out[0]
    assert not (tmp_path / 'mark').exists()


@pytest.mark.parametrize('header', ['', HEADER])
def test_lists_are_read_with_or_without_validation_header(tmp_path, header):
    lists = tmp_path / 'Manually_Annotated_file_lists'
    touch(tmp_path, 'Manually_Annotated_Images/689/a.jpg')
    lists.mkdir()
    (lists / 'training.csv').write_text(HEADER + '689/a.jpg,1,2,3,4,1.5;2.5,1,0.785,-0.055\n')
    (lists / 'validation.csv').write_text(header + '10/b.JPG,1,2,3,4,1.5;2.5,6,-2,-2\n')
    assert dataset_at(tmp_path) is AFFECTNET
    train, validation = find_affectnet(tmp_path).pictures
    assert train.path == tmp_path / 'Manually_Annotated_Images/689/a.jpg'
    assert (train.split, train.label) == ('train', 'happiness')
    assert (train.valence, train.arousal) == (0.785, -0.055)
    assert (validation.split, validation.label) == ('validation', 'anger')
    assert (validation.valence, validation.arousal) == (None, None)


def test_truncated_line_of_list_is_reported(tmp_path):
    (tmp_path / 'training.csv').write_text(HEADER + '1/a.jpg,1,2,3,4,5;6,0,0,0\n1/b.jpg,1\n')
    found = find_affectnet(tmp_path)
    assert len(found.pictures) == 1
    assert found.left_out[0].endswith(f'{tmp_path}/training.csv, picture 2.')


def test_unrelated_training_csv_is_not_taken_for_affectnet(tmp_path):
    touch(tmp_path, 'fear/a.jpg')
    (tmp_path / 'training.csv').write_text('path,label\na.jpg,fear\n')
    assert dataset_at(tmp_path) is not AFFECTNET


def test_unpublished_test_split_is_an_error(tmp_path):
    annotate(tmp_path, 'train_set', 0, '1')
    with pytest.raises(
        DatasetError, match=r'in the split test \(1 in all\): the test split of AffectNet'
    ):
        AFFECTNET.load(tmp_path, 'test', 1, tmp_path / 'cache', False)


def test_faces_keep_valence_and_arousal(tmp_path):
    annotate(tmp_path, 'val_set', 0, '1')
    annotate(tmp_path, 'val_set', 1, '2', '-2', '-2')
    for number in (0, 1):
        write_lit(tmp_path / f'val_set/images/{number}.jpg', 2 * number)
    faces = AFFECTNET.load(tmp_path, 'validation', 1, tmp_path / 'cache', False)
    np.testing.assert_array_equal(faces.valence, np.float32([0.25, np.nan]))
    np.testing.assert_array_equal(faces.arousal, np.float32([-0.5, np.nan]))
    assert [faces.classes[label] for label in faces.labels()] == ['happiness', 'sadness']
