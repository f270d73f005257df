from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip('torch')
pytest.importorskip('torch_geometric')

from fer_ros.errors import SettingError
from fer_ros.inference.config import ModelConfig
from fer_ros.network.backbone_file import backbone_file
from fer_ros.network.checkpoint import Checkpoint, save_checkpoint
from fer_ros.network.fer_net import FerNet
from fer_ros.training.config import TrainConfig, read_train_config


def test_shipped_configuration_file_has_the_defaults():
    path = Path(__file__).parent.parent.parent / 'config' / 'train.yaml'
    assert read_train_config(path) == TrainConfig()


def test_number_may_have_an_exponent(tmp_path):
    (tmp_path / 'c.yaml').write_text('learning_rate: 1e-3')
    assert read_train_config(tmp_path / 'c.yaml').learning_rate == 0.001


def test_refine_config_builds_on_ferplus_and_larger_teacher(tmp_path, monkeypatch):
    # Hides the published weights, whose architecture would otherwise be read.
    monkeypatch.setenv('XDG_DATA_HOME', str(tmp_path))
    folder = Path(__file__).parents[2] / 'config'
    first, larger, last = (
        read_train_config(folder / f'{name}.yaml') for name in ('ferplus', 'teacher', 'refine')
    )
    assert first.sources == larger.sources == [backbone_file()]
    assert last.teachers == tuple(
        f'runs/{name}/best.safetensors' for name in ('ferplus', 'teacher')
    )
    assert last.init == last.teachers[0]
    assert larger.model.crop_px > first.model.crop_px
    assert min(first.second_loss, larger.second_loss) > 0


def test_architecture_comes_from_init_checkpoint_unless_given(tmp_path):
    small = ModelConfig(stream='cnn', cnn_channels=(4, 8), cnn_blocks=(1, 1), classes=('a', 'b'))
    save_checkpoint(Checkpoint(FerNet(small)), tmp_path / 'm.safetensors')
    (tmp_path / 'c.yaml').write_text(f'init: {tmp_path}/m.safetensors')
    config = read_train_config(tmp_path / 'c.yaml').model
    assert config == replace(small, classes=ModelConfig().classes)
    (tmp_path / 'c.yaml').write_text(f'init: {tmp_path}/m.safetensors\nmodel: {{heads: 2}}')
    assert read_train_config(tmp_path / 'c.yaml').model == ModelConfig(heads=2)


@pytest.mark.parametrize(
    ('text', 'sentence'),
    [
        ('epoch: 3', "setting 'epoch' is unknown"),
        ('class_biases: some', "class_biases is 'some', expected true or false"),
        ('epochs: 0', 'epochs is 0, expected 1 to 10000'),
        ('epochs: many', "epochs is 'many', expected a whole number"),
        ('model: {stream: rnn}', "stream is 'rnn'"),
        ('augment: {zoom: 2}', "setting 'zoom' is unknown"),
        ('augment: {cover: 2}', 'augment cover is 2, expected 0 to 1'),
        ('augment: {noise: much}', "augment noise is 'much', expected a number"),
        ('epochs: 1.5', 'epochs is 1.5, expected a whole number'),
        ('model: 3', 'model is not a list of'),
        ('model: {cnn_channels: many}', "cnn_channels is 'many', expected whole"),
        ('model: {dropout: 1}', 'dropout is 1, expected 0 to below 1'),
        ('init: 3', 'init is 3, expected the path of a checkpoint'),
        ('teachers: a.safetensors', "teachers is 'a.safetensors', expected a list of paths"),
        ('teachers: [3]', 'expected a list of paths of checkpoints'),
        ('shares: 3', 'shares is 3, expected a list of numbers above 0'),
        ('shares: [1, 0]', 'expected a list of numbers above 0'),
        ('mixed_precision: 1', 'mixed_precision is 1, expected true or false'),
        ('init_share: 0.5', 'init_share is 0.5, but init is empty'),
        ('teacher_share: 2', 'teacher_share is 2, expected 0 to 1'),
        ('fold: 11', 'fold is 11, expected 1 to 10'),
        ('warmup_epochs: 90', 'warmup_epochs is 90, expected 0 to 42'),
        ('- epochs', 'is not a list of "setting: value" lines'),
        ('{', 'cannot be read'),
    ],
)
def test_wrong_configuration_is_refused(tmp_path, text, sentence):
    (tmp_path / 'c.yaml').write_text(text)
    with pytest.raises(SettingError, match=sentence):
        read_train_config(tmp_path / 'c.yaml')
