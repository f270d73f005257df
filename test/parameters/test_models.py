import inspect

import numpy as np
import onnxruntime
import pytest
from shipped_model import CROP_PX

from fer_ros.errors import SettingError
from fer_ros.face.graph import node_features
from fer_ros.face.landmark_layout import MEAN_SHAPE_NORM
from fer_ros.inference.classifier import softmax
from fer_ros.inference.inputs import mirrored
from fer_ros.models import load_models
from fer_ros.parameters.models import MODELS, pipeline_models
from fer_ros.structures import ModelInput


def test_models_are_loaded_according_to_parameters():
    chosen = {spec.name: spec.default for spec in MODELS}
    assert pipeline_models(chosen).classifier.path.name == 'ferplus.int8.onnx'
    assert pipeline_models({**chosen, 'int8': False}).classifier.path.name == 'ferplus.onnx'
    # Noise, because the model answers differently for its mirror image.
    faces = ModelInput(
        np.random.default_rng(0).normal(size=(1, 1, CROP_PX, CROP_PX)).astype(np.float32),
        node_features(MEAN_SHAPE_NORM[None]),
    )
    one, both = (
        pipeline_models({**chosen, 'mirror': mirror}).classifier.logits for mirror in (False, True)
    )
    assert np.abs(softmax(one(faces)) - softmax(one(mirrored(faces)))).max() > 1e-2
    assert softmax(both(faces)) == pytest.approx(softmax(both(mirrored(faces))), abs=1e-3)
    if 'CUDAExecutionProvider' not in onnxruntime.get_available_providers():
        with pytest.raises(SettingError, match="device is 'cuda', but this ONNX Runtime has"):
            pipeline_models({**chosen, 'device': 'cuda'})


def test_load_models_has_same_defaults_as_node():
    defaults = {spec.name: spec.default for spec in MODELS}
    arguments = inspect.signature(load_models).parameters.values()
    assert {argument.name: argument.default for argument in arguments} == defaults
