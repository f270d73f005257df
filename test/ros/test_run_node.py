import os
import subprocess
import sys

import pytest

PROGRAM = """
import rclpy
from fer_ros.ros.run_node import run_node
run_node(lambda: rclpy.create_node('probe'), lambda node: None)
"""
VARIABLES = [
    'FASTRTPS_DEFAULT_PROFILES_FILE',
    'FASTDDS_DEFAULT_PROFILES_FILE',
    'FASTDDS_BUILTIN_TRANSPORTS',
]


@pytest.mark.parametrize(
    ('chosen', 'said'),
    [
        ({}, 'with the profile /'),
        (
            {'FASTDDS_BUILTIN_TRANSPORTS': 'DEFAULT'},
            'set up by the environment: FASTDDS_BUILTIN_TRANSPORTS=DEFAULT',
        ),
    ],
)
def test_choice_of_the_dds_profile_is_one_line_of_the_log(chosen, said):
    environment = {name: os.environ[name] for name in os.environ if name not in VARIABLES}
    run = subprocess.run(
        [sys.executable, '-c', PROGRAM],
        env={**environment, **chosen},
        capture_output=True,
        text=True,
        check=True,
    )
    (line,) = (line for line in run.stderr.splitlines() if 'middleware' in line)
    assert f'[probe]: middleware rmw_fastrtps_cpp, {said}' in line
