import pytest
from face_files import touch, write_lit

from fer_ros.data.datasets import dataset_at
from fer_ros.data.kdef import KDEF, find_kdef
from fer_ros.errors import DatasetError


@pytest.mark.parametrize('folder', ['', 'AF01/', 'KDEF/AF01/', 'KDEF_and_AKDEF/KDEF/AF01/'])
def test_files_are_found_in_every_published_folder_layout(tmp_path, folder):
    touch(tmp_path, f'{folder}AF01ANS.JPG')
    assert dataset_at(tmp_path) is KDEF
    (picture,) = find_kdef(tmp_path, 1).pictures
    assert (picture.subject, picture.label) == ('F01', 'anger')


def test_label_is_read_from_file_name(tmp_path):
    codes = ('AF', 'AN', 'DI', 'HA', 'NE', 'SA', 'SU')
    touch(tmp_path, *(f'BM35{code}S.JPG' for code in codes))
    assert [p.label for p in find_kdef(tmp_path, 1).pictures] == [
        'fear',
        'anger',
        'disgust',
        'happiness',
        'neutral',
        'sadness',
        'surprise',
    ]


def test_both_sessions_belong_to_same_subject(tmp_path):
    touch(tmp_path, 'AF01/AF01ANS.JPG', 'BF01/BF01ANS.JPG', 'AM01/AM01ANS.JPG')
    assert sorted({p.subject for p in find_kdef(tmp_path, 1).pictures}) == ['F01', 'M01']


def test_half_profiles_are_not_judged_and_full_profiles_are_left_out(tmp_path):
    views = ('S', 'HL', 'HR', 'FL', 'FR')
    touch(tmp_path, *(f'AF01HA{view}.JPG' for view in views))
    found = find_kdef(tmp_path, 1)
    assert {p.path.name: p.judged for p in found.pictures} == {
        'AF01HAHL.JPG': False,
        'AF01HAHR.JPG': False,
        'AF01HAS.JPG': True,
    }
    assert found.left_out == ('Left out: 2 full profiles.',)


def test_unrecognized_file_name_is_reported(tmp_path):
    touch(tmp_path, 'AF01/AF01ANS.JPG', 'AM31/AM31H.JPG')
    (sentence,) = find_kdef(tmp_path, 1).left_out
    assert sentence.endswith('without expression and view in the name: AM31H.JPG.')


def test_folder_without_pictures_is_refused(tmp_path):
    with pytest.raises(DatasetError, match=r'expected files like AF01ANS\.JPG'):
        find_kdef(tmp_path, 1)


def test_half_profiles_are_used_in_training_but_not_in_test(tmp_path):
    for name in ('AF01HAS', 'AF01HAHL', 'AF02HAS', 'AF03HAS', 'AF03HAHR'):
        write_lit(tmp_path / name[:4] / f'{name}.JPG')
    counts = [
        len(KDEF.load(tmp_path, split, 1, tmp_path / 'cache', False))
        for split in ('test', 'train', 'all')
    ]
    assert counts == [1, 2, 3]
