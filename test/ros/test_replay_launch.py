"""replay.launch.py: its actions and their effects.

``ros2 bag`` comes only with a ROS distribution; here a stand-in with the same command line plays
the bag through rclpy.
"""

import importlib.util
import os
import stat
import sys
from pathlib import Path

import pytest

pytest.importorskip('launch_ros')

from ament_index_python.packages import get_package_share_directory
from bag_files import COMPRESSED, IMAGE, STRING, BagFile, jpeg, ns, raw, write_images
from fer_ros.msg import FaceEmotionArray
from launch.actions import ExecuteProcess, IncludeLaunchDescription
from portrait_clip import portrait_frames

from fer_ros.errors import BagError
from launch import LaunchContext

PLAYER = """#!{python}
import sys, time
import rclpy
from rclpy.qos import QoSProfile
from rclpy.serialization import deserialize_message
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import Image
from fer_ros.bags.reader import BagReader

bag, *options = sys.argv[3:]
assert sys.argv[1:3] == ['bag', 'play'], sys.argv
assert options == ['--clock', '100', '--rate', '2.0'], options
rclpy.init()
node = rclpy.create_node('rosbag2_player')
clock = node.create_publisher(Clock, '/clock', 10)
images = node.create_publisher(Image, '/eye/image', QoSProfile(depth=10))
while not images.get_subscription_count():
    time.sleep(0.05)
time.sleep(0.5)
with BagReader(__import__('pathlib').Path(bag)) as reader:
    for message in reader.messages(['/eye/image']):
        image = deserialize_message(message.payload(), Image)
        clock.publish(Clock(clock=image.header.stamp))
        images.publish(image)
        time.sleep(0.1)
time.sleep(1.0)
"""


@pytest.fixture(scope='module')
def launch_file():
    path = Path(get_package_share_directory('fer_ros')) / 'launch' / 'replay.launch.py'
    spec = importlib.util.spec_from_file_location('replay_launch', path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def actions(launch_file):
    """Return a function that gives the arguments of the node and the command of the player."""

    def make(bag, **given):
        context = LaunchContext()
        for action in launch_file.generate_launch_description().entities[:-1]:
            if action.default_value is not None:
                action.execute(context)
        context.launch_configurations.update(bag=str(bag), **given)
        node, player = launch_file.actions(context)
        assert isinstance(node, IncludeLaunchDescription)
        assert isinstance(player, ExecuteProcess)
        arguments = {
            name: value if isinstance(value, str) else value.perform(context)
            for name, value in node.launch_arguments
        }
        wait = [sys.executable, '-m', 'fer_ros.ros.when_active', '/fer_node']
        command = [
            ''.join(part.perform(context) for part in word)
            for word in player.process_description.cmd
        ]
        assert command[: len(wait)] == wait
        return arguments, command[len(wait) :]

    return make


@pytest.fixture(scope='module')
def face_bag(tmp_path_factory):
    clip = list(portrait_frames(10, (320, 240)))[:20]
    return write_images(tmp_path_factory.mktemp('bags') / 'run', clip, 10, IMAGE, '/eye/image')


def test_node_uses_topic_and_clock_of_bag(actions, face_bag):
    arguments, command = actions(face_bag, rviz='false')
    assert arguments['image_topic'] == '/eye/image'
    assert arguments['transport'] == 'raw'
    assert arguments['use_sim_time'] == 'true'
    assert arguments['rviz'] == 'false'
    assert arguments['params_file'].endswith('config/fer.yaml')
    assert command == ['ros2', 'bag', 'play', str(face_bag), '--clock', '100', '--rate', '1.0']


def test_rate_loop_and_qos_are_passed_to_player(actions, face_bag):
    _, command = actions(face_bag, rate='0.5', loop='true', qos_overrides='qos.yaml')
    assert command[4:] == [
        *('--clock', '100', '--rate', '0.5', '--loop'),
        *('--qos-profile-overrides-path', 'qos.yaml'),
    ]


def test_compressed_topic_selects_compressed_transport(actions, tmp_path, dots):
    bag = write_images(tmp_path / 'run', dots, 10, COMPRESSED, '/eye/image/compressed')
    arguments, _ = actions(bag)
    assert (arguments['image_topic'], arguments['transport']) == ('/eye/image', 'compressed')


def test_mixed_raw_and_compressed_topics_require_a_choice(actions, tmp_path, dots):
    with BagFile(tmp_path / 'run') as bag:
        bag.topic('/left/image', IMAGE)
        bag.topic('/right/image/compressed', COMPRESSED)
        bag.add('/left/image', raw(dots[0], ns(0)), ns(0))
        bag.add('/right/image/compressed', jpeg(dots[0], ns(0)), ns(0))
    with pytest.raises(ValueError, match=r'raw and compressed images .*: choose with image_topic'):
        actions(tmp_path / 'run')
    arguments, _ = actions(tmp_path / 'run', image_topic='/left/image')
    assert arguments['image_topic'] == '/left/image'


def test_compressed_topic_without_compressed_suffix_is_an_error(actions, tmp_path, dots):
    bag = write_images(tmp_path / 'run', dots, 10, COMPRESSED, '/eye/jpeg')
    sentence = (
        'topic /eye/jpeg holds sensor_msgs/msg/CompressedImage: compressed images need a topic '
        r'named \.\.\./compressed'
    )
    with pytest.raises(ValueError, match=sentence):
        actions(bag)


@pytest.mark.parametrize(
    ('outputs', 'remapped'),
    [
        ('[tf]', ['/diagnostics', '/eye/image_annotated', '/eye/image_annotated/compressed']),
        (
            '[emotion]',
            [
                '/diagnostics',
                '/emotion',
                '/eye/image_annotated',
                '/eye/image_annotated/compressed',
            ],
        ),
        (
            '[hri, vision_msgs]',
            [
                '/diagnostics',
                '/eye/image_annotated',
                '/eye/image_annotated/compressed',
                '/face_detections',
                '/humans/faces/a/roi',
            ],
        ),
    ],
)
def test_recorded_topics_that_node_publishes_are_remapped(
    actions, tmp_path, dots, outputs, remapped
):
    params = tmp_path / 'p.yaml'
    params.write_text(f'fer_node: {{ros__parameters: {{outputs: {outputs}}}}}')
    others = ['/diagnostics', '/emotion', '/face_detections', '/humans/faces/a/roi', '/tf']
    with BagFile(tmp_path / 'run') as bag:
        for topic in ('/eye/image', '/eye/image_annotated'):
            bag.topic(topic, IMAGE)
            bag.add(topic, raw(dots[0], ns(0)), ns(0))
        bag.topic('/eye/image_annotated/compressed', COMPRESSED)
        for topic in others:
            bag.topic(topic, STRING)
    arguments, command = actions(tmp_path / 'run', params_file=str(params))
    assert arguments['image_topic'] == '/eye/image'
    renamed = [f'{name}:=/recorded{name}' for name in remapped]
    assert command[-len(renamed) - 1 :] == ['--remap', *renamed]


def test_missing_bag_is_an_error(actions, tmp_path):
    with pytest.raises(BagError, match='nothing does not exist'):
        actions(tmp_path / 'nothing')


def test_played_bag_gives_emotions_with_recorded_stamps(
    graph, launch, face_bag, tmp_path, monkeypatch
):
    player = tmp_path / 'ros2'
    player.write_text(PLAYER.format(python=sys.executable))
    player.chmod(player.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv('PATH', f'{tmp_path}:{os.environ["PATH"]}')
    messages = graph.received(FaceEmotionArray, '/emotion')
    launch('replay.launch.py', f'bag:={face_bag}', 'rate:=2.0', 'rviz:=false')
    assert graph.spin_until(lambda: len(messages) >= 5, 60.0)
    assert messages[-1].faces[0].emotion == 'happiness'
    assert messages[-1].header.frame_id == 'camera_optical'
    assert {msg.header.stamp.sec for msg in messages} <= {1_700_000_000, 1_700_000_001}
