"""load_session: an ONNX file → an ONNX Runtime session that leaves the others their time."""

from pathlib import Path
from typing import Any

from fer_ros.errors import ModelFileError, SettingError

_FOLDER_OF_WEIGHTS = 'session.model_external_initializers_file_folder_path'


def load_session(
    path: Path, content: bytes | None = None, what: str = 'model', device: str = 'cpu'
) -> Any:
    """Return an ``onnxruntime.InferenceSession`` with one thread, which waits without spinning.

    Args:
        path: ONNX file.
        content: What to load in its place.
        what: It is, for the error.
        device: ``cpu`` or ``cuda``.

    Raises:
        ModelFileError: The file is missing or damaged.
        SettingError: ``device`` is not there.
    """
    import onnxruntime

    require_file(path, what)
    available = onnxruntime.get_available_providers()
    if device == 'cuda' and 'CUDAExecutionProvider' not in available:
        raise SettingError(
            f"device is 'cuda', this ONNX Runtime has {', '.join(available)} alone: install "
            'onnxruntime-gpu or choose cpu'
        )
    providers = ['CUDAExecutionProvider'] if device == 'cuda' else []
    options = onnxruntime.SessionOptions()
    # What is done here is too little work for two threads: they would wait for each other.
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.add_session_config_entry('session.intra_op.allow_spinning', '0')
    # Exported shapes are imprecise where sizes vary; every run would warn of them.
    options.log_severity_level = 3
    # Weights in other files are no part of what a model's name is the digest of, and a path that
    # a file names may lead anywhere.
    options.add_session_config_entry(_FOLDER_OF_WEIGHTS, '/dev/null')
    try:
        session = onnxruntime.InferenceSession(
            content or path.read_bytes(), options, providers=[*providers, 'CPUExecutionProvider']
        )
    # The exceptions of ONNX Runtime share no base but Exception.
    except Exception as error:
        raise ModelFileError(f'{what} {path} is damaged: {error}') from error
    # A provider whose libraries do not load is left out without an error.
    if not set(providers) <= set(session.get_providers()):
        raise SettingError(
            "device is 'cuda', but ONNX Runtime cannot load its CUDA provider and would run on "
            'the cpu: install the CUDA and cuDNN that this onnxruntime-gpu needs, or choose cpu'
        )
    return session


def require_file(path: Path, what: str = 'model') -> None:
    """Refuse a model that is not there.

    Raises:
        ModelFileError: There is no file at ``path``.
    """
    if not path.is_file():
        raise ModelFileError(f'{what} {path} does not exist')
