import pwd
from pathlib import Path

import pytest

from fer_ros.user_folders import user_cache_folder, user_data_folder

FOLDERS = [
    pytest.param(user_cache_folder, 'XDG_CACHE_HOME', '.cache', id='cache'),
    pytest.param(user_data_folder, 'XDG_DATA_HOME', '.local/share', id='data'),
]


@pytest.mark.parametrize(('folder', 'variable', 'default'), FOLDERS)
def test_absolute_path_in_environment_is_the_place_of_the_folder(
    folder, variable, default, monkeypatch, tmp_path
):
    monkeypatch.setenv(variable, str(tmp_path))
    assert folder() == tmp_path / 'fer_ros'


@pytest.mark.parametrize('given', ['relative', ''])
@pytest.mark.parametrize(('folder', 'variable', 'default'), FOLDERS)
def test_relative_path_in_environment_is_ignored(folder, variable, default, given, monkeypatch):
    monkeypatch.setenv(variable, given)
    assert folder() == Path.home() / default / 'fer_ros'


@pytest.mark.parametrize(('folder', 'variable', 'default'), FOLDERS)
def test_user_without_home_folder_has_no_files_and_no_error(
    folder, variable, default, monkeypatch
):
    def unknown(user):
        raise KeyError(user)

    monkeypatch.delenv(variable, raising=False)
    monkeypatch.delenv('HOME')
    monkeypatch.setattr(pwd, 'getpwuid', unknown)
    # An absolute path: none in the current folder, where ~ could be a folder to delete.
    assert folder() == Path('/~') / default / 'fer_ros'
