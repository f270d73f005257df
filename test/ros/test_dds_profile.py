from pathlib import Path

import pytest

from fer_ros.errors import SettingError
from fer_ros.ros.dds_profile import profile_environment, send_images_whole

NAMES = ['FASTRTPS_DEFAULT_PROFILES_FILE', 'FASTDDS_DEFAULT_PROFILES_FILE']


def test_profile_is_chosen_and_named_where_none_is():
    environment = {}
    sentence = send_images_whole(environment)
    assert sorted(environment) == sorted(NAMES)
    (path,) = set(environment.values())
    assert '<maxMessageSize>8388608</maxMessageSize>' in Path(path).read_text()
    assert sentence == f'with the profile {path}; set FASTRTPS_DEFAULT_PROFILES_FILE for another'


@pytest.mark.parametrize('name', [*NAMES, 'FASTDDS_BUILTIN_TRANSPORTS'])
def test_choice_of_the_user_holds_and_is_named(name):
    environment = {name: 'mine'}
    assert send_images_whole(environment) == f'set up by the environment: {name}=mine'
    assert environment == {name: 'mine'}


def test_file_that_is_chosen_holds_for_every_version_of_fast_dds(tmp_path):
    file = tmp_path / 'mine.xml'
    file.touch()
    assert profile_environment(str(file)) == dict.fromkeys(NAMES, str(file))


def test_fast_dds_without_a_profile_can_be_chosen():
    environment = profile_environment('none')
    chosen = dict(environment)
    send_images_whole(environment)
    assert environment == chosen == {'FASTDDS_BUILTIN_TRANSPORTS': 'DEFAULT'}


def test_nothing_is_chosen_by_an_empty_text():
    assert profile_environment('') == {}


def test_profile_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(SettingError, match=r'dds_profile .*nothing\.xml does not exist'):
        profile_environment(str(tmp_path / 'nothing.xml'))
