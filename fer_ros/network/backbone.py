"""Published MobileNet weights, trained on millions of faces, as a checkpoint.

MobileNet v1 trained to recognise the people of VGGFace2 (A. Savchenko, HSE_FaceRec, Apache-2.0),
as published in the model repository of the JavaScript library Human: a TensorFlow.js graph with
folded batch norms. Training with ``init: vggface2`` starts from it.
"""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from fer_ros.errors import ModelFileError
from fer_ros.inference.config import ModelConfig
from fer_ros.network.backbone_file import GRAPH, WEIGHTS, backbone_file
from fer_ros.network.checkpoint import Checkpoint, save_checkpoint
from fer_ros.network.fer_net import FerNet
from fer_ros.network.mobilenet import CHANNELS
from fer_ros.structures import FloatArray

# The published network takes gray levels minus their mean, fer_ros crops of standard deviation 1:
# this is roughly the standard deviation of a face's gray levels.
_GRAY_LEVELS = 55.0
_CROP_PX = 96


def get_backbone() -> Path:
    """Download the published files if they are missing, and write them as a checkpoint, whose
    classifiers are untrained.

    Returns:
        Path of the checkpoint, ``backbone_file()``.

    Raises:
        ModelFileError: As for ``PublishedFile.fetch``, or the file is not the expected graph.
    """
    checkpoint = read_backbone(GRAPH.fetch(), WEIGHTS.fetch())
    save_checkpoint(checkpoint, backbone_file())
    return backbone_file()


def read_backbone(graph: Path, weights: Path) -> Checkpoint:
    """Read the published graph as a model of stream ``cnn``.

    Args:
        graph: JSON file of TensorFlow.js with the names, shapes and order of the weights.
        weights: File with the float32 weights, one after the other.

    Raises:
        ModelFileError: A weight is missing or has another shape.
    """
    model = FerNet(ModelConfig(stream='cnn', cnn='mobilenet', crop_px=_CROP_PX)).eval()
    try:
        arrays = _arrays(json.loads(graph.read_text(encoding='utf-8')), weights.read_bytes())
        model.cnn.load_state_dict({**model.cnn.state_dict(), **_state(arrays)})
    except (KeyError, ValueError, RuntimeError) as error:
        raise ModelFileError(
            f'{graph} and {weights} are not the known network: {error}'
        ) from error
    with torch.no_grad():
        for part in model.classifier[-1].parameters():
            part.zero_()
    return Checkpoint(model, {'backbone': 'MobileNet v1, VGGFace2 (HSE_FaceRec, Apache-2.0)'})


def _arrays(graph: Any, content: bytes) -> dict[str, FloatArray]:
    """Return the weights by name."""
    arrays: dict[str, FloatArray] = {}
    at = 0
    for entry in (entry for group in graph['weightsManifest'] for entry in group['weights']):
        shape = tuple(entry['shape'])
        count = math.prod(shape)
        arrays[entry['name']] = np.frombuffer(content, '<f4', count, at).reshape(shape)
        at += 4 * count
    return arrays


def _state(arrays: dict[str, FloatArray]) -> dict[str, Tensor]:
    """Return kernels and biases of a ``MobileNetStream``; TensorFlow's kernels are (H, W, in,
    out).
    """
    kernel = arrays['conv1/convolution/merged_input'].sum(axis=2, keepdims=True)
    state = {
        'stem.conv.weight': _GRAY_LEVELS * kernel.transpose(3, 2, 0, 1),
        'stem.norm.bias': arrays['conv1_bn/batchnorm_1/sub'],
    }
    for block in range(1, len(CHANNELS)):
        ours, depthwise = f'blocks.{block - 1}', f'conv_dw_{block}_bn/batchnorm_1'
        kernel = arrays[f'conv_dw_{block}/depthwise_kernel'] * arrays[f'{depthwise}/mul'][:, None]
        state[f'{ours}.0.conv.weight'] = kernel.transpose(2, 3, 0, 1)
        state[f'{ours}.0.norm.bias'] = arrays[f'{depthwise}/sub']
        kernel = arrays[f'conv_pw_{block}/convolution/merged_input']
        state[f'{ours}.1.conv.weight'] = kernel.transpose(3, 2, 0, 1)
        state[f'{ours}.1.norm.bias'] = arrays[f'conv_pw_{block}_bn/batchnorm_1/sub']
    return {
        key: torch.from_numpy(np.array(value, np.float32, order='C'))
        for key, value in state.items()
    }
