import shutil
from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip('torch_geometric')

import onnx
from shipped_model import CROP_PX

from fer_ros.data.face_set import FaceSet
from fer_ros.errors import DatasetError, ModelFileError
from fer_ros.evaluation.predictions import aligned_faces
from fer_ros.inference.classifier import SHIPPED_MODEL, softmax
from fer_ros.inference.config import ModelConfig
from fer_ros.inference.inputs import make_batch
from fer_ros.labels import FERPLUS_CLASSES
from fer_ros.models import classifier_file, load_classifier
from fer_ros.network.checkpoint import Checkpoint, load_checkpoint
from fer_ros.network.fer_net import FerNet
from fer_ros.training.export import export_onnx, has_int8_form, quantize_onnx, restate


@pytest.fixture(scope='module')
def faces(portrait_gray, portrait_landmarks):
    """The portrait at 12 brightness levels, each with slightly different landmarks."""
    images = [(portrait_gray * share).astype(np.uint8) for share in np.linspace(0.4, 1, 12)]
    moved = np.random.default_rng(0).normal(0, 1.5, (12, 68, 2))
    landmarks = (portrait_landmarks.points_px + moved).astype(np.float32)
    targets = np.eye(8, dtype=np.float32)[np.zeros(12, int)]
    return FaceSet(np.stack(images), landmarks, targets, FERPLUS_CLASSES)


@pytest.fixture(scope='module')
def folder(faces, tmp_path_factory):
    """A copy of the shipped model with its own 8-bit form."""
    folder = tmp_path_factory.mktemp('model')
    shutil.copy(SHIPPED_MODEL, folder / 'm.onnx')
    quantize_onnx(folder / 'm.onnx', folder / 'm.int8.onnx', faces, CROP_PX)
    return folder


def test_8_bit_form_gives_nearly_the_answers_of_the_model(faces, folder):
    batch = make_batch(list(aligned_faces(faces, CROP_PX)))
    exact, quick = (
        softmax(load_classifier(folder / 'm.onnx', int8=int8).logits(batch))
        for int8 in (False, True)
    )
    assert (exact.argmax(axis=1) == quick.argmax(axis=1)).all()
    assert 0 < np.abs(exact - quick).max() < 0.1


def test_8_bit_form_is_small_and_keeps_config_and_figures(folder):
    assert (folder / 'm.int8.onnx').stat().st_size < (folder / 'm.onnx').stat().st_size / 2
    exact, quick = (load_classifier(folder / 'm.onnx', int8=int8) for int8 in (False, True))
    assert (quick.config, quick.figures) == (exact.config, exact.figures)


def test_8_bit_form_is_loaded_if_requested_and_available(folder, tmp_path):
    assert load_classifier(folder / 'm.onnx', int8=True).path == folder / 'm.int8.onnx'
    assert load_classifier(folder / 'm.safetensors', int8=True).path == folder / 'm.int8.onnx'
    assert load_classifier(folder / 'm.onnx').path == folder / 'm.onnx'
    shutil.copy(folder / 'm.onnx', tmp_path)
    assert load_classifier(tmp_path / 'm.onnx', int8=True).path == tmp_path / 'm.onnx'


@pytest.mark.parametrize(
    ('backend', 'device', 'suffix'),
    [
        ('onnx', 'cpu', '.int8.onnx'),
        ('onnx', 'cuda', '.onnx'),
        ('torch', 'cpu', '.safetensors'),
        ('torch', 'cuda', '.safetensors'),
    ],
)
def test_named_8_bit_form_stands_for_the_model_where_it_cannot_be_computed(
    backend, device, suffix
):
    named = SHIPPED_MODEL.with_suffix('.int8.onnx')
    file = classifier_file(named, backend, device=device)
    assert file == SHIPPED_MODEL.with_suffix(suffix)


def test_shipped_model_has_an_8_bit_form_of_the_same_training():
    exact, quick = (load_classifier(int8=int8) for int8 in (False, True))
    assert quick.path.name == 'ferplus.int8.onnx'
    assert quick.figures == exact.figures


def quantized_convolutions(path):
    """Return how many convolutions of a model are quantized, and how many it has in total."""
    nodes = onnx.load(path).graph.node
    made_by = {output: node.op_type for node in nodes for output in node.output}
    weights = [made_by.get(node.input[1]) for node in nodes if node.op_type == 'Conv']
    return weights.count('DequantizeLinear'), len(weights)


def test_all_stages_of_shipped_model_but_the_first_are_quantized(folder):
    for path in (folder / 'm.int8.onnx', load_classifier(int8=True).path):
        # Two in each of five blocks; the stem, the first stage and the shortcuts stay in float.
        assert quantized_convolutions(path) == (10, 16)


def test_last_blocks_of_mobilenet_are_quantized(faces, tmp_path):
    config = ModelConfig(cnn='mobilenet', mobilenet_blocks=8, crop_px=32)
    export_onnx(Checkpoint(FerNet(config).eval()), tmp_path / 'm.onnx')
    quantize_onnx(tmp_path / 'm.onnx', tmp_path / 'm.int8.onnx', faces, 32)
    # The 1x1 convolutions of the last two blocks. In total, a stem and two in each of eight.
    assert quantized_convolutions(tmp_path / 'm.int8.onnx') == (2, 17)


def test_model_with_few_blocks_or_no_cnn_has_no_8_bit_form():
    config = ModelConfig(cnn='mobilenet', mobilenet_blocks=7, crop_px=32)
    assert has_int8_form(config)
    assert not has_int8_form(replace(config, mobilenet_blocks=6))
    assert not has_int8_form(replace(config, stream='gat'))


def test_quantizing_model_without_convolution_is_an_error(faces, tmp_path):
    geometry = FerNet(ModelConfig(stream='gat', hidden_channels=8, heads=2)).eval()
    export_onnx(Checkpoint(geometry), tmp_path / 'm.onnx')
    with pytest.raises(ModelFileError, match='has no convolution to compute in 8 bits'):
        quantize_onnx(tmp_path / 'm.onnx', tmp_path / 'm.int8.onnx', faces, 48)
    assert not (tmp_path / 'm.int8.onnx').exists()


def test_quantizing_without_faces_is_an_error_and_writes_nothing(faces, folder, tmp_path):
    with pytest.raises(
        DatasetError, match='the data has no face from which to choose the ranges of 8-bit values'
    ):
        quantize_onnx(folder / 'm.onnx', tmp_path / 'x', faces.select(np.arange(0)), 48)
    assert list(tmp_path.iterdir()) == []


def test_restated_model_has_new_figures_and_same_weights_in_all_forms(faces, tmp_path):
    for path in SHIPPED_MODEL.parent.glob('ferplus.*'):
        shutil.copy(path, tmp_path)
    weights = tmp_path / SHIPPED_MODEL.with_suffix('.safetensors').name
    restate(replace(load_checkpoint(weights), figures={'epoch': 7}), weights)
    batch = make_batch(list(aligned_faces(faces, CROP_PX)))
    for name, backend, int8 in (
        ('ferplus.onnx', 'onnx', False),
        ('ferplus.onnx', 'onnx', True),
        ('ferplus.safetensors', 'torch', False),
    ):
        before = load_classifier(SHIPPED_MODEL.parent / name, backend, int8=int8)
        after = load_classifier(tmp_path / name, backend, int8=int8)
        assert after.figures == {'epoch': 7}
        assert (after.logits(batch) == before.logits(batch)).all()
