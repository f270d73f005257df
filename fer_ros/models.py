"""Models: what a pipeline needs from files, and what loads it."""

import os
from dataclasses import dataclass
from pathlib import Path

from fer_ros.errors import ModelFileError, SettingError
from fer_ros.face.detectors.choice import load_detector
from fer_ros.face.detectors.detector import FaceDetector
from fer_ros.face.landmarks import LandmarkPredictor
from fer_ros.inference.classifier import (
    BACKENDS,
    DEVICES,
    INT8_SUFFIX,
    SHIPPED_MODEL,
    BothSides,
    Classifier,
    OnnxClassifier,
)
from fer_ros.model_file import require_file


@dataclass(frozen=True)
class Models:
    """The stages that are loaded from files and keep no state; pipelines may share them."""

    detector: FaceDetector
    landmarks: LandmarkPredictor
    classifier: Classifier


def load_models(
    model: str | Path = '',
    *,
    backend: str = 'onnx',
    device: str = 'cpu',
    int8: bool = True,
    mirror: bool = False,
    num_threads: int = 2,
    landmark_model: str | Path = '',
    detector: str = 'auto',
    detector_model: str | Path = '',
    min_face_px: int = 0,
) -> Models:
    """Load everything that an ``EmotionPipeline`` needs; arguments and defaults are those of the
    node.

    Args:
        model: ``.onnx`` or ``.safetensors`` file, or empty for the shipped model; see
            ``load_classifier``.
        backend: ``onnx`` or ``torch``.
        device: ``cpu`` or ``cuda``.
        int8: Whether to use the model's 8-bit form if there is one.
        mirror: Whether to average over each face and its mirror image.
        num_threads: Number of threads of the backend.
        landmark_model: dlib's 68-point model, or empty for the installed one.
        detector: Kind of face detector; see ``load_detector``.
        detector_model: File of the detector, or empty for the downloaded one.
        min_face_px: Width in pixels of the smallest face to find; 0: chosen by the detector.

    Raises:
        ModelFileError: A file is missing or damaged, or the detector is not installed.
        SettingError: An argument is not allowed, or the device is not available.
    """
    return Models(
        load_detector(detector, detector_model, min_face_px),
        LandmarkPredictor(landmark_model),
        load_classifier(model, backend, num_threads, int8, device, mirror),
    )


def load_classifier(
    model: str | Path | None = None,
    backend: str = 'onnx',
    num_threads: int = 1,
    int8: bool = False,
    device: str = 'cpu',
    mirror: bool = False,
) -> Classifier:
    """Load a model for one of the backends.

    Args:
        model: ``.onnx`` or ``.safetensors`` file; the backend uses the file of its own kind next
            to it. Empty for the shipped model.
        backend: One of ``BACKENDS``.
        num_threads: Number of threads of the backend.
        int8: Whether ``onnx`` uses the model's 8-bit form, NAME.int8.onnx, if there is one;
            ``quantize.quantize_onnx`` writes it. CPU only.
        device: One of ``DEVICES``.
        mirror: Whether to average over each face and its mirror image; see ``BothSides``.

    Raises:
        ModelFileError: The file is missing, damaged or not a model of fer_ros.
        SettingError: ``backend`` is not one of ``BACKENDS``, or ``device`` is not one of
            ``DEVICES`` or not available.
    """
    if device not in DEVICES:
        raise SettingError(f'device is {device!r}, expected one of {", ".join(DEVICES)}')
    path = classifier_file(model, backend, int8, device)
    classifier: Classifier
    if backend == 'onnx':
        classifier = OnnxClassifier(path, num_threads, device)
    else:
        classifier = _torch_classifier(path, num_threads, device)
    return BothSides(classifier) if mirror else classifier


def classifier_file(
    model: str | Path | None = None,
    backend: str = 'onnx',
    int8: bool = False,
    device: str = 'cpu',
) -> Path:
    """Return the file of a model that ``load_classifier`` reads; the arguments are the same.

    Raises:
        ModelFileError: The file is missing, or its name is not that of a model.
        SettingError: ``backend`` is not one of ``BACKENDS``.
    """
    path = Path(model) if model else SHIPPED_MODEL
    if path.suffix not in ('.onnx', '.safetensors'):
        raise ModelFileError(f'model {path} is neither an .onnx nor a .safetensors file')
    if backend not in BACKENDS:
        raise SettingError(f'backend is {backend!r}, expected one of {", ".join(BACKENDS)}')
    # Only ONNX Runtime on the CPU computes the 8-bit form.
    path = path if backend == 'onnx' and device == 'cpu' else whole_model(path)
    whole = path.with_suffix('.onnx' if backend == 'onnx' else '.safetensors')
    quick = path.with_suffix(INT8_SUFFIX)
    # Not Path.is_file(), which fails in a folder that cannot be read; that is for require_file.
    has_quick = backend == 'onnx' and device == 'cpu' and os.path.isfile(quick)
    chosen = quick if int8 and has_quick else whole
    if os.path.isfile(path) and not os.path.exists(chosen):
        way = f'"fer-ros export {path}" makes it, or choose' if backend == 'onnx' else 'choose'
        raise ModelFileError(
            f'model {chosen} does not exist, which backend {backend} needs beside {path.name}: '
            f'{way} the backend {"torch" if backend == "onnx" else "onnx"}'
        )
    require_file(chosen)
    return chosen


def whole_model(path: Path) -> Path:
    """Return the file of the full-precision model, given that or its 8-bit form."""
    if not path.name.endswith(INT8_SUFFIX):
        return path
    return path.with_name(path.name.removesuffix(INT8_SUFFIX) + '.onnx')


def _torch_classifier(path: Path, num_threads: int, device: str) -> Classifier:
    try:
        from fer_ros.network.torch_classifier import load_torch_classifier
    except ImportError as error:
        raise ModelFileError(
            f'the torch backend needs a package that is not installed: {error}; '
            "pip install 'fer_ros[train]', or choose the backend onnx"
        ) from error
    return load_torch_classifier(path, num_threads, device)
