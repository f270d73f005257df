import json
from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip('torch')
pytest.importorskip('torch_geometric')

from safetensors import safe_open
from safetensors.torch import load_file, save_file
from shipped_model import CROP_PX

from fer_ros.errors import ModelFileError
from fer_ros.face.alignment import align_face
from fer_ros.inference.classifier import SHIPPED_MODEL, softmax
from fer_ros.inference.config import ModelConfig
from fer_ros.inference.inputs import make_batch
from fer_ros.labels import FERPLUS_CLASSES
from fer_ros.models import load_classifier
from fer_ros.network.checkpoint import Checkpoint, load_checkpoint, rounded, save_checkpoint
from fer_ros.network.fer_net import FerNet
from fer_ros.structures import ModelInput
from fer_ros.training.export import export_onnx

SMALL = ModelConfig(
    classes=('x', 'y', 'z'), cnn_channels=(8, 16, 24), cnn_blocks=(1, 1, 1), hidden_channels=16
)


@pytest.fixture
def checkpoint():
    torch.manual_seed(1)
    return Checkpoint(FerNet(SMALL).eval(), {'accuracy': 0.5})


def test_saved_and_loaded_model_is_the_same(checkpoint, tmp_path):
    save_checkpoint(checkpoint, tmp_path / 'm.safetensors')
    loaded = load_checkpoint(tmp_path / 'm.safetensors')
    assert loaded.model.config == SMALL
    assert loaded.figures == {'accuracy': 0.5}
    for key, value in checkpoint.model.state_dict().items():
        assert (loaded.model.state_dict()[key] == value).all()


def test_half_precision_file_is_smaller_and_holds_rounded_weights(checkpoint, tmp_path):
    save_checkpoint(checkpoint, tmp_path / 'whole.safetensors')
    save_checkpoint(checkpoint, tmp_path / 'half.safetensors', half=True)
    sizes = [(tmp_path / f'{name}.safetensors').stat().st_size for name in ('half', 'whole')]
    assert sizes[0] < 0.7 * sizes[1]
    expected = rounded(checkpoint.model).state_dict()
    for key, value in load_checkpoint(tmp_path / 'half.safetensors').model.state_dict().items():
        assert (value == expected[key]).all(), key


def test_file_carries_configuration_and_class_order(checkpoint, tmp_path):
    save_checkpoint(checkpoint, tmp_path / 'm.safetensors')
    with safe_open(tmp_path / 'm.safetensors', framework='np') as file:
        config = json.loads(file.metadata()['config'])
    assert config['classes'] == ['x', 'y', 'z']
    assert (config['cnn_channels'], config['hidden_channels']) == ([8, 16, 24], 16)
    assert config.keys() == ModelConfig.__dataclass_fields__.keys()
    assert ModelConfig.from_dict(config) == SMALL


def test_file_has_default_permissions(checkpoint, tmp_path):
    save_checkpoint(checkpoint, tmp_path / 'm.safetensors')
    (tmp_path / 'other').write_bytes(b'')
    modes = [(tmp_path / name).stat().st_mode for name in ('m.safetensors', 'other')]
    assert modes[0] == modes[1]


def test_saving_and_exporting_leave_no_other_files(checkpoint, tmp_path):
    save_checkpoint(checkpoint, tmp_path / 'm.safetensors')
    export_onnx(checkpoint, tmp_path / 'm.onnx')
    assert sorted(file.name for file in tmp_path.iterdir()) == ['m.onnx', 'm.safetensors']


def test_checkpoint_that_does_not_match_its_configuration_is_refused(checkpoint, tmp_path):
    wider = replace(SMALL, hidden_channels=32)
    object.__setattr__(checkpoint.model, 'config', wider)
    save_checkpoint(checkpoint, tmp_path / 'm.safetensors')
    with pytest.raises(ModelFileError, match='is damaged'):
        load_checkpoint(tmp_path / 'm.safetensors')


def test_checkpoint_of_removed_fusion_is_refused_by_name(checkpoint, tmp_path):
    path = tmp_path / 'm.safetensors'
    save_checkpoint(checkpoint, path)
    tensors = load_file(path)
    config = {**SMALL.to_dict(), 'fusion': 'sampled'}
    save_file(tensors, path, {**checkpoint.metadata(), 'config': json.dumps(config)})
    with pytest.raises(
        ModelFileError,
        match="this version cannot compute: fusion is 'sampled', expected one of late",
    ):
        load_checkpoint(path)


@pytest.mark.parametrize('stream', ['cnn', 'gat', 'fused'])
@pytest.mark.parametrize('fusion', ['late', 'concat', 'attention'])
def test_onnx_export_gives_equal_probabilities_at_any_batch_size(tmp_path, stream, fusion):
    torch.manual_seed(2)
    model = FerNet(replace(SMALL, stream=stream, fusion=fusion)).eval()
    save_checkpoint(Checkpoint(model), tmp_path / 'm.safetensors')
    export_onnx(Checkpoint(model), tmp_path / 'm.onnx')
    rng = np.random.default_rng(0)
    for batch in (1, 4, 7):
        crops = rng.normal(size=(batch, 1, 48, 48)).astype(np.float32)
        faces = ModelInput(crops, rng.normal(0, 0.4, (batch, 68, 16)).astype(np.float32))
        results = [
            softmax(load_classifier(tmp_path / 'm.onnx', backend).logits(faces))
            for backend in ('onnx', 'torch')
        ]
        assert results[0] == pytest.approx(results[1], abs=1e-4)


def test_shipped_weights_give_stored_logits(portrait_gray, portrait_landmarks):
    batch = make_batch([align_face(portrait_gray, portrait_landmarks, CROP_PX)])
    (logits,) = load_classifier(SHIPPED_MODEL, 'torch').logits(batch)
    stored = json.loads(SHIPPED_MODEL.with_name('portrait.json').read_text())
    assert stored['classes'] == list(FERPLUS_CLASSES)
    assert logits == pytest.approx(stored['logits'], abs=0.02)


def craft(path, header, body=b''):
    """Write a safetensors file with any header."""
    encoded = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes(len(encoded).to_bytes(8, 'little') + encoded + body)
    return path


def float_entry(shape, end):
    return {'dtype': 'F32', 'shape': shape, 'data_offsets': [0, end]}


@pytest.mark.parametrize(
    ('header', 'body'),
    [
        ({'a': float_entry([1 << 40, 1 << 20], 1 << 62)}, b''),
        ({'a': float_entry([1 << 40], 4)}, bytes(4)),
        ({'a': float_entry([-1], 4)}, bytes(4)),
        ({'a': {'dtype': 'F9', 'shape': [1], 'data_offsets': [0, 4]}}, bytes(4)),
        (b'{"a": ' + b'[' * 100_000, b''),
        (b'\xff\xfe', b''),
    ],
)
def test_invalid_header_is_refused(tmp_path, header, body):
    path = craft(tmp_path / 'm.safetensors', header, body)
    with pytest.raises(ModelFileError, match=r'm\.safetensors is damaged'):
        load_checkpoint(path)


def test_header_longer_than_any_memory_is_refused(tmp_path):
    path = tmp_path / 'm.safetensors'
    path.write_bytes((1 << 62).to_bytes(8, 'little') + b'{}')
    with pytest.raises(ModelFileError, match=r'm\.safetensors is damaged'):
        load_checkpoint(path)


def changed(checkpoint, path, tensors=None, **config):
    save_checkpoint(checkpoint, path)
    held = {**load_file(path), **(tensors or {})}
    metadata = {
        **checkpoint.metadata(),
        'config': json.dumps({**SMALL.to_dict(), **config}),
    }
    save_file({key: value for key, value in held.items() if value is not None}, path, metadata)
    return path


def test_weights_that_do_not_match_configuration_are_named(checkpoint, tmp_path):
    name = 'vote.bias'
    for tensors, config, sentence in (
        ({name: None}, {}, r'needs vote\.bias of shape \(3,\), but it contains no vote\.bias'),
        (
            {name: torch.zeros(4)},
            {},
            r'vote\.bias of shape \(3,\), but it .* of shape \(4,\)',
        ),
        ({'other': torch.zeros(4)}, {}, r'needs no other, but it contains other of shape \(4,\)'),
        # 8 terabytes: refused before the model is made.
        ({}, {'hidden_channels': 8192, 'gat_layers': 100}, r'needs .* of shape \(.*8192'),
        ({}, {'classes': ['a', 'b']}, r'of shape \(2,'),
    ):
        path = changed(checkpoint, tmp_path / 'm.safetensors', tensors, **config)
        with pytest.raises(ModelFileError, match=sentence):
            load_checkpoint(path)


@pytest.mark.parametrize('value', [float('nan'), float('inf')])
def test_non_finite_weights_are_refused(checkpoint, tmp_path, value):
    tensors = {'vote.bias': torch.tensor([0.0, value, 0.0])}
    path = changed(checkpoint, tmp_path / 'm.safetensors', tensors)
    with pytest.raises(
        ModelFileError, match=r'is damaged: vote\.bias contains values that are not numbers'
    ):
        load_checkpoint(path)


@pytest.mark.parametrize(
    'figures',
    [
        {'class_frequencies': {'neutral': 1.0}},
        {'class_frequencies': [0.5, 0.5]},
        {'class_frequencies': dict.fromkeys(FERPLUS_CLASSES, 0.0)},
        {'class_offsets': {'neutral': 0.5}},
        {'class_offsets': dict.fromkeys(FERPLUS_CLASSES, 'high')},
        {'class_offsets': dict.fromkeys(FERPLUS_CLASSES, 11.0)},
        {'temperature': 0},
        {'temperature': 'warm'},
        {'temperature': float('nan')},
    ],
)
def test_file_with_invalid_frequencies_or_temperature_is_refused(checkpoint, tmp_path, figures):
    save_checkpoint(replace(checkpoint, figures=figures), tmp_path / 'm.safetensors')
    with pytest.raises(ModelFileError, match='is damaged'):
        load_checkpoint(tmp_path / 'm.safetensors')
