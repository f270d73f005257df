import hashlib
import json
from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip('torch')
pytest.importorskip('torch_geometric')

from torch.nn import functional

from fer_ros.cli import main
from fer_ros.errors import ModelFileError
from fer_ros.network import backbone
from fer_ros.network.backbone import read_backbone
from fer_ros.network.backbone_file import backbone_file
from fer_ros.network.checkpoint import load_checkpoint
from fer_ros.network.mobilenet import CHANNELS


def published_weights():
    """Random weights with the published names and shapes, and unrelated ones among them."""
    rng = np.random.default_rng(4)
    shapes = {'age_pred/kernel': (5, 3), 'conv1/convolution/merged_input': (3, 3, 3, 32)}
    shapes |= {'conv1_bn/batchnorm_1/sub': (32,), 'conv1_relu/Cast': ()}
    for block in range(1, 14):
        into, out = CHANNELS[block - 1], CHANNELS[block]
        shapes |= {
            f'conv_dw_{block}/depthwise_kernel': (3, 3, into, 1),
            f'conv_dw_{block}_bn/batchnorm_1/mul': (into,),
            f'conv_dw_{block}_bn/batchnorm_1/sub': (into,),
            f'conv_pw_{block}/convolution/merged_input': (1, 1, into, out),
            f'conv_pw_{block}_bn/batchnorm_1/sub': (out,),
        }
    return {name: rng.normal(0, 0.1, shape).astype(np.float32) for name, shape in shapes.items()}


def write_published(folder, weights):
    """Write them as TensorFlow.js does; return the two files."""
    entries = [
        {'name': name, 'shape': list(array.shape), 'dtype': 'float32'}
        for name, array in weights.items()
    ]
    graph, content = folder / 'graph.json', folder / 'graph.bin'
    graph.write_text(json.dumps({'weightsManifest': [{'weights': entries}]}))
    content.write_bytes(b''.join(array.astype('<f4').tobytes() for array in weights.values()))
    return graph, content


def test_first_layers_compute_same_as_published_ones_for_gray_images(tmp_path):
    weights = published_weights()
    stream = read_backbone(*write_published(tmp_path, weights)).model.cnn
    crops = torch.randn(2, 1, 96, 96)
    # As published: three equal channels of gray levels less their mean, height and width first.
    rgb = functional.pad((55 * crops).expand(-1, 3, -1, -1), (0, 1, 0, 1))
    kernel = torch.from_numpy(weights['conv1/convolution/merged_input']).permute(3, 2, 0, 1)
    x = functional.conv2d(rgb, kernel, stride=2)
    x = functional.relu6(x + torch.from_numpy(weights['conv1_bn/batchnorm_1/sub'])[:, None, None])
    kernel = torch.from_numpy(weights['conv_dw_1/depthwise_kernel']).permute(2, 3, 0, 1)
    x = functional.conv2d(x, kernel, padding=1, groups=32)
    scale, shift = (
        torch.from_numpy(weights[f'conv_dw_1_bn/batchnorm_1/{name}'])[:, None, None]
        for name in ('mul', 'sub')
    )
    x = functional.relu6(x * scale + shift)
    kernel = torch.from_numpy(weights['conv_pw_1/convolution/merged_input']).permute(3, 2, 0, 1)
    shift = torch.from_numpy(weights['conv_pw_1_bn/batchnorm_1/sub'])[:, None, None]
    expected = functional.relu6(functional.conv2d(x, kernel) + shift)
    torch.testing.assert_close(stream(crops)[0][0], expected, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize('change', ['missing', 'cut', 'shape'])
def test_file_of_another_network_is_refused(tmp_path, change):
    weights = published_weights()
    if change == 'missing':
        del weights['conv_pw_7/convolution/merged_input']
    if change == 'shape':
        weights['conv_pw_13_bn/batchnorm_1/sub'] = np.zeros(512, np.float32)
    graph, content = write_published(tmp_path, weights)
    if change == 'cut':
        content.write_bytes(content.read_bytes()[:-8])
    with pytest.raises(ModelFileError, match='are not the known network'):
        read_backbone(graph, content)


@pytest.fixture
def served(tmp_path, monkeypatch):
    """Stand-ins for the published files, already in the folder they would be fetched to."""
    monkeypatch.setenv('XDG_DATA_HOME', str(tmp_path))
    folder = tmp_path / 'fer_ros'
    folder.mkdir()
    for name, file in zip(
        ('GRAPH', 'WEIGHTS'), write_published(folder, published_weights()), strict=True
    ):
        content = file.read_bytes()
        known = replace(
            getattr(backbone, name),
            name=file.name,
            url='http://127.0.0.1:9/',
            sha256=hashlib.sha256(content).hexdigest(),
            size_bytes=len(content),
        )
        monkeypatch.setattr(backbone, name, known)
    return folder


def test_get_backbone_writes_checkpoint_that_training_can_start_from(served, capsys):
    main(['get-backbone'])
    assert str(backbone_file()) in capsys.readouterr().out
    assert backbone_file().parent == served
    checkpoint = load_checkpoint(backbone_file())
    assert (checkpoint.model.config.cnn, checkpoint.model.config.crop_px) == ('mobilenet', 96)
    assert 'VGGFace2' in checkpoint.figures['backbone']
    assert (checkpoint.model(torch.randn(2, 1, 96, 96), torch.randn(2, 68, 16)) == 0).all()


def test_damaged_file_is_fetched_again_and_failure_is_reported(served):
    (served / 'graph.bin').write_bytes(b'damaged')
    with pytest.raises(SystemExit, match=r'cannot download .*internet, copy graph\.bin of'):
        main(['get-backbone'])
    assert not backbone_file().exists()
