"""Maliciously crafted model files: refused with a clear message, before memory is spent."""

import json
import re
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from fer_ros.errors import ModelFileError
from fer_ros.face.detectors.yunet import load_yunet
from fer_ros.inference.classifier import SHIPPED_MODEL, OnnxClassifier

onnx = pytest.importorskip('onnx')

from onnx import TensorProto, helper, numpy_helper


@pytest.fixture
def model():
    """The content of the shipped model file, for a test to change."""
    return onnx.load(SHIPPED_MODEL)


@pytest.fixture
def refused(tmp_path):
    """Returns the message with which a model file is refused."""

    def sentence(model, load=OnnxClassifier):
        path = tmp_path / 'crafted.onnx'
        path.write_bytes(model.SerializeToString())
        with pytest.raises(ModelFileError) as refusal, no_more_memory_than(300_000_000):
            load(path)
        assert str(refusal.value).startswith(str(path)) or f' {path} ' in str(refusal.value)
        return str(refusal.value)

    return sentence


@contextmanager
def no_more_memory_than(most_bytes):
    """Check how far the memory of this process rises at most, whatever it once held before."""
    # Linux then measures the peak anew; getrusage would return that of all earlier tests.
    Path('/proc/self/clear_refs').write_text('5')
    before = memory_bytes('VmRSS')
    try:
        yield
    finally:
        assert memory_bytes('VmHWM') - before < most_bytes


def memory_bytes(name):
    return int(re.search(rf'{name}:\s+(\d+) kB', Path('/proc/self/status').read_text())[1]) * 1024


def test_measured_memory_is_that_of_the_moment():
    np.ones(100_000_000, np.uint8)
    with no_more_memory_than(50_000_000):
        pass
    with pytest.raises(AssertionError), no_more_memory_than(50_000_000):
        np.ones(100_000_000, np.uint8)


def describe(model, **entries):
    """Replace parts of the metadata in a model file."""
    for entry in model.metadata_props:
        if entry.key in entries:
            entry.value = entries[entry.key]


def configured(model, **changes):
    config = next(json.loads(e.value) for e in model.metadata_props if e.key == 'config')
    describe(model, config=json.dumps({**config, **changes}))
    return model


def test_nan_weights_are_refused(model, refused):
    weights = next(tensor for tensor in model.graph.initializer if len(tensor.dims) == 4)
    nan = np.full(tuple(weights.dims), np.nan, np.float32)
    weights.CopyFrom(numpy_helper.from_array(nan, weights.name))
    assert refused(model).endswith('returns values that are not numbers: its weights are damaged')


def test_class_count_that_differs_from_output_is_refused(model, refused):
    describe(model, figures='{}')
    said = refused(configured(model, classes=['a', 'b', 'c']))
    assert said.endswith('returns (2, 8) for two faces, but its configuration names 3 classes')


def test_weights_larger_than_any_memory_are_refused(model, refused):
    model.graph.initializer[0].dims[:] = [1 << 40]
    assert 'is damaged' in refused(model)


def test_graph_that_computes_array_of_8_gb_is_refused(model, refused):
    shape = numpy_helper.from_array(np.array([1 << 16, 1 << 15]), 'crafted_shape')
    model.graph.initializer.append(shape)
    one = helper.make_tensor('one', TensorProto.FLOAT, [1], [1.0])
    make = helper.make_node('ConstantOfShape', ['crafted_shape'], ['large'], value=one)
    output = model.graph.output[0].name
    last = next(node for node in model.graph.node if output in node.output)
    last.output[:] = ['answer']
    model.graph.node.insert(0, make)
    model.graph.node.append(helper.make_node('ReduceSum', ['large'], ['sum'], keepdims=0))
    model.graph.node.append(helper.make_node('Add', ['answer', 'sum'], [output]))
    assert 'cannot be computed' in refused(model)


@pytest.mark.parametrize('place', ['../../../../etc/passwd', 'beside.bin'])
def test_weights_in_external_file_are_refused(model, refused, tmp_path, place, monkeypatch):
    weights = model.graph.initializer[0]
    (tmp_path / 'beside.bin').write_bytes(weights.raw_data)
    monkeypatch.chdir(tmp_path)
    weights.ClearField('raw_data')
    weights.data_location = TensorProto.EXTERNAL
    weights.external_data.add(key='location', value=place)
    assert 'is damaged' in refused(model)


@pytest.mark.parametrize(
    ('config', 'sentence'),
    [
        ('{', 'is damaged'),
        ('[' * 100_000, 'is damaged'),
        ('[]', 'is damaged'),
        ('{"colour": 1}', "model setting 'colour' is unknown"),
        ('{"cnn_channels": 5}', 'is damaged'),
        ('{"crop_px": 1e99}', 'crop_px is 1e+99, expected whole numbers from 1 to 1024'),
        ('{"crop_px": 1048576}', 'crop_px is 1048576, expected whole numbers from 1 to 1024'),
        ('{"cnn_blocks": [1, 1, 1, 1000000000]}', 'expected whole numbers from 1 to 100'),
        ('{"gat_layers": 1000000000}', 'gat_layers is 1000000000, expected 0 to 100'),
        ('{"dropout": NaN}', 'dropout is nan, expected 0 to below 1'),
        ('{"classes": [1, 2]}', 'class 1 is not a printable name'),
        ('{"classes": ["a", "\\u001b[2J"]}', r"class '\x1b[2J' is not a printable name"),
        ('{"classes": ["a", "' + 1000 * 'b' + '"]}', 'has more than 100 letters'),
    ],
)
def test_invalid_configuration_is_refused(model, refused, config, sentence):
    describe(model, config=config)
    assert sentence in refused(model)


@pytest.mark.parametrize('figures', ['[1]', '"x"', '{', '[' * 100_000])
def test_invalid_figures_are_refused(model, refused, figures):
    describe(model, figures=figures)
    assert 'is damaged' in refused(model)


def test_detector_without_yunet_outputs_is_refused(model, refused):
    assert refused(model, load_yunet).endswith('it has no outputs cls_8 to kps_32')
