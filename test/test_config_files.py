from pathlib import Path

import pytest

from fer_ros.config_files import find_config
from fer_ros.errors import SettingError


@pytest.mark.parametrize('name', ['refine.yaml', 'refine'])
def test_shipped_config_is_found_by_name_from_any_folder(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert 'init' in find_config(Path(name)).read_text()


def test_config_in_current_folder_takes_precedence_over_shipped_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path('refine.yaml').touch()
    assert find_config(Path('refine.yaml')) == Path('refine.yaml')


@pytest.mark.parametrize('name', ['other', 'runs/refine.yaml', 'refine.txt'])
def test_missing_config_is_reported_with_list_of_shipped_ones(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    known = (
        f'{name} does not exist; shipped configurations are fer, ferplus, refine, teacher, train'
    )
    with pytest.raises(SettingError, match=known):
        find_config(Path(name))
