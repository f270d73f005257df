import pytest

from fer_ros.errors import ModelFileError
from fer_ros.face.detectors.choice import load_detector
from fer_ros.face.landmarks import LandmarkPredictor
from fer_ros.models import load_classifier

# The system refuses to look for a name of this length, as it refuses a folder without permission.
TOO_LONG = 'x' * 300


@pytest.mark.parametrize(
    'load',
    [
        lambda: load_classifier(f'{TOO_LONG}.onnx', int8=True),
        lambda: load_classifier(f'{TOO_LONG}.safetensors', 'torch'),
        lambda: LandmarkPredictor(f'{TOO_LONG}.dat'),
        lambda: load_detector('yunet', f'{TOO_LONG}.onnx'),
    ],
    ids=['onnx', 'torch', 'landmark model', 'yunet'],
)
def test_path_that_cannot_be_reached_is_named_with_the_reason(load):
    with pytest.raises(ModelFileError, match=r'x{300}\S* cannot be read: File name too long$'):
        load()
