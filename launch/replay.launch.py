"""Bag, node and RViz: ros2 launch fer_ros replay.launch.py bag:=path/to/bag rate:=1.0."""

import re
import sys
from pathlib import Path
from typing import Any

from ament_index_python.packages import get_package_share_directory
from launch.actions import (
    DeclareLaunchArgument,
    ExecuteProcess,
    IncludeLaunchDescription,
    OpaqueFunction,
    Shutdown,
)
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import LaunchConfiguration

from fer_ros.bags.images import image_topics
from fer_ros.bags.reader import BagReader
from fer_ros.errors import SettingError
from fer_ros.messages.image_transport import IMAGE_TRANSPORTS, base_topic, transport_of
from fer_ros.parameters.fer_node import FER_NODE
from fer_ros.parameters.parameter_file import read_parameter_file
from fer_ros.ros.launch_arguments import SHARED, shared_arguments
from fer_ros.ros.published_topics import NODE, published_topics
from launch import Action, LaunchContext, LaunchDescription

SHARE = Path(get_package_share_directory('fer_ros'))


def generate_launch_description() -> LaunchDescription:
    """Play a bag that publishes /clock, and start fer_node through fer.launch.py."""
    arguments = [
        DeclareLaunchArgument('bag', description='Folder or file of the bag.'),
        DeclareLaunchArgument(
            'rate', default_value='1.0', description='Playback rate; 1.0 is real time.'
        ),
        DeclareLaunchArgument(
            'loop',
            default_value='false',
            choices=['true', 'false'],
            description='Whether to repeat the bag; otherwise the launch ends with it.',
        ),
        DeclareLaunchArgument(
            'image_topic',
            default_value='',
            description='Image topic, or several separated by commas; empty: all in the bag.',
        ),
        DeclareLaunchArgument(
            'qos_overrides',
            default_value='',
            description='File with QoS overrides for topics; empty: QoS as recorded.',
        ),
        *shared_arguments(rviz=True),
    ]
    return LaunchDescription([*arguments, OpaqueFunction(function=actions)])


def actions(context: LaunchContext) -> list[Action]:
    """Return the node, and the player that waits for it, for the given launch arguments."""
    names = ('bag', 'rate', 'loop', 'image_topic', 'qos_overrides', 'params_file')
    given = {name: LaunchConfiguration(name).perform(context) for name in names}
    with BagReader(Path(given['bag'])) as reader:
        named = [name.strip() for name in given['image_topic'].split(',') if name.strip()]
        types = {name: reader.topics[name].msgtype for name in image_topics(reader, named)}
        recorded = sorted(reader.topics)
    own = published_topics(types, parameters(Path(given['params_file'])))
    mixed = [name for name in recorded if re.fullmatch(own, base_topic(name))]
    node = IncludeLaunchDescription(
        PythonLaunchDescriptionSource(str(SHARE / 'launch' / 'fer.launch.py')),
        launch_arguments={
            'image_topic': ','.join(base_topic(name) for name in types),
            'transport': transport(types),
            'use_sim_time': 'true',
            **{name: LaunchConfiguration(name) for name in SHARED},
        }.items(),
    )
    # The bag must not start while the node is still loading its models.
    wait = [sys.executable, '-m', 'fer_ros.ros.when_active', NODE]
    player = ExecuteProcess(
        cmd=[*wait, *play_command(given, mixed)],
        output='screen',
        on_exit=Shutdown(),
    )
    return [node, player]


def parameters(file: Path) -> dict[str, Any]:
    """Return the parameters of the node by name, or their defaults if the file is wrong."""
    try:
        return read_parameter_file(file, NODE, FER_NODE)
    except SettingError:
        # The node says what is wrong with it.
        return {spec.name: spec.default for spec in FER_NODE}


def play_command(given: dict[str, str], mixed: list[str]) -> list[str]:
    """Return the command that plays the bag.

    Topics are published with their recorded QoS, and the node requests what their publishers
    offer.

    Args:
        given: Launch arguments.
        mixed: Recorded topics that must not mix with what the node publishes now.
    """
    command = ['ros2', 'bag', 'play', given['bag'], '--clock', '100', '--rate', given['rate']]
    if given['loop'] == 'true':
        command.append('--loop')
    if given['qos_overrides']:
        command += ['--qos-profile-overrides-path', given['qos_overrides']]
    if mixed:
        command += ['--remap', *(f'{name}:=/recorded{name}' for name in mixed)]
    return command


def transport(types: dict[str, str]) -> str:
    """Return the image transport for topics, given their types by name.

    Raises:
        ValueError: The topics have several, or the name of a topic does not suit its type.
    """
    for topic, kind in types.items():
        if kind != transport_of(topic).message_type:
            expected = ', '.join(
                f'{one.name} images need a topic named ...{one.suffix}'
                for one in IMAGE_TRANSPORTS.values()
                if one.suffix
            )
            raise ValueError(f'topic {topic} holds {kind}: {expected}')
    used = sorted({transport_of(topic).name for topic in types}, reverse=True)
    if len(used) > 1:
        raise ValueError(
            f'the bag has {" and ".join(used)} images ({", ".join(types)}): choose with '
            'image_topic'
        )
    return used[0]
