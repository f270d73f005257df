import pytest

from fer_ros.atomic_file import sole_writer
from fer_ros.cli import main
from fer_ros.inference.config import ModelConfig
from fer_ros.models import load_classifier


@pytest.fixture
def checkpoint(tmp_path):
    pytest.importorskip('torch_geometric')
    from fer_ros.network.checkpoint import Checkpoint, save_checkpoint
    from fer_ros.network.fer_net import FerNet

    small = ModelConfig(
        classes=('a', 'b'), cnn_channels=(4, 8), cnn_blocks=(1, 1), hidden_channels=8, gat_layers=1
    )
    save_checkpoint(Checkpoint(FerNet(small).eval()), tmp_path / 'm.safetensors')
    return tmp_path / 'm.safetensors'


def test_export_writes_onnx_file_of_checkpoint(checkpoint, tmp_path):
    main(['export', str(checkpoint)])
    assert sorted(path.name for path in tmp_path.iterdir()) == ['m.onnx', 'm.safetensors']
    assert load_classifier(tmp_path / 'm.onnx').config.classes == ('a', 'b')


def test_export_removes_8_bit_file_of_earlier_weights(checkpoint, tmp_path):
    (tmp_path / 'm.int8.onnx').write_text('of other weights')
    main(['export', str(checkpoint)])
    assert not (tmp_path / 'm.int8.onnx').exists()


def test_export_changes_nothing_if_its_data_is_missing(checkpoint, tmp_path):
    for name in ('m.onnx', 'm.int8.onnx'):
        (tmp_path / name).write_text('as before')
    with pytest.raises(SystemExit, match=r'data .*nothing does not exist'):
        main(['export', str(checkpoint), '--data', str(tmp_path / 'nothing')])
    for name in ('m.onnx', 'm.int8.onnx'):
        assert (tmp_path / name).read_text() == 'as before'


def test_export_is_refused_while_another_program_writes_the_file(checkpoint, tmp_path):
    with (
        sole_writer(tmp_path / 'm.onnx', tmp_path / '.m.onnx.lock'),
        pytest.raises(SystemExit, match=r'another program is writing to .*/m\.onnx'),
    ):
        main(['export', str(checkpoint)])
    assert not (tmp_path / 'm.onnx').exists()


def test_export_of_an_onnx_file_is_refused(checkpoint, tmp_path):
    main(['export', str(checkpoint)])
    with pytest.raises(SystemExit, match=r'm\.onnx is an \.onnx file, expected a \.safe'):
        main(['export', str(tmp_path / 'm.onnx')])


def test_checkpoint_that_was_not_exported_is_refused_with_the_command_that_does_it(checkpoint):
    with pytest.raises(SystemExit, match=r'm\.onnx does not exist, .* "fer-ros export .*m\.safe'):
        main(['info', '--model', str(checkpoint)])
