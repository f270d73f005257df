"""How images get from process to process."""

from collections.abc import MutableMapping
from pathlib import Path

from ament_index_python.packages import get_package_share_directory

# Where Fast DDS looks for a profile, and what says how it sends without one.
_PROFILE = 'FASTRTPS_DEFAULT_PROFILES_FILE'
_CHOICES = (_PROFILE, 'FASTDDS_DEFAULT_PROFILES_FILE', 'FASTDDS_BUILTIN_TRANSPORTS')


def send_images_whole(environment: MutableMapping[str, str]) -> None:
    """Choose ``config/fast_dds.xml`` for Fast DDS, unless somebody has chosen already.

    Args:
        environment: Of the process; read by Fast DDS when the first node is made, and by no other
            middleware.
    """
    if not any(environment.get(name) for name in _CHOICES):
        share = Path(get_package_share_directory('fer_ros'))
        environment[_PROFILE] = str(share / 'config' / 'fast_dds.xml')
