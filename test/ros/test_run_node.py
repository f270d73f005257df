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


# A node whose first calls raise, and which then ends.
RAISING = """
import rclpy
from fer_ros.ros.run_node import run_node
calls = []
def call():
    calls.append(1)
    if len(calls) > 3:
        print('called again')
        rclpy.shutdown()
        return
    raise ValueError(f'call {len(calls)}')
def make():
    node = rclpy.create_node('probe')
    node.create_timer(0.01, call)
    return node
run_node(make)
"""


def test_what_rclpy_raises_is_said_once_and_does_not_end_the_process():
    run = subprocess.run([sys.executable, '-c', RAISING], capture_output=True, text=True)
    assert (run.returncode, run.stdout) == (0, 'called again\n')
    assert run.stderr.count('probe: ValueError: call 1') == 1
    assert run.stderr.count('Traceback') == 1


# A node in which a call fails because ROS is being shut down, as by a signal.
SHUT_DOWN = """
import rclpy
from fer_ros.ros.run_node import run_node
def call():
    rclpy.shutdown()
    raise ValueError('nothing can be published')
def make():
    node = rclpy.create_node('probe')
    node.create_timer(0.01, call)
    return node
run_node(make)
"""


def test_what_fails_because_ros_is_shut_down_is_not_said():
    run = subprocess.run([sys.executable, '-c', SHUT_DOWN], capture_output=True, text=True)
    assert run.returncode == 0
    assert 'nothing can be published' not in run.stderr
