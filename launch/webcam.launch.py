"""Camera, node and RViz: ros2 launch fer_ros webcam.launch.py source:=0."""

from pathlib import Path

from ament_index_python.packages import get_package_share_directory
from launch.actions import DeclareLaunchArgument, IncludeLaunchDescription, OpaqueFunction
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue

from fer_ros.ros.launch_arguments import SHARED, shared_arguments
from fer_ros.ros.respawn import started
from launch import Action, LaunchContext, LaunchDescription

SHARE = Path(get_package_share_directory('fer_ros'))


def generate_launch_description() -> LaunchDescription:
    """Start camera_node, and fer_node through fer.launch.py."""
    arguments = [
        DeclareLaunchArgument(
            'source',
            default_value='',
            description='Webcam index, or path of a video file, image or folder of images; empty: '
            'as in the parameter file (default 0).',
        ),
        DeclareLaunchArgument(
            'rate_hz',
            default_value='',
            description="Images per second; 0: the source's own rate; empty: as in the parameter "
            'file (default 0).',
        ),
        DeclareLaunchArgument(
            'namespace', default_value='', description='Namespace of the nodes and their topics.'
        ),
        *shared_arguments(rviz=True),
    ]
    camera = OpaqueFunction(function=camera_node)
    fer = IncludeLaunchDescription(
        PythonLaunchDescriptionSource(str(SHARE / 'launch' / 'fer.launch.py')),
        launch_arguments={
            name: LaunchConfiguration(name) for name in ('namespace', *SHARED)
        }.items(),
    )
    # In this order, so that the DDS profile set in fer.launch.py also applies to camera_node.
    return LaunchDescription([*arguments, fer, camera])


def camera_node(context: LaunchContext) -> list[Action]:
    """Return the node that publishes the images, for the given launch arguments."""
    types = {'source': str, 'rate_hz': float}
    given = [name for name in types if LaunchConfiguration(name).perform(context)]

    def node() -> Node:
        parameters = {
            name: ParameterValue(LaunchConfiguration(name), value_type=types[name])
            for name in given
        }
        return Node(
            package='fer_ros',
            executable='camera_node',
            name='camera_node',
            namespace=LaunchConfiguration('namespace'),
            output='screen',
            parameters=[LaunchConfiguration('params_file'), parameters],
        )

    return started(node, context)
