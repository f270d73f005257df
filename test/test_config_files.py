from pathlib import Path

import pytest

from fer_ros.cli import main
from fer_ros.config_files import find_parameter_file, find_training_config, training_configs
from fer_ros.errors import SettingError
from fer_ros.training.config import read_train_config


@pytest.mark.parametrize('name', ['refine.yaml', 'refine'])
def test_shipped_config_is_found_by_name_from_any_folder(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert 'init' in find_training_config(Path(name)).read_text(encoding='utf-8')


def test_config_in_current_folder_takes_precedence_over_shipped_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path('refine.yaml').touch()
    assert find_training_config(Path('refine.yaml')) == Path('refine.yaml')


@pytest.mark.parametrize('name', ['other', 'runs/refine.yaml', 'refine.txt', 'fer'])
def test_missing_config_is_reported_with_those_for_training(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    known = ', '.join(training_configs())
    with pytest.raises(
        SettingError, match=f'configuration {name} does not exist; shipped: {known}$'
    ):
        find_training_config(Path(name))


def test_missing_parameter_file_is_reported_with_the_shipped_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert 'fer_node' in find_parameter_file(Path('fer')).read_text(encoding='utf-8')
    with pytest.raises(SettingError, match=r'parameter file refine .*; shipped: fer$'):
        find_parameter_file(Path('refine'))


def test_help_of_train_names_every_shipped_config(capsys):
    assert {'train', 'ferplus', 'teacher', 'refine'} <= set(training_configs())
    with pytest.raises(SystemExit):
        main(['train', '--help'])
    assert f'shipped: {", ".join(training_configs())}' in ' '.join(capsys.readouterr().out.split())


@pytest.mark.parametrize('name', training_configs())
def test_every_shipped_config_for_training_is_valid(name):
    read_train_config(training_configs()[name])
