"""Arguments that every launch file of the package has."""

from pathlib import Path

from ament_index_python.packages import get_package_share_directory
from launch.actions import DeclareLaunchArgument

# Names of the arguments that a launch file passes on to fer.launch.py.
SHARED = ('params_file', 'model', 'rviz', 'dds_profile', 'respawn', 'respawn_delay_s')


def shared_arguments(rviz: bool) -> list[DeclareLaunchArgument]:
    """Return the declarations of ``SHARED``.

    Args:
        rviz: Whether RViz is started by default.
    """
    share = Path(get_package_share_directory('fer_ros'))
    return [
        DeclareLaunchArgument(
            'params_file',
            default_value=str(share / 'config' / 'fer.yaml'),
            description='Parameter file; the other arguments override it.',
        ),
        DeclareLaunchArgument(
            'model',
            default_value='',
            description='Model file, .onnx or .safetensors; empty: as in the parameter file '
            '(default: the model that ships with the package).',
        ),
        DeclareLaunchArgument(
            'rviz',
            default_value=str(rviz).lower(),
            choices=['true', 'false'],
            description='Whether to show the annotated image in RViz.',
        ),
        DeclareLaunchArgument(
            'respawn',
            default_value='false',
            choices=['true', 'false'],
            description='Whether nodes are restarted when they end, unless they refuse a setting '
            'or end soon after their start five times in a row.',
        ),
        DeclareLaunchArgument(
            'respawn_delay_s',
            default_value='2.0',
            description='Seconds between the end of a node and its restart.',
        ),
        DeclareLaunchArgument(
            'dds_profile',
            default_value='',
            description='Fast DDS profile for all processes; none: Fast DDS defaults; empty: '
            'the profile set in the environment, or else config/fast_dds.xml, which sends images '
            'unfragmented.',
        ),
    ]
