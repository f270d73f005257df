"""The YuNet files, if they exist; none is part of the repository."""

from pathlib import Path

import pytest

_MODELS = Path(__file__).parents[1] / '..' / 'shared' / 'models'
PUBLISHED = _MODELS / 'face_detection_yunet_2023mar.onnx'
ANY_SIZE = _MODELS / 'yunet_n_dynamic.onnx'

needs_models = pytest.mark.skipif(
    not (PUBLISHED.is_file() and ANY_SIZE.is_file()), reason=f'no YuNet files in {_MODELS}'
)
