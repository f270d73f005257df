import pytest

from fer_ros.atomic_file import sole_writer
from fer_ros.cli import main


def test_export_writes_onnx_file_removes_old_int8_and_respects_lock(tmp_path, capsys):
    pytest.importorskip('torch_geometric')
    from fer_ros.inference.config import ModelConfig
    from fer_ros.network.checkpoint import Checkpoint, save_checkpoint
    from fer_ros.network.fer_net import FerNet

    save_checkpoint(Checkpoint(FerNet(ModelConfig()).eval()), tmp_path / 'm.safetensors')
    (tmp_path / 'm.int8.onnx').write_text('of other weights')
    with (
        sole_writer(tmp_path / 'm.onnx', tmp_path / '.m.onnx.lock'),
        pytest.raises(SystemExit, match=r'another program is writing to .*/m\.onnx'),
    ):
        main(['export', str(tmp_path / 'm.safetensors')])
    main(['export', str(tmp_path / 'm.safetensors')])
    assert (tmp_path / 'm.onnx').is_file()
    assert not (tmp_path / 'm.int8.onnx').exists()
