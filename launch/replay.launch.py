"""Bag, node and RViz: ros2 launch fer_ros replay.launch.py bag:=path/to/bag rate:=1.0."""

import sys
from pathlib import Path

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
from launch import Action, LaunchContext, LaunchDescription

SHARE = Path(get_package_share_directory('fer_ros'))
# Of this launch and of fer.launch.py alike.
OF_ALL = ('dds_profile', 'respawn', 'respawn_delay_s')
COMPRESSED = '/compressed'
EMOTION = '/emotion'


def generate_launch_description() -> LaunchDescription:
    """Play a bag with its own clock, and start fer_node as fer.launch.py does."""
    arguments = [
        DeclareLaunchArgument('bag', description='Folder or file of the bag.'),
        DeclareLaunchArgument(
            'rate', default_value='1.0', description='How many times real time it is played.'
        ),
        DeclareLaunchArgument(
            'loop',
            default_value='false',
            choices=['true', 'false'],
            description='Whether it starts again at its end; otherwise its end ends the launch.',
        ),
        DeclareLaunchArgument(
            'image_topic',
            default_value='',
            description='Image topic, or several separated by commas; empty: those of the bag.',
        ),
        DeclareLaunchArgument(
            'qos_overrides',
            default_value='',
            description='File with the QoS of topics; empty: they are played as recorded.',
        ),
        DeclareLaunchArgument(
            'params_file',
            default_value=str(SHARE / 'config' / 'fer.yaml'),
            description='Parameter file of the node.',
        ),
        DeclareLaunchArgument(
            'model',
            default_value='',
            description='Model file, .onnx or .safetensors; empty: the model that ships.',
        ),
        DeclareLaunchArgument(
            'rviz',
            default_value='true',
            choices=['true', 'false'],
            description='Whether to show the annotated image in RViz.',
        ),
        DeclareLaunchArgument(
            'respawn',
            default_value='false',
            choices=['true', 'false'],
            description='Whether nodes are started again when they end, unless they refuse a '
            'setting, or end soon after their start five times in a row.',
        ),
        DeclareLaunchArgument(
            'respawn_delay_s',
            default_value='2.0',
            description='Seconds between the end of a node and its next start.',
        ),
        DeclareLaunchArgument(
            'dds_profile',
            default_value='',
            description='Profile of Fast DDS for all processes; none: Fast DDS as it is; empty: '
            'that of the environment, or else config/fast_dds.xml, which sends images whole.',
        ),
    ]
    return LaunchDescription([*arguments, OpaqueFunction(function=actions)])


def actions(context: LaunchContext) -> list[Action]:
    """Return the node, and the player that waits for it, for the arguments as given."""
    names = ('bag', 'rate', 'loop', 'image_topic', 'qos_overrides')
    given = {name: LaunchConfiguration(name).perform(context) for name in names}
    with BagReader(Path(given['bag'])) as reader:
        named = [name.strip() for name in given['image_topic'].split(',') if name.strip()]
        types = {name: reader.topics[name].msgtype for name in image_topics(reader, named)}
        recorded_emotions = EMOTION in reader.topics
    node = IncludeLaunchDescription(
        PythonLaunchDescriptionSource(str(SHARE / 'launch' / 'fer.launch.py')),
        launch_arguments={
            'image_topic': ','.join(name.removesuffix(COMPRESSED) for name in types),
            'transport': transport(types),
            'use_sim_time': 'true',
            **{
                name: LaunchConfiguration(name)
                for name in ('params_file', 'model', 'rviz', *OF_ALL)
            },
        }.items(),
    )
    # The bag is not to begin while the node loads its models.
    wait = [sys.executable, '-m', 'fer_ros.ros.when_active', '/fer_node']
    player = ExecuteProcess(
        cmd=[*wait, *play_command(given, recorded_emotions)],
        output='screen',
        on_exit=Shutdown(),
    )
    return [node, player]


def play_command(given: dict[str, str], recorded_emotions: bool) -> list[str]:
    """Return the command that plays the bag.

    Topics are published with the QoS that they were recorded with, and the node asks for what
    their publishers offer.
    """
    command = ['ros2', 'bag', 'play', given['bag'], '--clock', '100', '--rate', given['rate']]
    if given['loop'] == 'true':
        command.append('--loop')
    if given['qos_overrides']:
        command += ['--qos-profile-overrides-path', given['qos_overrides']]
    if recorded_emotions:
        # What was estimated then is not to mix with what is estimated now.
        command += ['--remap', f'{EMOTION}:=/recorded{EMOTION}']
    return command


def transport(types: dict[str, str]) -> str:
    """Return how the node is to receive topics, given their types by name.

    Raises:
        ValueError: Some are raw and some are compressed, or a compressed one has a name by which
            the node does not find it.
    """
    compressed = {kind.endswith('CompressedImage') for kind in types.values()}
    if len(compressed) > 1:
        raise ValueError(
            f'the bag holds raw and compressed images ({", ".join(types)}): choose by image_topic'
        )
    if compressed == {False}:
        return 'raw'
    for name in types:
        if not name.endswith(COMPRESSED):
            raise ValueError(f'compressed images are found on a topic .../compressed, not {name}')
    return 'compressed'
