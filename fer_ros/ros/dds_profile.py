"""The profile by which Fast DDS, the middleware of ROS 2, sends images whole."""

from collections.abc import MutableMapping
from pathlib import Path

from ament_index_python.packages import get_package_share_directory

from fer_ros.errors import SettingError

# Where Fast DDS looks for a profile, before its version 3 and from then on.
_PROFILES = ('FASTRTPS_DEFAULT_PROFILES_FILE', 'FASTDDS_DEFAULT_PROFILES_FILE')
# What is chosen by somebody else: a profile, or how Fast DDS sends without one.
_CHOICES = (*_PROFILES, 'FASTDDS_BUILTIN_TRANSPORTS')


def send_images_whole(environment: MutableMapping[str, str]) -> str:
    """Choose ``config/fast_dds.xml`` for Fast DDS, unless somebody has chosen already.

    Args:
        environment: Environment of the process; only Fast DDS reads it, when the first node is
            made.

    Returns:
        What holds, and by whose choice, to be logged.
    """
    chosen = [f'{name}={environment[name]}' for name in _CHOICES if environment.get(name)]
    if chosen:
        return f'set up by the environment: {", ".join(chosen)}'
    share = Path(get_package_share_directory('fer_ros'))
    profile = str(share / 'config' / 'fast_dds.xml')
    environment.update(dict.fromkeys(_PROFILES, profile))
    return f'with the profile {profile}; set {_PROFILES[0]} for another'


def profile_environment(choice: str) -> dict[str, str]:
    """Return the environment variables of processes for which a profile is chosen.

    Args:
        choice: File of a profile; ``none``: Fast DDS as it is without one; empty: nothing is
            chosen, which leaves it to the nodes.

    Raises:
        SettingError: There is no such file, which Fast DDS itself would not say.
    """
    if not choice:
        return {}
    if choice == 'none':
        return {'FASTDDS_BUILTIN_TRANSPORTS': 'DEFAULT'}
    if not Path(choice).is_file():
        raise SettingError(f'dds_profile {choice} does not exist')
    return dict.fromkeys(_PROFILES, choice)
