from pathlib import Path

import pytest

from fer_ros.config_files import find_config
from fer_ros.errors import SettingError


@pytest.mark.parametrize('name', ['refine.yaml', 'refine'])
def test_file_that_ships_is_found_by_its_name_from_any_folder(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert 'init' in find_config(Path(name)).read_text()


def test_file_in_the_current_folder_goes_before_one_that_ships(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path('refine.yaml').touch()
    assert find_config(Path('refine.yaml')) == Path('refine.yaml')


@pytest.mark.parametrize('name', ['other', 'runs/refine.yaml', 'refine.txt'])
def test_file_that_is_nowhere_is_said_with_those_that_ship(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    known = (
        f'{name} does not exist; shipped configurations are fer, ferplus, refine, teacher, train'
    )
    with pytest.raises(SettingError, match=known):
        find_config(Path(name))
