import signal
import subprocess
import sys

import pytest
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState

COMMAND = [sys.executable, '-m', 'fer_ros.ros.when_active', '/fer_node']


@pytest.fixture
def start():
    """Return a function that starts a command that waits for fer_node, in its own process."""
    processes = []

    def make(*command, **pipes):
        process = subprocess.Popen([*COMMAND, *command], **pipes)
        processes.append(process)
        return process

    yield make
    for process in processes:
        process.kill()
        process.wait()


def test_command_starts_only_once_node_is_active(graph, fer_node, start, tmp_path):
    fer_node(wait=False, autostart=False)
    started = tmp_path / 'started'
    process = start('touch', str(started))
    # From then on it polls the node.
    assert graph.spin_until(lambda: graph.tester.get_node_names().count('when_active'))
    for transition in (Transition.TRANSITION_CONFIGURE, Transition.TRANSITION_ACTIVATE):
        assert not started.exists()
        request = ChangeState.Request(transition=Transition(id=transition))
        assert graph.call(ChangeState, '/fer_node/change_state', request).success
    assert graph.spin_until(lambda: process.poll() is not None)
    assert process.returncode == 0
    assert started.exists()


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM])
def test_signal_ends_the_waiting_without_a_traceback(graph, start, number):
    process = start('touch', stderr=subprocess.PIPE)
    assert graph.spin_until(lambda: graph.tester.get_node_names().count('when_active'))
    process.send_signal(number)
    assert process.communicate(timeout=10)[1] == b''
    assert process.returncode == 0


def test_nonexistent_command_is_an_error(graph, fer_node, start):
    fer_node()
    process = start('/nothing/ros2')
    assert graph.spin_until(lambda: process.poll() is not None)
    assert process.returncode == 1
