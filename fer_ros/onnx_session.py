"""load_session: an ONNX file → an ONNX Runtime session that is considerate of other processes."""

from pathlib import Path
from typing import Any

from fer_ros.errors import ModelFileError, SettingError
from fer_ros.model_file import require_file

_FOLDER_OF_WEIGHTS = 'session.model_external_initializers_file_folder_path'


def load_session(
    path: Path, content: bytes | None = None, what: str = 'model', device: str = 'cpu'
) -> Any:
    """Return an ``onnxruntime.InferenceSession`` with one thread that waits without spinning.

    Args:
        path: ONNX file.
        content: Content to load instead of the file's.
        what: Description of the file for error messages.
        device: ``cpu`` or ``cuda``.

    Raises:
        ModelFileError: The file is missing or damaged.
        SettingError: ``device`` is not available.
    """
    import onnxruntime

    require_file(path, what)
    available = onnxruntime.get_available_providers()
    if device == 'cuda' and 'CUDAExecutionProvider' not in available:
        raise SettingError(
            f"device is 'cuda', but this ONNX Runtime has only {', '.join(available)}: install "
            'onnxruntime-gpu or choose cpu'
        )
    providers = ['CUDAExecutionProvider'] if device == 'cuda' else []
    options = onnxruntime.SessionOptions()
    # The work is too little for two threads: they would wait for each other.
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.add_session_config_entry('session.intra_op.allow_spinning', '0')
    # Exported shapes are imprecise where sizes vary; every run would warn about them.
    options.log_severity_level = 3
    # Weights in other files are not covered by the digest in a model's name, and a path in a file
    # may lead anywhere.
    options.add_session_config_entry(_FOLDER_OF_WEIGHTS, '/dev/null')
    try:
        session = onnxruntime.InferenceSession(
            content or path.read_bytes(), options, providers=[*providers, 'CPUExecutionProvider']
        )
    # ONNX Runtime's exceptions have no common base but Exception.
    except Exception as error:
        raise ModelFileError(f'{what} {path} is damaged: {error}') from error
    # A provider whose libraries cannot be loaded is left out without an error.
    if not set(providers) <= set(session.get_providers()):
        raise SettingError(
            "device is 'cuda', but ONNX Runtime cannot load its CUDA provider and would run on "
            'the CPU: install the CUDA and cuDNN that this onnxruntime-gpu needs, or choose cpu'
        )
    return session
