import pytest
from face_files import touch, write_lit

from fer_ros.data.ck_plus import CK_PLUS
from fer_ros.data.ferplus import FERPLUS
from fer_ros.data.image_folder import IMAGE_FOLDER
from fer_ros.data.jaffe import JAFFE
from fer_ros.data.raf_db import RAF_DB
from fer_ros.errors import SettingError
from fer_ros.evaluation.judged_faces import describe_split, judged_faces, with_split
from fer_ros.evaluation.settings import EvaluateSettings


@pytest.mark.parametrize(
    ('dataset', 'figures', 'values', 'sentence'),
    [
        (
            CK_PLUS,
            {'dataset': 'ck_plus', 'fold': 2},
            {'split': 'test', 'fold': 1},
            'was trained for fold 2 of CK+, or descends from',
        ),
        (
            CK_PLUS,
            {'datasets': [{'dataset': 'ferplus'}, {'dataset': 'ck_plus', 'fold': 2}]},
            {'split': 'validation', 'fold': 3},
            'has seen subjects of fold 3',
        ),
        (
            RAF_DB,
            {'dataset': 'ferplus', 'lineage': [{'dataset': 'raf_db'}]},
            {'split': 'all'},
            'was trained on RAF-DB: judge it on the split test or validation',
        ),
        (FERPLUS, {}, {'split': 'all'}, 'split is all, expected validation or test for FER'),
    ],
)
def test_split_that_may_contain_training_faces_is_refused(
    tmp_path, dataset, figures, values, sentence
):
    settings = EvaluateSettings(tmp_path / 'model.onnx', tmp_path, **values)
    with pytest.raises(SettingError) as refused:
        judged_faces(settings, dataset, figures, tmp_path / 'cache')
    assert sentence in str(refused.value)


def test_model_of_fold_is_evaluated_on_subjects_of_that_fold(tmp_path):
    for name in ('KA.HA1.1', 'KL.HA1.2', 'KM.HA1.3'):
        write_lit(tmp_path / f'{name}.tiff')
    settings = EvaluateSettings(tmp_path / 'model.onnx', tmp_path, split='test')
    figures = {'dataset': 'jaffe', 'fold': 2}
    title, faces = judged_faces(settings, JAFFE, figures, tmp_path / 'cache')
    assert faces.subjects.tolist() == ['KL']
    assert title == 'JAFFE test of fold 2, 1 face'


PUBLISHED = {'dataset': 'ferplus'}
OWN = {'dataset': 'folder', 'lineage': [{'dataset': 'ferplus'}]}


@pytest.mark.parametrize(('figures', 'noted'), [(PUBLISHED, False), (OWN, True)])
def test_whole_folder_that_a_model_may_have_been_trained_on_is_noted(tmp_path, figures, noted):
    write_lit(tmp_path / 'data' / 'fear' / 'a.jpg')
    settings = EvaluateSettings(tmp_path / 'model.onnx', tmp_path / 'data', split='all')
    _, faces = judged_faces(settings, IMAGE_FOLDER, figures, tmp_path / 'cache')
    assert any('include those that it was trained on' in note for note in faces.notes) is noted


@pytest.mark.parametrize(
    ('dataset', 'figures', 'names', 'manifest', 'split'),
    [
        (IMAGE_FOLDER, PUBLISHED, ['fear/a.png'], '', 'all'),
        (IMAGE_FOLDER, PUBLISHED, ['a.png'], 'path,label\na.png,fear\n', 'all'),
        (IMAGE_FOLDER, OWN, ['fear/a.png'], '', 'validation'),
        (IMAGE_FOLDER, {}, ['fear/a.png'], '', 'validation'),
        (IMAGE_FOLDER, PUBLISHED, ['train/fear/a.png'], '', 'validation'),
        (IMAGE_FOLDER, PUBLISHED, ['a.png'], 'path,label,split\na.png,fear,val\n', 'validation'),
        (RAF_DB, PUBLISHED, [], '', 'validation'),
    ],
    ids=['classes', 'manifest', 'own', 'unknown', 'splits', 'manifest splits', 'published'],
)
def test_default_split_is_all_only_for_unsplit_folder_that_model_has_not_seen(
    tmp_path, dataset, figures, names, manifest, split
):
    touch(tmp_path, *names)
    if manifest:
        (tmp_path / 'manifest.csv').write_text(manifest)
    settings = EvaluateSettings(tmp_path / 'model.onnx', tmp_path)
    assert with_split(settings, dataset, figures).split == split


def test_given_split_is_kept(tmp_path):
    touch(tmp_path, 'fear/a.png')
    settings = EvaluateSettings(tmp_path / 'model.onnx', tmp_path, split='test')
    assert with_split(settings, IMAGE_FOLDER, PUBLISHED) is settings


def test_split_description_counts_pictures_in_split(tmp_path):
    touch(tmp_path / 'mine', 'test/fear/a.png', 'test/anger/b.png', 'train/fear/c.png')
    settings = EvaluateSettings(tmp_path / 'model.onnx', tmp_path / 'mine', split='test')
    assert describe_split(settings, IMAGE_FOLDER) == 'mine: split test, 2 of 3 pictures'
