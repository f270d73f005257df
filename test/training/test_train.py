import pytest

torch = pytest.importorskip('torch')
pytest.importorskip('torch_geometric')

import csv
import os
import subprocess
import sys
from dataclasses import replace

import cv2
from face_clips import face_picture
from face_files import write_lit
from small_training import CONFIG

from fer_ros.atomic_file import sole_writer
from fer_ros.errors import ModelFileError, OutputError, SettingError
from fer_ros.inference.classifier import SHIPPED_MODEL
from fer_ros.network.checkpoint import load_checkpoint
from fer_ros.training.config import TrainConfig, read_train_config
from fer_ros.training.train import train


@pytest.mark.parametrize(
    ('config', 'threads', 'kind', 'sentence'),
    [
        (TrainConfig(init='no.safetensors'), 0, ModelFileError, 'no.safetensors does not exist'),
        (TrainConfig(teachers=('no.safetensors',)), 0, ModelFileError, 'no.safetensors does not'),
        (TrainConfig(), -3, SettingError, 'threads is -3, expected 0 or more'),
        (TrainConfig(shares=(1, 2)), 0, SettingError, 'shares has 2 numbers for 1 data set'),
    ],
)
def test_wrong_setting_is_reported_before_data_are_read(tmp_path, config, threads, kind, sentence):
    with pytest.raises(kind, match=sentence):
        train(config, [tmp_path / 'no data'], tmp_path / 'out', threads=threads)


def test_second_training_in_same_folder_is_refused_before_data_are_read(tmp_path):
    with (
        sole_writer(tmp_path / 'out'),
        pytest.raises(OutputError, match=r'another program is writing to .*/out: wait'),
    ):
        train(TrainConfig(), [tmp_path / 'no data'], tmp_path / 'out', threads=1)


@pytest.fixture
def pictures(tmp_path, monkeypatch):
    """Six pictures, one of which shows no face."""
    monkeypatch.setattr('fer_ros.training.train.CACHE', tmp_path / 'cache')
    for split in ('train', 'validation'):
        for number, name in enumerate(('happiness', 'neutral', 'neutral')):
            file = tmp_path / 'pictures' / split / name / f'{number}.png'
            file.parent.mkdir(parents=True, exist_ok=True)
            # Mirrored, so that no photograph is in both splits.
            picture = face_picture(0)[:, :: 1 if split == 'train' else -1].copy()
            if (split, number) == ('train', 2):
                picture[:] = 128
            cv2.imwrite(str(file), picture)
    return tmp_path / 'pictures'


def test_few_pictures_shrink_batch_and_those_without_a_face_are_listed(pictures, tmp_path, capsys):
    out = tmp_path / 'run'
    train(replace(CONFIG, epochs=1), [pictures], out, 'cpu', threads=1)
    printed = capsys.readouterr().out
    assert 'batch_size is 3 instead of 8: the training data has 3 faces' in printed
    assert f'pictures without a detected face: 1, listed in {out}/not_detected.csv' in printed
    with (out / 'not_detected.csv').open() as stream:
        rows = list(csv.DictReader(stream))
    assert rows == [{'split': 'train', 'picture': f'{pictures}/train/neutral/2.png'}]
    assert (out / 'model.onnx').is_file()


def test_two_data_sets_train_one_model(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr('fer_ros.training.train.CACHE', tmp_path / 'cache')
    web, jaffe = tmp_path / 'web', tmp_path / 'jaffe'
    for name, angle in (('train/happiness/a', 0), ('train/neutral/b', 2), ('dev/neutral/c', 4)):
        write_lit(web / f'{name}.png', angle)
    # One face each of the test, the validation and the training subject.
    for name, angle in (('KA.NE1.1', 1), ('KL.NE1.2', 3), ('KM.AN1.3', 5)):
        write_lit(jaffe / f'{name}.tiff', angle)
    config = replace(CONFIG, epochs=1, shares=(1, 3))
    train(config, [web, jaffe], tmp_path / 'run', 'cpu', threads=1)
    kept = load_checkpoint(tmp_path / 'run' / 'model.safetensors')
    assert kept.model.config.classes == ('neutral', 'happiness', 'anger')
    assert kept.figures['datasets'] == [
        {'dataset': 'folder'},
        {'dataset': 'jaffe', 'fold': 1},
    ]
    printed = capsys.readouterr().out
    assert 'JAFFE train: 1 face,' in printed
    assert 'split of other data: 0 training faces.' in printed


def last_layers(model):
    return [model.cnn_classifier[-1].weight, model.gat_classifier[-1].weight]


def test_training_starts_from_shipped_weights_in_any_folder(pictures, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / 'mine.yaml').write_text('init: shipped\nepochs: 1\nlearning_rate: 1.0e-8\n')
    config = read_train_config(tmp_path / 'mine.yaml')
    train(config, [pictures], tmp_path / 'run', 'cpu', threads=1)
    shipped = load_checkpoint(SHIPPED_MODEL.with_suffix('.safetensors')).model
    kept = load_checkpoint(tmp_path / 'run' / 'best.safetensors').model
    assert set(kept.config.classes) == {'neutral', 'happiness'}
    # So small are the steps that the weights are still those of the start.
    for name, weights in shipped.cnn.named_parameters():
        torch.testing.assert_close(kept.cnn.get_parameter(name), weights, rtol=0, atol=1e-5)
    answers = [model.config.classes.index('happiness') for model in (shipped, kept)]
    for one, other in zip(last_layers(shipped), last_layers(kept), strict=True):
        torch.testing.assert_close(other[answers[1]], one[answers[0]], rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    ('given', 'expected'),
    [
        ({}, '1000'),
        ({'GOMP_SPINCOUNT': '5'}, '5'),
        ({'OMP_WAIT_POLICY': 'ACTIVE'}, 'None'),
    ],
)
def test_threads_spin_briefly_unless_user_configures_waiting(given, expected):
    names = ('OMP_WAIT_POLICY', 'GOMP_SPINCOUNT')
    environment = {name: value for name, value in os.environ.items() if name not in names}
    program = 'import os, fer_ros.training; print(os.environ.get("GOMP_SPINCOUNT"))'
    run = subprocess.run(
        [sys.executable, '-c', program],
        env={**environment, **given},
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.strip() == expected


def test_error_for_missing_published_weights_says_how_to_download_them(
    pictures, tmp_path, monkeypatch
):
    monkeypatch.setenv('XDG_DATA_HOME', str(tmp_path))
    config = TrainConfig(init='vggface2')
    with pytest.raises(ModelFileError, match='download it with "fer-ros get-backbone"'):
        train(config, [pictures], tmp_path / 'run', 'cpu', threads=1)
