import onnxruntime
import pytest

from fer_ros.errors import SettingError
from fer_ros.inference.classifier import SHIPPED_MODEL
from fer_ros.onnx_session import load_session


# ONNX Runtime itself only warns.
@pytest.mark.filterwarnings("ignore:Specified provider 'CUDAExecutionProvider'")
def test_cuda_provider_that_fails_to_load_is_refused_with_a_hint(monkeypatch):
    """As on a machine where onnxruntime-gpu lacks a library that its provider needs."""
    names = ['CUDAExecutionProvider', 'CPUExecutionProvider']
    monkeypatch.setattr(onnxruntime, 'get_available_providers', lambda: names)
    with pytest.raises(
        SettingError, match=r"device is 'cuda', but .* would run on the CPU: .*cuDNN"
    ):
        load_session(SHIPPED_MODEL, device='cuda')


def test_session_uses_one_thread_without_spinning():
    options = load_session(SHIPPED_MODEL).get_session_options()
    assert (options.intra_op_num_threads, options.inter_op_num_threads) == (1, 1)
    assert options.get_session_config_entry('session.intra_op.allow_spinning') == '0'
