import pytest

pytest.importorskip('torch_geometric')

from fer_ros.inference.config import ModelConfig
from fer_ros.network.checkpoint import Checkpoint, save_checkpoint
from fer_ros.network.fer_net import FerNet
from fer_ros.training.config import TrainConfig
from fer_ros.training.sources import load_sources

SMALL = ModelConfig(stream='gat', hidden_channels=8, gat_layers=1, heads=2)


def write(path, **figures):
    save_checkpoint(Checkpoint(FerNet(SMALL).eval(), figures), path)
    return str(path)


def test_init_and_teachers_are_loaded_separately(tmp_path):
    a, b = (write(tmp_path / f'{name}.safetensors', name=name) for name in 'ab')
    sources = load_sources(TrainConfig(init=a, teachers=(b, a)))
    assert sources.init.checkpoint.figures == {'name': 'a'}
    assert [teacher.checkpoint.figures['name'] for teacher in sources.teachers] == ['b', 'a']
    assert load_sources(TrainConfig(teachers=(a,))).init is None


def test_checkpoint_named_twice_is_loaded_once(tmp_path):
    path = write(tmp_path / 'a.safetensors')
    sources = load_sources(TrainConfig(init=path, teachers=(path,)))
    assert sources.teachers[0] is sources.init


def test_shipped_refers_to_installed_weights_in_any_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    sources = load_sources(TrainConfig(init='shipped', teachers=('shipped',)))
    assert [source.path.name for source in sources] == ['ferplus.safetensors'] * 2
    assert 'contempt' in sources.init.checkpoint.model.config.classes


def test_digest_changes_with_checkpoint_content(tmp_path):
    config = TrainConfig(init=write(tmp_path / 'a.safetensors', run=1))
    before = load_sources(config).digest
    assert load_sources(config).digest == before
    write(tmp_path / 'a.safetensors', run=2)
    assert load_sources(config).digest != before


def test_without_checkpoints_there_are_no_sources():
    assert list(load_sources(TrainConfig())) == []
