"""message_package and message_class: messages of optional packages."""

import os
from importlib import import_module
from types import ModuleType
from typing import Any

from fer_ros.errors import SettingError


def message_package(package: str, purpose: str) -> ModuleType:
    """Return the module with the message classes of a package.

    Args:
        package: Import name of the package; its apt name has ``-`` for ``_``.
        purpose: Setting that needs the package, for the error message.

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
        package: Import name of the package.
        name: Name of the message class.
        purpose: Setting that needs the package, for the error message.

    Raises:
        SettingError: The package is not installed.
    """
    return getattr(message_package(package, purpose), name)
