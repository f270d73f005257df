"""The message definitions that bags are read and written with."""

from functools import cache
from pathlib import Path
from typing import Any

PACKAGE = Path(__file__).parent.parent
EMOTIONS_TYPE = 'fer_ros/msg/FaceEmotionArray'


@cache
def typestore() -> Any:
    """Return the types of ROS 2 Jazzy and those of this package."""
    from rosbags.typesys import Stores, get_types_from_msg, get_typestore

    store = get_typestore(Stores.ROS2_JAZZY)
    types: dict[str, Any] = {}
    for file in definition_files():
        types.update(get_types_from_msg(file.read_text(), f'fer_ros/msg/{file.stem}'))
    store.register(types)
    return store


def definition_files() -> list[Path]:
    """Return the ``.msg`` files: beside the installed modules, or at the top of the sources."""
    folders = (PACKAGE / 'message_definitions', PACKAGE.parent / 'msg')
    folder = next(folder for folder in folders if folder.is_dir())
    return sorted(folder.glob('*.msg'))
