"""Selects the profile with which Fast DDS, the default middleware, sends images unfragmented."""

import os
from collections.abc import MutableMapping
from pathlib import Path
from xml.etree import ElementTree

from ament_index_python.packages import PackageNotFoundError, get_package_share_directory

from fer_ros.errors import SettingError

# The variables from which Fast DDS 2 and Fast DDS 3 read a profile. Fast DDS 3 came with
# version 9 of rmw_fastrtps, in ROS 2 Kilted.
_OLD_VARIABLE = 'FASTRTPS_DEFAULT_PROFILES_FILE'
_VARIABLE = 'FASTDDS_DEFAULT_PROFILES_FILE'
_NEW_RMW = 9
# Selects the transports of Fast DDS where there is no profile.
_TRANSPORTS = 'FASTDDS_BUILTIN_TRANSPORTS'


def profile_variable() -> str:
    """Return the environment variable that names a profile for this distribution's Fast DDS."""
    return _VARIABLE if _reads_new_variable() else _OLD_VARIABLE


def send_images_whole(environment: MutableMapping[str, str]) -> str:
    """Select ``config/fast_dds.xml`` for Fast DDS, unless the environment selects a profile.

    Args:
        environment: Environment of the process, which Fast DDS reads when the first node is
            created.

    Returns:
        Text for the log: the profile in force and how it was selected.
    """
    variable, new = profile_variable(), _reads_new_variable()
    # Kilted still reads the old variable, but warns that it is deprecated.
    read = (_VARIABLE, _OLD_VARIABLE, _TRANSPORTS) if new else (_OLD_VARIABLE, _TRANSPORTS)
    chosen = [f'{name}={environment[name]}' for name in read if environment.get(name)]
    if chosen:
        return f'set up by the environment: {", ".join(chosen)}'
    share = Path(get_package_share_directory('fer_ros'))
    profile = str(share / 'config' / 'fast_dds.xml')
    environment[variable] = profile
    ignored = f' ({_VARIABLE} is not read yet)' if environment.get(_VARIABLE) and not new else ''
    return f'with the profile {profile}; set {variable} for another{ignored}'


def profile_environment(choice: str) -> dict[str, str | None]:
    """Return the environment variables that make processes use a profile; None: to be unset.

    Args:
        choice: File of a profile; ``none`` for Fast DDS without one; empty to leave the choice
            to the nodes.

    Raises:
        SettingError: The file does not exist, which Fast DDS itself does not report.
    """
    if not choice:
        return {}
    if choice == 'none':
        # To Fast DDS, an empty variable names a file that does not exist.
        return {_VARIABLE: None, _OLD_VARIABLE: None, _TRANSPORTS: 'DEFAULT'}
    # Not Path.is_file(), which fails at a name that is too long.
    if not os.path.isfile(choice):
        raise SettingError(f'dds_profile {choice} does not exist')
    return {profile_variable(): choice}


def _reads_new_variable() -> bool:
    try:
        share = Path(get_package_share_directory('rmw_fastrtps_cpp'))
    except PackageNotFoundError:
        # Fast DDS is not installed, so either will do.
        return True
    version = ElementTree.parse(share / 'package.xml').findtext('version', '')
    return int(version.split('.')[0]) >= _NEW_RMW
