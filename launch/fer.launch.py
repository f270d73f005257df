"""The node alone: ros2 launch fer_ros fer.launch.py image_topic:=/camera/image_raw rviz:=true."""

from pathlib import Path
from typing import Any

from ament_index_python.packages import get_package_share_directory
from launch.actions import (
    DeclareLaunchArgument,
    OpaqueFunction,
    SetEnvironmentVariable,
    UnsetEnvironmentVariable,
)
from launch.conditions import IfCondition
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import LifecycleNode, Node

from fer_ros.errors import SettingError
from fer_ros.messages.image_transport import IMAGE_TRANSPORTS, annotated_topics
from fer_ros.parameters.fer_node import FER_NODE
from fer_ros.parameters.parameter_file import read_parameter_file
from fer_ros.ros.dds_profile import profile_environment
from fer_ros.ros.launch_arguments import shared_arguments
from fer_ros.ros.respawn import started
from launch import Action, LaunchContext, LaunchDescription

SHARE = Path(get_package_share_directory('fer_ros'))


def generate_launch_description() -> LaunchDescription:
    """Start fer_node, which activates itself, and optionally RViz."""
    arguments = [
        DeclareLaunchArgument(
            'image_topic',
            default_value='',
            description='Image topic of the camera, or several separated by commas; empty: as in '
            'the parameter file (default camera/image_raw).',
        ),
        DeclareLaunchArgument(
            'namespace', default_value='', description='Namespace of the node and its topics.'
        ),
        DeclareLaunchArgument(
            'transport',
            default_value='',
            choices=['', *IMAGE_TRANSPORTS],
            description='How images are sent, as the parameter image_transport says it; empty: as '
            'in the parameter file (default raw).',
        ),
        DeclareLaunchArgument(
            'use_sim_time',
            default_value='',
            choices=['', 'true', 'false'],
            description='Whether to take the time from /clock, as with a replayed bag; empty: as '
            'in the parameter file (default false).',
        ),
        *shared_arguments(rviz=False),
    ]
    actions = [OpaqueFunction(function=environment), OpaqueFunction(function=nodes)]
    return LaunchDescription([*arguments, *actions])


def environment(context: LaunchContext) -> list[Action]:
    """Return actions that set the DDS profile for every process started afterwards."""
    chosen = profile_environment(LaunchConfiguration('dds_profile').perform(context))
    return [
        UnsetEnvironmentVariable(name) if value is None else SetEnvironmentVariable(name, value)
        for name, value in chosen.items()
    ]


def nodes(context: LaunchContext) -> list[Action]:
    """Return the nodes for the given launch arguments."""
    given = {
        name: LaunchConfiguration(name).perform(context)
        for name in (
            'image_topic',
            'namespace',
            'params_file',
            'model',
            'transport',
            'use_sim_time',
        )
    }
    sim_time = {'use_sim_time': given['use_sim_time'] == 'true'} if given['use_sim_time'] else {}
    parameters: dict[str, Any] = dict(sim_time)
    if given['image_topic']:
        parameters['image_topics'] = [name.strip() for name in given['image_topic'].split(',')]
    if given['transport']:
        parameters['image_transport'] = given['transport']
    if given['model']:
        parameters['model'] = given['model']

    def fer_node() -> LifecycleNode:
        return LifecycleNode(
            package='fer_ros',
            executable='fer_node',
            name='fer_node',
            namespace=given['namespace'],
            output='screen',
            parameters=[given['params_file'], parameters],
        )

    topics = parameters.get('image_topics') or image_topics(
        given['params_file'], given['namespace']
    )
    rviz = Node(
        package='rviz2',
        executable='rviz2',
        name='rviz2',
        namespace=given['namespace'],
        arguments=['-d', str(SHARE / 'config' / 'fer.rviz')],
        parameters=[sim_time],
        # The RViz configuration shows the default topic.
        remappings=[('camera/image_annotated', topic) for topic in annotated_topics(topics)[:1]],
        condition=IfCondition(LaunchConfiguration('rviz')),
    )
    return [*started(fer_node, context), rviz]


def image_topics(params: str, namespace: str) -> list[str]:
    """Return the image topics in the node's parameter file; none if the node refuses the file."""
    node = '/'.join(['', *filter(None, namespace.split('/')), 'fer_node'])
    try:
        return list(read_parameter_file(Path(params), node, FER_NODE)['image_topics'])
    except SettingError:
        return []
