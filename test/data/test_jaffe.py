import pytest
from face_files import touch, write_lit

from fer_ros.data.datasets import dataset_at
from fer_ros.data.image_folder import IMAGE_FOLDER
from fer_ros.data.jaffe import JAFFE, find_jaffe
from fer_ros.errors import DatasetError

NAMES = (
    'KA.AN1.39.tiff',
    'KA.DI2.43.tiff',
    'KL.FE1.174.tiff',
    'KM.HA4.7.tiff',
    'KR.NE2.72.tiff',
    'MK.SA1.133.tiff',
    'NA.SU1.214.tiff',
)


@pytest.mark.parametrize('folder', ['.', 'jaffe'])
def test_label_and_subject_are_read_from_file_name(tmp_path, folder):
    touch(tmp_path / folder, *NAMES, 'README_FIRST.txt')
    assert dataset_at(tmp_path) is JAFFE
    found = find_jaffe(tmp_path, 1)
    assert [(p.subject, p.label) for p in found.pictures] == [
        ('KA', 'anger'),
        ('KA', 'disgust'),
        ('KL', 'fear'),
        ('KM', 'happiness'),
        ('KR', 'neutral'),
        ('MK', 'sadness'),
        ('NA', 'surprise'),
    ]


def test_each_fold_holds_out_one_subject_for_test(tmp_path):
    women = ('KA', 'KL', 'KM', 'KR', 'MK', 'NA', 'NM', 'TM', 'UY', 'YM')
    touch(
        tmp_path,
        *(f'{woman}.{code}1.{n}.tiff' for n, woman in enumerate(women) for code in ('NE', 'HA')),
    )
    for fold, woman in enumerate(women, 1):
        pictures = find_jaffe(tmp_path, fold).pictures
        assert {p.subject for p in pictures if p.split == 'test'} == {woman}
        assert len({p.subject for p in pictures if p.split == 'validation'}) == 1
        assert len({p.subject for p in pictures if p.split == 'train'}) == 8


def test_picture_without_label_in_file_name_is_reported(tmp_path):
    touch(tmp_path, 'KA.AN1.39.tiff', 'contact_sheet.tiff')
    (sentence,) = find_jaffe(tmp_path, 1).left_out
    assert sentence == 'Left out: 1 picture without a label in the name: contact_sheet.tiff.'


def test_folders_with_mostly_other_pictures_are_not_taken_for_jaffe(tmp_path):
    touch(tmp_path, 'happiness/KA.HA1.29.tiff', 'happiness/a.jpg', 'sadness/b.jpg')
    assert dataset_at(tmp_path) is IMAGE_FOLDER


def test_folder_without_pictures_is_refused(tmp_path):
    with pytest.raises(DatasetError, match=r'expected files like KA\.AN1\.39\.tiff'):
        find_jaffe(tmp_path, 1)


def test_tiff_files_are_read(tmp_path):
    write_lit(tmp_path / 'KA.SU1.36.tiff')
    faces = JAFFE.load(tmp_path, 'test', 1, tmp_path / 'cache', False)
    assert [faces.classes[label] for label in faces.labels()] == ['surprise']
    assert faces.subjects.tolist() == ['KA']
    assert faces.detected.tolist() == [True]
