import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from fer_ros.errors import SettingError
from fer_ros.ros.dds_profile import profile_environment, profile_variable, send_images_whole

OLD, NEW = 'FASTRTPS_DEFAULT_PROFILES_FILE', 'FASTDDS_DEFAULT_PROFILES_FILE'
TRANSPORTS = 'FASTDDS_BUILTIN_TRANSPORTS'

# Prints the size of the largest shared memory segment from which a Fast DDS node sends.
LARGEST_SEGMENT = r"""
import os, re
import rclpy
from fer_ros.ros.dds_profile import send_images_whole
send_images_whole(os.environ)
rclpy.init()
node = rclpy.create_node('sender')
segments = re.findall(r'(\w+)-(\w+) .*/dev/shm/fast\w+', open('/proc/self/maps').read())
print(max(int(end, 16) - int(start, 16) for start, end in segments))
node.destroy_node()
rclpy.shutdown()
"""


def largest_segment(**environment):
    inherited = {name: value for name, value in os.environ.items() if not name.startswith('FAST')}
    # With discovery, the memory of other nodes would be mapped as well.
    inherited['ROS_AUTOMATIC_DISCOVERY_RANGE'] = 'OFF'
    result = subprocess.run(
        [sys.executable, '-c', LARGEST_SEGMENT],
        env={**inherited, **environment},
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr
    return int(result.stdout)


def test_shipped_profile_is_loaded_by_installed_middleware():
    assert largest_segment() > 16_000_000
    assert largest_segment(**{TRANSPORTS: 'DEFAULT'}) < 1_000_000


def test_user_profile_is_loaded_instead(tmp_path):
    from ament_index_python.packages import get_package_share_directory

    ours = Path(get_package_share_directory('fer_ros'), 'config', 'fast_dds.xml').read_text()
    file = tmp_path / 'mine.xml'
    file.write_text(ours.replace('16777216', '12582912'))
    assert 12_000_000 < largest_segment(**{profile_variable(): str(file)}) < 16_000_000


def test_shipped_profile_is_set_and_named_if_environment_has_none():
    environment = {}
    sentence = send_images_whole(environment)
    ((variable, path),) = environment.items()
    assert variable in (OLD, NEW)
    assert re.search('<maxMessageSize>8388608</maxMessageSize>', Path(path).read_text())
    assert sentence == f'with the profile {path}; set {variable} for another'


@pytest.mark.parametrize('name', [profile_variable(), TRANSPORTS])
def test_user_choice_is_kept_and_named(name):
    environment = {name: 'mine'}
    assert send_images_whole(environment) == f'set up by the environment: {name}=mine'
    assert environment == {name: 'mine'}


@pytest.mark.parametrize(
    ('version', 'variable'), [('8.4.3', OLD), ('9.3.2', NEW), ('10.0.0', NEW)]
)
def test_profile_variable_depends_on_middleware_version(tmp_path, monkeypatch, version, variable):
    (tmp_path / 'package.xml').write_text(f'<package><version>{version}</version></package>')
    monkeypatch.setattr(
        'fer_ros.ros.dds_profile.get_package_share_directory', lambda name: str(tmp_path)
    )
    assert profile_variable() == variable
    assert profile_environment('none') == {OLD: None, NEW: None, TRANSPORTS: 'DEFAULT'}
    chosen = {NEW: 'mine'}
    sentence = send_images_whole(chosen)
    if variable == OLD:
        assert sentence.endswith(f'set {OLD} for another ({NEW} is not read yet)')
    else:
        assert sentence == f'set up by the environment: {NEW}=mine'


def test_chosen_profile_is_passed_to_fast_dds(tmp_path):
    file = tmp_path / 'mine.xml'
    file.touch()
    assert profile_environment(str(file)) == {profile_variable(): str(file)}


def test_fast_dds_can_be_used_without_profile():
    chosen = profile_environment('none')
    assert chosen == {OLD: None, NEW: None, TRANSPORTS: 'DEFAULT'}
    environment = {name: value for name, value in chosen.items() if value is not None}
    send_images_whole(environment)
    assert environment == {TRANSPORTS: 'DEFAULT'}


def test_empty_choice_sets_nothing():
    assert profile_environment('') == {}


@pytest.mark.parametrize('name', ['nothing', 'long' * 100])
def test_missing_profile_is_an_error(tmp_path, name):
    with pytest.raises(SettingError, match=rf'dds_profile .*{name}\.xml does not exist'):
        profile_environment(str(tmp_path / f'{name}.xml'))
