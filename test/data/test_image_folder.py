import os
from pathlib import Path

import cv2
import numpy as np
import pytest
from face_clips import face_picture
from face_files import write_lit

from fer_ros.data.image_folder import find_pictures, load_image_folder
from fer_ros.data.labelled_pictures import hashed_split
from fer_ros.errors import DatasetError


def write_picture(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), face_picture(0)[10:230])


def test_training_copy_of_test_picture_is_left_out_and_reported(tmp_path):
    write_lit(tmp_path / 'train/fear/a.jpg', 0)
    write_lit(tmp_path / 'train/fear/b.jpg', 2)
    write_lit(tmp_path / 'test/fear/c.jpg', 2, quality=50)
    training = load_image_folder(tmp_path, 'train', tmp_path / 'cache', progress=False)
    assert len(training) == 1
    assert any(
        'Left out: 1 training picture whose photograph is also in' in note
        and f'{tmp_path}/train/fear/b.jpg' in note
        for note in training.notes
    )
    test = load_image_folder(tmp_path, 'test', tmp_path / 'cache', progress=False)
    assert test.seen.tolist() == [True]
    assert any('split: ' in note and 'c.jpg' in note for note in test.notes)


def test_training_copies_of_one_photograph_share_their_labels(tmp_path):
    write_lit(tmp_path / 'train/fear/a.jpg', 0)
    write_lit(tmp_path / 'train/anger/b.jpg', 0, quality=50)
    write_lit(tmp_path / 'train/anger/c.jpg', 2)
    faces = load_image_folder(tmp_path, 'train', tmp_path / 'cache', progress=False)
    assert sorted(faces.targets.tolist()) == [[0.5, 0.5], [0.5, 0.5], [1.0, 0.0]]
    assert any(
        note.startswith('2 training pictures with different labels for copies of one photograph')
        for note in faces.notes
    )


def test_folders_whose_names_are_not_utf_8_are_named_with_escapes(tmp_path):
    write_lit(tmp_path / 'd/train/anger/a.jpg', 0)
    write_lit(tmp_path / 'd/train/happy/b.jpg', 2)
    folder = (tmp_path / 'd').rename(tmp_path / os.fsdecode(b'm\xfcller'))
    (folder / 'train/happy').rename(folder / 'train' / os.fsdecode(b'fr\xf6hlich'))
    faces = load_image_folder(folder, 'train', tmp_path / 'cache', progress=False)
    assert faces.classes == ('anger', 'fr\\xf6hlich')
    assert any(note.startswith('m\\xfcller train: 2 faces') for note in faces.notes)


@pytest.mark.parametrize(
    ('name', 'split'),
    [
        # The first bytes of their SHA-256 are 243, 26, 124 and 20.
        ('face1.jpg', 'train'),
        ('müller.jpg', 'test'),
        (os.fsdecode(b'm\xfcller.jpg'), 'train'),
        (os.fsdecode(b'stra\xdfe.jpg'), 'validation'),
    ],
    ids=ascii,
)
def test_split_depends_on_the_bytes_of_a_name_in_any_encoding(name, split):
    assert hashed_split(name) == split


@pytest.mark.parametrize('columns', ['clip,frame', 'subject,frame'])
def test_frames_of_one_person_keep_their_own_labels(tmp_path, columns):
    write_lit(tmp_path / 'a.jpg', 0)
    write_lit(tmp_path / 'b.jpg', 0, quality=50)
    (tmp_path / 'manifest.csv').write_text(
        f'path,label,split,{columns}\na.jpg,fear,train,ann,1\nb.jpg,anger,train,ann,2\n'
    )
    faces = load_image_folder(tmp_path, 'train', tmp_path / 'cache', progress=False)
    assert sorted(faces.targets.tolist()) == [[0.0, 1.0], [1.0, 0.0]]


@pytest.mark.parametrize(
    ('text', 'sentence'),
    [
        (
            'path,label,subject,split\na,fear,ann,train\nb,fear,bob,train\nc,fear,ann,test\n',
            'subject ann is in more than one split',
        ),
        (
            'path,label,clip,frame,split\na,fear,walk,1,train\nb,fear,walk,2,test\n',
            'clip walk is in more than one split',
        ),
        ('path,label,frame\na,fear,' + '9' * 5000, "line 2: frame is '9"),
        ('path,label,clip\na,fear,walk\n', "line 2: clip is 'walk' without a frame"),
        ('path,label,clip,frame\na,fear,walk,\n', "line 2: clip is 'walk' without a frame"),
        (
            'path,label,clip,frame\na,fear,walk,1\nb,fear,walk,1\n',
            "clip 'walk' has frame 1 twice",
        ),
    ],
)
def test_inconsistent_manifest_is_refused(tmp_path, text, sentence):
    (tmp_path / 'manifest.csv').write_text(text)
    with pytest.raises(DatasetError, match=sentence):
        find_pictures(tmp_path)


def test_folder_names_are_mapped_to_classes(tmp_path):
    for name in ('test/Happy/a.jpg', 'test/neutral/b.png'):
        write_picture(tmp_path / name)
    faces = load_image_folder(tmp_path, 'test', tmp_path / 'cache', progress=False)
    assert faces.classes == ('happiness', 'neutral')
    assert faces.labels().tolist() == [0, 1]


def test_manifest_gives_label_subject_and_clip(tmp_path):
    for name in 'abc':
        write_picture(tmp_path / f'{name}.jpg')
    (tmp_path / 'manifest.csv').write_text(
        'path,label,subject,clip,frame,split\n'
        'a.jpg,fear,ann,walk,2,test\nb.jpg,fear,ann,walk,1,test\nc.jpg,anger,bob,run,1,train\n'
    )
    faces = load_image_folder(tmp_path, 'test', tmp_path / 'cache', rate_hz=10, progress=False)
    assert faces.classes == ('anger', 'fear')
    assert faces.subjects.tolist() == ['ann', 'ann']
    assert faces.clips.tolist() == ['ann/walk', 'ann/walk']
    assert faces.stamps_s == pytest.approx([0.1, 0.2])


def test_subject_is_never_in_two_splits(tmp_path):
    rows = [f'{i}.jpg,fear,person{i % 20}' for i in range(200)]
    (tmp_path / 'manifest.csv').write_text('path,label,subject\n' + '\n'.join(rows))
    splits = {}
    for picture in find_pictures(tmp_path):
        splits.setdefault(picture.subject, set()).add(picture.split)
    assert all(len(found) == 1 for found in splits.values())
    assert {split for found in splits.values() for split in found} == {
        'train',
        'validation',
        'test',
    }


def test_clips_of_same_name_from_two_subjects_stay_separate(tmp_path):
    (tmp_path / 'manifest.csv').write_text(
        'path,label,subject,clip,frame\na,fear,ann,1,0\nb,fear,bob,1,0'
    )
    assert [picture.clip for picture in find_pictures(tmp_path)] == ['ann/1', 'bob/1']


def test_manifest_with_byte_order_mark_is_read(tmp_path):
    (tmp_path / 'manifest.csv').write_text('path,label\na.jpg,fear\n', encoding='utf-8-sig')
    assert find_pictures(tmp_path)[0].label == 'fear'


def test_manifest_not_in_utf_8_is_refused(tmp_path):
    (tmp_path / 'manifest.csv').write_bytes('path,label\nmüller.jpg,fear\n'.encode('latin-1'))
    with pytest.raises(DatasetError, match='is not a CSV file in UTF-8'):
        find_pictures(tmp_path)


def test_validation_is_taken_from_training_if_not_given(tmp_path):
    for split, count in (('train', 60), ('test', 2)):
        for number in range(count):
            path = tmp_path / split / 'fear' / f'{number}.jpg'
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
    splits = [picture.split for picture in find_pictures(tmp_path)]
    assert splits.count('test') == 2
    assert 1 <= splits.count('validation') <= 15


def test_damaged_picture_is_left_out_and_named(tmp_path):
    write_picture(tmp_path / 'test' / 'fear' / 'a.jpg')
    (tmp_path / 'test' / 'fear' / 'b.jpg').write_bytes(b'no picture')
    faces = load_image_folder(tmp_path, 'test', tmp_path / 'cache', progress=False)
    assert len(faces) == 1
    assert f'Left out: {tmp_path}/test/fear/b.jpg is damaged or of an unknown kind.' in faces.notes


def test_picture_without_a_detection_counts_as_a_face_crop(tmp_path):
    (tmp_path / 'test' / 'fear').mkdir(parents=True)
    cv2.imwrite(str(tmp_path / 'test/fear/a.png'), np.full((60, 50), 128, np.uint8))
    faces = load_image_folder(tmp_path, 'test', tmp_path / 'cache', progress=False)
    assert len(faces) == 1
    assert '1 of them without a detection' in faces.notes[0]
    assert faces.pictures.tolist() == [str(tmp_path / 'test/fear/a.png')]
    assert faces.detected.tolist() == [False]


def test_face_in_a_large_picture_is_found(tmp_path, portrait_bgr):
    (tmp_path / 'test' / 'happiness').mkdir(parents=True)
    cv2.imwrite(str(tmp_path / 'test/happiness/a.png'), portrait_bgr)
    faces = load_image_folder(tmp_path, 'test', tmp_path / 'cache', progress=False)
    nose = faces.landmarks_px[0, 27:36].mean(axis=0)
    assert nose == pytest.approx((47.5, 50), abs=8)


@pytest.mark.parametrize(
    ('text', 'sentence'),
    [
        ('path,class\na.jpg,fear\n', "has no column 'label'"),
        ('path,label\n', 'lists no pictures'),
        ('path,label\na.jpg,\n', 'line 2: path or label is empty'),
        (
            'path,label,split\na.jpg,fear,holdout\n',
            "line 2: split is 'holdout', expected one of train",
        ),
        ('path,label,frame\na.jpg,fear,-1\n', "line 2: frame is '-1', expected a number"),
    ],
)
def test_invalid_manifest_is_refused(tmp_path, text, sentence):
    (tmp_path / 'manifest.csv').write_text(text)
    with pytest.raises(DatasetError, match=sentence):
        find_pictures(tmp_path)


def test_empty_folder_is_an_error(tmp_path):
    with pytest.raises(DatasetError, match=r'has neither manifest\.csv nor a folder of pictures'):
        find_pictures(tmp_path)


def test_split_without_pictures_is_an_error(tmp_path):
    write_picture(tmp_path / 'train' / 'fear' / 'a.jpg')
    with pytest.raises(DatasetError, match=r'in the split test \(1 in all\): put some of each'):
        load_image_folder(tmp_path, 'test', tmp_path / 'cache', progress=False)


@pytest.mark.parametrize('name', ['val', 'valid', 'validation', 'dev', 'Val'])
def test_common_names_of_validation_split_are_recognized(tmp_path, name):
    write_picture(tmp_path / 'train/fear/a.jpg')
    write_picture(tmp_path / name / 'fear' / 'b.jpg')
    splits = {picture.path.name: picture.split for picture in find_pictures(tmp_path)}
    assert splits == {'a.jpg': 'train', 'b.jpg': 'validation'}


def test_extra_picture_folder_beside_splits_is_reported(tmp_path):
    write_lit(tmp_path / 'train/fear/a.jpg', 0)
    write_lit(tmp_path / 'holdout/fear/b.jpg', 2)
    (tmp_path / 'scripts').mkdir()
    faces = load_image_folder(tmp_path, 'train', tmp_path / 'cache', progress=False)
    assert any(note.startswith('Left out: holdout, next to the folders') for note in faces.notes)


def test_pictures_that_are_not_read_are_reported(tmp_path):
    write_lit(tmp_path / 'train/fear/a.jpg', 0)
    write_lit(tmp_path / 'train/shy/monday/b.jpg', 2)
    write_lit(tmp_path / 'train/c.jpg', 4)
    (tmp_path / 'train/bored').mkdir()
    (tmp_path / 'train/bored/d.HEIC').touch()
    faces = load_image_folder(tmp_path, 'train', tmp_path / 'cache', progress=False)
    assert faces.classes == ('fear',)
    assert faces.notes[1:] == (
        'Left out: 2 pictures not directly in the folder of a class: '
        f'{tmp_path}/train/c.jpg, {tmp_path}/train/shy/monday/b.jpg.',
        'Left out 1 picture of a kind that is not read (.heic): convert to JPEG or PNG.',
    )


def test_manifest_may_use_windows_path_separators(tmp_path):
    write_picture(tmp_path / 'faces/a.jpg')
    (tmp_path / 'manifest.csv').write_text('path,label,split\nfaces\\a.jpg,fear,val\n')
    (picture,) = find_pictures(tmp_path)
    assert (picture.path, picture.split) == (tmp_path / 'faces/a.jpg', 'validation')


def test_error_for_manifest_without_existing_pictures_names_a_path(tmp_path):
    (tmp_path / 'manifest.csv').write_text('path,label,split\ndata/a.jpg,fear,train\n')
    with pytest.raises(DatasetError, match=r'none of its 1 pictures exists; looked for /'):
        load_image_folder(tmp_path, 'train', tmp_path / 'cache', progress=False)


@pytest.mark.parametrize(
    'path', ['../outside.jpg', 'faces/../../outside.jpg', '/etc/passwd', '..\\outside.jpg']
)
def test_manifest_path_outside_its_folder_is_refused(tmp_path, path):
    write_picture(tmp_path / 'outside.jpg')
    (tmp_path / 'data').mkdir()
    (tmp_path / 'data' / 'manifest.csv').write_text(f'path,label\n{path},fear\n')
    with pytest.raises(DatasetError, match=r'line 2: path is .*, expected a path within the'):
        find_pictures(tmp_path / 'data')


def test_missing_picture_of_manifest_is_reported(tmp_path):
    write_picture(tmp_path / 'a.jpg')
    (tmp_path / 'manifest.csv').write_text(
        'path,label,split\na.jpg,fear,train\nb.jpg,fear,train\n'
    )
    faces = load_image_folder(tmp_path, 'train', tmp_path / 'cache', progress=False)
    assert f'Left out: {tmp_path}/b.jpg does not exist.' in faces.notes


def test_folder_that_one_is_in_has_its_name(tmp_path, monkeypatch):
    write_lit(tmp_path / 'faces' / 'train' / 'happiness' / 'a.jpg')
    monkeypatch.chdir(tmp_path / 'faces')
    faces = load_image_folder(Path('.'), 'train', tmp_path / 'cache', progress=False)
    assert faces.notes[0].startswith('faces train: 1 face')


@pytest.mark.parametrize(
    ('names', 'advice'),
    [
        (['train/fear/a.jpg'], 'into a folder test next to the folder train$'),
        (['fear/face1.jpg'], 'into a folder test next to the folder train, and the others into'),
        (['a.jpg'], 'the split test, in the column split of manifest.csv'),
    ],
)
def test_advice_about_empty_split_suits_the_layout(tmp_path, names, advice):
    for name in names:
        write_picture(tmp_path / name)
    if names == ['a.jpg']:
        (tmp_path / 'manifest.csv').write_text('path,label,split\na.jpg,fear,train\n')
    with pytest.raises(DatasetError, match=advice):
        load_image_folder(tmp_path, 'test', tmp_path / 'cache', progress=False)
