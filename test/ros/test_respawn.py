import sys

import pytest

pytest.importorskip('launch.actions', reason='launch is not installed')

from launch.actions import DeclareLaunchArgument, ExecuteProcess, OpaqueFunction

from fer_ros.ros.respawn import started
from launch import LaunchDescription, LaunchService

# Records that it was started, and ends in a given way.
PROGRAM = 'import os, sys; open(sys.argv[1], "a").write("x"); {end}'


def starts(tmp_path, end, respawn='true'):
    """Return how often a process that ends in a given way is started."""
    note = tmp_path / 'starts'
    command = [sys.executable, '-c', PROGRAM.format(end=end), str(note)]

    def process():
        return ExecuteProcess(cmd=command)

    service = LaunchService()
    service.include_launch_description(
        LaunchDescription(
            [
                DeclareLaunchArgument('respawn', default_value=respawn),
                DeclareLaunchArgument('respawn_delay_s', default_value='0.01'),
                OpaqueFunction(function=lambda context: started(process, context)),
            ]
        )
    )
    service.run()
    return len(note.read_text())


@pytest.mark.parametrize('end', ['sys.exit(1)', 'os.kill(os.getpid(), 9)'])
def test_failing_process_is_restarted_until_its_fifth_failure(tmp_path, end):
    assert starts(tmp_path, end) == 5


@pytest.mark.parametrize('end', ['sys.exit(0)', 'sys.exit(78)'])
def test_process_that_succeeds_or_refuses_a_setting_is_not_restarted(tmp_path, end):
    assert starts(tmp_path, end) == 1


def test_failing_process_is_not_restarted_without_respawn(tmp_path):
    assert starts(tmp_path, 'sys.exit(1)', respawn='false') == 1
