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
def test_dds_profile_choice_is_logged_on_one_line(chosen, said):
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


def run_calling(call):
    """Run a node that calls a function repeatedly until ROS is shut down."""
    program = f"""
import rclpy
from fer_ros.ros.run_node import run_node
{call}
def make():
    node = rclpy.create_node('probe')
    node.create_timer(0.01, call)
    return node
run_node(make)
"""
    return subprocess.run([sys.executable, '-c', program], capture_output=True, text=True)


# The first calls raise, and the last one ends the node.
RAISING = """
calls = []
def call():
    calls.append(1)
    if len(calls) > 3:
        print('called again')
        rclpy.shutdown()
        return
    raise ValueError(f'call {len(calls)}')
"""


def test_repeated_exception_is_logged_once_and_does_not_end_process():
    run = run_calling(RAISING)
    assert (run.returncode, run.stdout) == (0, 'called again\n')
    assert run.stderr.count('probe: ValueError: call 1') == 1
    assert run.stderr.count('Traceback') == 1


# The call fails because ROS is being shut down, as by a signal.
SHUT_DOWN = """
def call():
    rclpy.shutdown()
    raise ValueError('nothing can be published')
"""


def test_failure_due_to_ros_shutdown_is_not_logged():
    run = run_calling(SHUT_DOWN)
    assert run.returncode == 0
    assert 'nothing can be published' not in run.stderr


# A signal shuts down ROS after ``try_shutdown`` has found it running.
SHUT_DOWN_TWICE = """
import rclpy
from fer_ros.ros.run_node import run_node
def shut_down_twice():
    context = rclpy.get_default_context()
    context.shutdown()
    context.shutdown()
rclpy.try_shutdown = shut_down_twice
run_node(lambda: rclpy.create_node('probe'), lambda node: None)
"""


def test_shutdown_by_signal_at_the_same_moment_is_no_error():
    run = subprocess.run([sys.executable, '-c', SHUT_DOWN_TWICE], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr


# A signal has shut down ROS between the creation of the node and that of its executor.
SHUT_DOWN_EARLY = """
import rclpy
from fer_ros.ros.run_node import run_node
def make():
    node = rclpy.create_node('probe')
    rclpy.shutdown()
    return node
run_node(make)
"""


def test_shutdown_before_node_is_spun_ends_it_without_traceback():
    run = subprocess.run([sys.executable, '-c', SHUT_DOWN_EARLY], capture_output=True, text=True)
    assert run.returncode == 0
    (line,) = run.stderr.splitlines()
    assert 'middleware' in line
