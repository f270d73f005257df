"""message_package and message_class: messages that not every installation has."""

import os
from importlib import import_module
from types import ModuleType
from typing import Any

from fer_ros.errors import SettingError


def message_package(package: str, purpose: str) -> ModuleType:
    """Return the module with the message classes of a package.

    Args:
        package: Import name of the package; its apt name has ``-`` for ``_``.
        purpose: What it is for, as it is to be named where the package is missing.

    Raises:
        SettingError: The package is not installed.
    """
    try:
        return import_module(f'{package}.msg')
    except ImportError as error:
        distribution = os.environ.get('ROS_DISTRO', '$ROS_DISTRO')
        raise SettingError(
            f'{purpose} needs the messages of {package}, which is not installed: '
            f'sudo apt install ros-{distribution}-{package.replace("_", "-")}'
        ) from error


def message_class(package: str, name: str, purpose: str) -> Any:
    """Return a message class.

    Args:
        package: See ``message_package``; errors too.
        name: Name of the message class.
        purpose: See ``message_package``.
    """
    return getattr(message_package(package, purpose), name)
