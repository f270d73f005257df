from dataclasses import replace

import numpy as np
import pytest
from shipped_model import CROP_PX

from fer_ros.errors import ModelFileError, SettingError
from fer_ros.face.alignment import align_face
from fer_ros.inference.classifier import SHIPPED_MODEL, softmax
from fer_ros.inference.inputs import make_batch
from fer_ros.labels import FERPLUS_CLASSES
from fer_ros.models import load_classifier
from fer_ros.structures import ModelInput
from fer_ros.training.augment import mirror


@pytest.fixture(scope='module')
def onnx():
    return load_classifier()


@pytest.fixture(scope='module')
def faces():
    rng = np.random.default_rng(0)
    crops = rng.normal(size=(5, 1, CROP_PX, CROP_PX)).astype(np.float32)
    return ModelInput(crops, rng.normal(0, 0.4, (5, 68, 16)).astype(np.float32))


def test_shipped_model_is_fused_and_carries_its_classes_and_accuracy(onnx):
    assert onnx.config.stream == 'fused'
    assert onnx.config.classes == FERPLUS_CLASSES
    assert onnx.figures['validation_accuracy'] >= 0.85


def test_shipped_model_files_are_under_10_mb():
    assert SHIPPED_MODEL.stat().st_size < 10_000_000
    assert SHIPPED_MODEL.with_suffix('.safetensors').stat().st_size < 10_000_000


@pytest.mark.parametrize('batch', [1, 2, 5])
def test_onnx_and_torch_give_equal_probabilities(onnx, faces, batch):
    pytest.importorskip('torch_geometric')
    part = ModelInput(faces.crops[:batch], faces.nodes[:batch])
    torch = load_classifier(backend='torch')
    assert softmax(onnx.logits(part)) == pytest.approx(softmax(torch.logits(part)), abs=1e-4)


@pytest.mark.parametrize('num_threads', [2, 4])
def test_faces_split_across_threads_are_answered_in_order(onnx, faces, num_threads):
    shared = load_classifier(num_threads=num_threads)
    assert shared.logits(faces) == pytest.approx(onnx.logits(faces), abs=1e-5)


def test_onnx_backend_loads_onnx_file_beside_given_checkpoint():
    path = SHIPPED_MODEL.with_suffix('.safetensors')
    assert load_classifier(path, 'onnx').path == SHIPPED_MODEL


@pytest.mark.parametrize('backend', ['onnx', 'torch'])
def test_missing_model_is_named_in_error(tmp_path, backend):
    with pytest.raises(ModelFileError, match=r'nothing.* does not exist'):
        load_classifier(tmp_path / 'nothing.onnx', backend)


def test_file_of_unknown_kind_is_named_in_error():
    with pytest.raises(ModelFileError, match=r'README\.md is neither an \.onnx nor'):
        load_classifier('README.md')


def test_damaged_onnx_file_is_named_in_error(tmp_path):
    path = tmp_path / 'cut.onnx'
    path.write_bytes(SHIPPED_MODEL.read_bytes()[:100_000])
    with pytest.raises(ModelFileError, match=r'cut\.onnx is damaged'):
        load_classifier(path)


def test_damaged_checkpoint_is_named_in_error(tmp_path):
    pytest.importorskip('torch_geometric')
    path = tmp_path / 'cut.safetensors'
    path.write_bytes(SHIPPED_MODEL.with_suffix('.safetensors').read_bytes()[:100_000])
    with pytest.raises(ModelFileError, match=r'cut\.safetensors is damaged'):
        load_classifier(path, 'torch')


def test_onnx_file_from_another_program_is_refused(tmp_path):
    onnx = pytest.importorskip('onnx')
    info = onnx.helper.make_tensor_value_info('x', onnx.TensorProto.FLOAT, [1])
    node = onnx.helper.make_node('Identity', ['x'], ['logits'])
    out = onnx.helper.make_tensor_value_info('logits', onnx.TensorProto.FLOAT, [1])
    graph = onnx.helper.make_graph([node], 'other', [info], [out])
    path = tmp_path / 'other.onnx'
    opset = [onnx.helper.make_opsetid('', 17)]
    onnx.save(onnx.helper.make_model(graph, opset_imports=opset, ir_version=8), path)
    with pytest.raises(ModelFileError, match='is not a model of the format'):
        load_classifier(path)


def test_unknown_backend_is_refused():
    with pytest.raises(SettingError, match="backend is 'tf', expected one of onnx, torch"):
        load_classifier(backend='tf')


@pytest.mark.parametrize('backend', ['onnx', 'torch'])
def test_missing_gpu_is_refused_with_advice_to_choose_cpu(backend):
    if backend == 'torch':
        torch = pytest.importorskip('torch')
        pytest.importorskip('torch_geometric')
        if torch.cuda.is_available():
            pytest.skip('there is a GPU')
    elif 'CUDAExecutionProvider' in pytest.importorskip('onnxruntime').get_available_providers():
        pytest.skip('there is a GPU')
    with pytest.raises(SettingError, match=r"device is 'cuda', .*choose cpu"):
        load_classifier(backend=backend, device='cuda')


def test_unknown_device_is_an_error():
    with pytest.raises(SettingError, match="device is 'tpu', expected one of cpu, cuda"):
        load_classifier(device='tpu')


@pytest.mark.parametrize('backend', ['onnx', 'torch'])
def test_mirror_averages_face_and_its_mirror_image(portrait_gray, portrait_landmarks, backend):
    if backend == 'torch':
        pytest.importorskip('torch_geometric')
    # A random crop, as the model is equally confident about the portrait and its mirror image.
    crop = np.random.default_rng(0).integers(0, 256, (CROP_PX, CROP_PX), np.uint8)
    face = replace(align_face(portrait_gray, portrait_landmarks, CROP_PX), crop=crop)
    one, both = (load_classifier(backend=backend, mirror=choice) for choice in (False, True))
    a, b = (softmax(one.logits(make_batch([side])))[0] for side in (face, mirror(face)))
    assert np.abs(a - b).max() > 1e-3
    assert softmax(both.logits(make_batch([face])))[0] == pytest.approx((a + b) / 2, abs=1e-5)
    assert both.logits(make_batch([mirror(face)])) == pytest.approx(
        both.logits(make_batch([face])), abs=1e-3
    )


def test_softmax_of_large_logits_is_finite():
    logits = np.array([[1000, 0, -1000]], np.float32)
    assert softmax(logits).tolist() == [[1, 0, 0]]
