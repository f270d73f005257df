"""Arguments that every launch file of the package has."""

from launch.actions import DeclareLaunchArgument

# Names of the arguments that a launch file passes on to fer.launch.py.
SHARED = ('dds_profile', 'respawn', 'respawn_delay_s')


def shared_arguments() -> list[DeclareLaunchArgument]:
    """Return how ``SHARED`` are declared."""
    return [
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
