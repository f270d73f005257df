"""The claims of SECURITY.md about a running node: its graph, sockets, files, log and shutdown."""

import os
import re
import signal
import subprocess
import sys
import time
from contextlib import suppress
from itertools import count
from pathlib import Path

import pytest
from required import needs

needs('rclpy')
needs('fer_ros.msg')

from ament_index_python.packages import get_package_prefix
from fer_ros.msg import FaceEmotionArray
from sensor_msgs.msg import Image
from stamped import header

from fer_ros.ros.conversions import bgr_to_msg

SECURITY = (Path(__file__).parents[2] / 'SECURITY.md').read_text()
# Allows for a busy machine; on an idle one, a node ends within two seconds.
DEADLINE_S = 30.0


def table(verb):
    """Return the names and types in the table headed by a verb."""
    (rows,) = re.findall(rf'\| {verb} \| type \|\n\|---\|---\|\n((?:\|.*\|\n)+)', SECURITY)
    return dict(re.findall(r'\| `(.*?)` \| `(.*?)` \|', rows))


def test_security_page_lists_exactly_the_topics_and_services_of_node(graph, fer_node):
    node = fer_node()
    name, namespace = node.get_name(), node.get_namespace()
    asked = {
        'publishes': node.get_publisher_names_and_types_by_node,
        'subscribes to': node.get_subscriber_names_and_types_by_node,
        'serves': node.get_service_names_and_types_by_node,
    }

    def found(verb):
        return {topic: kinds[0] for topic, kinds in asked[verb](name, namespace)}

    # The graph learns of them one after the other.
    graph.spin_until(lambda: all(found(verb) == table(verb) for verb in asked))
    for verb in asked:
        assert found(verb) == table(verb), verb


class NodeProcess:
    """A node in a process and an empty home of its own."""

    def __init__(self, home, log):
        places = dict.fromkeys(('HOME', 'TMPDIR', 'ROS_HOME'), str(home))
        kept = {
            name: value
            for name, value in os.environ.items()
            if name not in ('ROS_LOG_DIR', 'XDG_CACHE_HOME', 'XDG_DATA_HOME', 'CI')
        }
        program = Path(get_package_prefix('fer_ros')) / 'lib' / 'fer_ros' / 'fer_node'
        self._log = log
        with log.open('w') as stream:
            self.process = subprocess.Popen(
                [program], cwd=home, env=kept | places, stdout=stream, stderr=subprocess.STDOUT
            )

    def said(self):
        return self._log.read_text()

    def listens_to(self, number):
        """Return whether the process has a handler of its own for a signal."""
        status = Path(f'/proc/{self.process.pid}/status').read_text()
        (caught,) = re.findall(r'SigCgt:\s*([0-9a-f]+)', status)
        return bool(int(caught, 16) >> (number - 1) & 1)


def sockets_of(pid):
    own = set()
    for link in Path(f'/proc/{pid}/fd').iterdir():
        try:
            own |= set(re.findall(r'socket:\[(\d+)\]', os.readlink(link)))
        except OSError:
            continue
    found = {}
    for kind in ('tcp', 'tcp6', 'udp', 'udp6', 'raw', 'raw6', 'packet', 'netlink', 'unix'):
        lines = Path(f'/proc/{pid}/net/{kind}').read_text().splitlines()[1:]
        count = sum(bool(own & set(line.split())) for line in lines)
        if count:
            found[kind] = count
    return found


@pytest.fixture
def home(tmp_path):
    (tmp_path / 'home').mkdir()
    return tmp_path / 'home'


def end(process):
    """End a node; one that is killed leaves its shared memory behind, which is 17 MB."""
    process.terminate()
    # Whether the node ends in time is for the tests about signals.
    with suppress(subprocess.TimeoutExpired):
        process.wait(DEADLINE_S)
    process.kill()
    process.wait()


@pytest.fixture
def running(home, tmp_path):
    node = NodeProcess(home, tmp_path / 'said')
    yield node
    end(node.process)


BARE_NODE = """
import os, rclpy
from rclpy.executors import ExternalShutdownException
from fer_ros.ros.dds_profile import send_images_whole
send_images_whole(os.environ)
rclpy.init()
node = rclpy.create_node('bare')
print('there', flush=True)
try:
    rclpy.spin(node)
except ExternalShutdownException:
    node.destroy_node()
"""


@pytest.fixture
def bare_sockets():
    """The sockets of a node that does nothing."""
    command = [sys.executable, '-c', BARE_NODE]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as bare:
        bare.stdout.readline()
        found = sockets_of(bare.pid)
        end(bare)
    return found


def test_working_node_opens_only_dds_sockets_and_logs_no_images_or_faces(
    graph, running, home, bare_sockets, portrait_bgr
):
    messages = graph.received(FaceEmotionArray, 'emotion')
    images = graph.tester.create_publisher(Image, 'camera/image_raw', 1)
    stamps = count(1)

    def answered():
        images.publish(bgr_to_msg(portrait_bgr, header(next(stamps) / 10)))
        return messages and messages[-1].faces

    assert graph.spin_until(answered, 60.0)
    sockets = sockets_of(running.process.pid)
    assert sockets == bare_sockets
    assert not {'tcp', 'tcp6', 'raw', 'raw6', 'packet'} & set(sockets)
    written = [path for path in home.rglob('*') if path.is_file()]
    assert [path for path in written if path.suffix != '.log'] == []
    said = '\n'.join([running.said(), *(path.read_text() for path in written)])
    assert len(said) < 20_000
    # The log holds neither pixels, as numbers or as bytes, nor anything about a person.
    assert [letter for letter in said if not letter.isprintable() and letter != '\n'] == []
    assert re.findall(r'\d+(?:[, ]+\d+){4}', said) == []
    assert not re.search('face_id|happiness [0-9]|landmarks_px', said)


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize('moment', ['importing', 'configuring', 'active'])
def test_signal_ends_node_cleanly_at_any_time(running, number, moment):
    reached = {
        'importing': lambda: running.listens_to(signal.SIGTERM),
        'configuring': lambda: 'middleware' in running.said(),
        'active': lambda: 'active: ' in running.said(),
    }[moment]
    end = time.monotonic() + 60
    while not reached():
        assert running.process.poll() is None
        assert time.monotonic() < end
        time.sleep(0.005)
    running.process.send_signal(number)
    assert running.process.wait(DEADLINE_S) == 0, running.said()
    assert 'Traceback' not in running.said()
