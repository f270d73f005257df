import pytest

pytest.importorskip('torch_geometric')

from dataclasses import replace

import numpy as np
from small_training import CONFIG, ONE_EPOCH, small_trainer

from fer_ros.data.face_set import FaceSet
from fer_ros.errors import DatasetError, SettingError
from fer_ros.network.checkpoint import load_checkpoint
from fer_ros.training.compute import Compute
from fer_ros.training.data_parallel import Rank


def test_model_classes_that_differ_from_those_of_data_are_refused(faces, tmp_path):
    config = replace(CONFIG, model=replace(CONFIG.model, classes=('x', 'y')))
    with pytest.raises(
        SettingError, match='classes of the model are x, y, those of the data smile'
    ):
        small_trainer(faces, tmp_path, config)


def test_class_without_faces_is_refused_before_training(faces, tmp_path):
    lonely = FaceSet(
        faces.images,
        faces.landmarks_px,
        np.eye(3, dtype=np.float32)[faces.labels()],
        ('smile', 'hidden', 'never'),
    )
    with pytest.raises(DatasetError, match='no face of the class never'):
        small_trainer(lonely, tmp_path)


def test_empty_validation_data_are_refused(faces, tmp_path):
    with pytest.raises(DatasetError, match='the validation data has no face'):
        small_trainer(faces, tmp_path, validation=faces.select(np.arange(0)))


def test_batch_size_not_divisible_by_process_count_is_refused(faces, tmp_path):
    with pytest.raises(
        SettingError, match='batch_size is 8, expected a multiple of 3, at least 6'
    ):
        small_trainer(faces, tmp_path, compute=Compute(rank=Rank(0, 3)))


def test_batch_size_shrinks_to_number_of_faces(faces, tmp_path):
    trainer = small_trainer(faces, tmp_path, replace(CONFIG, batch_size=32))
    assert trainer.config.batch_size == 24


def test_reduced_batch_size_is_a_multiple_of_process_count(faces, tmp_path):
    compute = Compute(rank=Rank(0, 5))
    trainer = small_trainer(faces, tmp_path, replace(CONFIG, batch_size=35), compute=compute)
    assert trainer.config.batch_size == 20


def test_fewer_than_two_faces_per_process_are_refused(faces, tmp_path):
    compute = Compute(rank=Rank(0, 13))
    config = replace(CONFIG, batch_size=26)
    with pytest.raises(DatasetError, match='has 24 faces, expected at least two for each of 13'):
        small_trainer(faces, tmp_path, config, compute=compute)


def test_teacher_lacking_a_class_of_the_data_is_refused(faces, tmp_path):
    config = replace(CONFIG, teachers=('shipped',))
    with pytest.raises(DatasetError, match='does not know the class smile, hidden of the data'):
        small_trainer(faces, tmp_path, config)


def test_checkpoint_trained_on_another_fold_is_refused(faces, tmp_path):
    about = {'dataset': 'crema_d', 'fold': 2}
    small_trainer(faces, tmp_path / 'a', ONE_EPOCH, about=about).fit(progress=False)
    known = str(tmp_path / 'a' / 'model.safetensors')
    for config in (replace(ONE_EPOCH, init=known), replace(ONE_EPOCH, teachers=(known,))):
        small_trainer(faces, tmp_path / 'same', config, about=about)
        with pytest.raises(SettingError, match='fold 2 of CREMA-D, or descends from one'):
            small_trainer(faces, tmp_path / 'b', config, about={**about, 'fold': 1})


def test_model_descended_from_one_that_may_have_seen_copies_claims_nothing_about_them(
    faces, tmp_path
):
    apart = {'dataset': 'ferplus', 'copies': 'left out'}
    small_trainer(faces, tmp_path / 'old', ONE_EPOCH, about={'dataset': 'ferplus'}).fit(False)
    small_trainer(faces, tmp_path / 'new', ONE_EPOCH, about=apart).fit(False)
    for before, claims in (('old', False), ('new', True)):
        config = replace(ONE_EPOCH, init=str(tmp_path / before / 'model.safetensors'))
        small_trainer(faces, tmp_path / f'of_{before}', config, about=apart).fit(False)
        found = load_checkpoint(tmp_path / f'of_{before}' / 'model.safetensors').figures
        assert ('copies' in found) == claims


def test_checkpoint_descended_from_another_fold_is_refused(faces, tmp_path):
    fold_2 = {'dataset': 'crema_d', 'fold': 2}
    small_trainer(faces, tmp_path / 'a', ONE_EPOCH, about=fold_2).fit(progress=False)
    for name, before in (('b', 'a'), ('c', 'b')):
        config = replace(ONE_EPOCH, init=str(tmp_path / before / 'model.safetensors'))
        about = {'dataset': 'ferplus'}
        small_trainer(faces, tmp_path / name, config, about=about).fit(progress=False)
    known = str(tmp_path / 'c' / 'model.safetensors')
    assert load_checkpoint(tmp_path / 'c' / 'model.safetensors').figures['lineage'] == [
        {'dataset': 'ferplus'},
        fold_2,
    ]
    for config in (replace(ONE_EPOCH, init=known), replace(ONE_EPOCH, teachers=(known,))):
        small_trainer(faces, tmp_path / 'same', config, about=fold_2)
        with pytest.raises(SettingError, match='has seen test subjects of fold 1'):
            small_trainer(faces, tmp_path / 'd', config, about={**fold_2, 'fold': 1})


@pytest.mark.parametrize('name', ['uncertain', 'not judged', 'unclear'])
def test_class_named_like_the_lack_of_one_is_refused(faces, tmp_path, name):
    named = replace(faces, classes=(name, *faces.classes[1:]))
    with pytest.raises(DatasetError, match=f'a class of the data is called {name}'):
        small_trainer(named, tmp_path)
