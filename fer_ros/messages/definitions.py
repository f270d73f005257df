"""Message definitions for reading and writing bags, and messages made with them."""

from functools import cache
from pathlib import Path
from typing import Any

from fer_ros.messages.emotions import NESTED, frame_fields
from fer_ros.structures import FrameEmotions

PACKAGE = Path(__file__).parent.parent
EMOTIONS_TYPE = 'fer_ros/msg/FaceEmotionArray'


@cache
def typestore() -> Any:
    """Return the message types of ROS 2 Jazzy and of this package."""
    from rosbags.typesys import Stores, get_types_from_msg, get_typestore

    store = get_typestore(Stores.ROS2_JAZZY)
    types: dict[str, Any] = {}
    for file in definition_files():
        definition = file.read_text(encoding='utf-8')
        types.update(get_types_from_msg(definition, f'fer_ros/msg/{file.stem}'))
    store.register(types)
    return store


def emotions_message(
    frame: FrameEmotions, header: Any, image_topic: str, landmarks: bool = True
) -> Any:
    """Return the message for one image, made of the classes in ``typestore``.

    Args:
        frame: All faces of the image.
        header: Header of the image.
        image_topic: Topic of the image.
        landmarks: Whether to include landmarks.
    """
    types = typestore().types
    fields = frame_fields(frame, image_topic, landmarks)
    faces = []
    for face in fields.pop('faces'):
        nested = {name: types[kind](**face.pop(name)) for name, kind in NESTED.items()}
        faces.append(types['fer_ros/msg/FaceEmotion'](**face, **nested))
    return types[EMOTIONS_TYPE](header=header, faces=faces, **fields)


def definition_files() -> list[Path]:
    """Return the ``.msg`` files, installed with the modules or at the top of the source tree."""
    folders = (PACKAGE / 'message_definitions', PACKAGE.parent / 'msg')
    folder = next(folder for folder in folders if folder.is_dir())
    return sorted(folder.glob('*.msg'))
