"""message_class: a message of a package that not every installation has."""

import os
from importlib import import_module
from typing import Any

from fer_ros.errors import SettingError


def message_class(package: str, name: str, purpose: str) -> Any:
    """Return a message class.

    Args:
        package: As it is imported and, with ``_`` for ``-``, installed.
        name: Of the message.
        purpose: What it is for, as it is to be named where the package is missing.

    Raises:
        SettingError: The package is not installed.
    """
    try:
        return getattr(import_module(f'{package}.msg'), name)
    except ImportError as error:
        distribution = os.environ.get('ROS_DISTRO', '$ROS_DISTRO')
        raise SettingError(
            f'{purpose} needs {package}/{name}, and {package} is not installed: '
            f'sudo apt install ros-{distribution}-{package.replace("_", "-")}'
        ) from error
