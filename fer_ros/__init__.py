"""Facial expressions for robots: camera images in, tracked faces with an emotion out.

The public names are loaded when first used, so that a subscriber that imports ``fer_ros.msg``
loads neither OpenCV nor dlib nor ONNX Runtime.
"""

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fer_ros.errors import FerError
    from fer_ros.face.tracker import TrackerSettings
    from fer_ros.models import Models, load_classifier, load_models
    from fer_ros.pipeline.emotion_pipeline import EmotionPipeline
    from fer_ros.pipeline.settings import PipelineSettings
    from fer_ros.structures import (
        FaceBox,
        FaceEmotion,
        FrameEmotions,
        HeadPose,
        Judgement,
        Landmarks,
    )

__all__ = [
    'EmotionPipeline',
    'FaceBox',
    'FaceEmotion',
    'FerError',
    'FrameEmotions',
    'HeadPose',
    'Judgement',
    'Landmarks',
    'Models',
    'PipelineSettings',
    'TrackerSettings',
    'load_classifier',
    'load_models',
]
__version__ = '0.9.0'

# From 1.29, ONNX Runtime for Linux reports usage to its vendor as soon as it is imported, unless
# this variable disables it. A user who sets it to 0 keeps the reports.
os.environ.setdefault('ORT_DISABLE_TELEMETRY', '1')

# An installed package is in one folder with the generated messages; with a source tree the two are
# separate, and this makes ``fer_ros.msg`` importable along with the modules.
__path__ = __import__('pkgutil').extend_path(__path__, __name__)

_MODULES = {
    'EmotionPipeline': 'pipeline.emotion_pipeline',
    'FaceBox': 'structures',
    'FaceEmotion': 'structures',
    'FerError': 'errors',
    'FrameEmotions': 'structures',
    'HeadPose': 'structures',
    'Judgement': 'structures',
    'Landmarks': 'structures',
    'Models': 'models',
    'PipelineSettings': 'pipeline.settings',
    'TrackerSettings': 'face.tracker',
    'load_classifier': 'models',
    'load_models': 'models',
}


def __getattr__(name: str) -> Any:
    """Load a public name from its module (PEP 562)."""
    if name not in _MODULES:
        raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
    value = getattr(import_module(f'{__name__}.{_MODULES[name]}'), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List all names, including public ones that are not loaded yet."""
    return sorted({*globals(), *__all__})
