"""The kinds of faults: what each does to a node, and what has to hold of it at once."""

import array
import os
import signal
import time
from collections.abc import Callable
from functools import partial
from random import Random
from typing import Any

import cv2
import numpy as np
from builtin_interfaces.msg import Time
from fer_ros.msg import FaceEmotionArray
from fer_ros.srv import AnalyzeImage
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState
from rcl_interfaces.msg import Parameter, ParameterValue
from rcl_interfaces.srv import SetParameters
from rclpy.qos import ReliabilityPolicy
from sensor_msgs.msg import CameraInfo, CompressedImage, Image
from std_srvs.srv import SetBool, Trigger

from benchmarks.faults import bad_images, bad_pictures
from benchmarks.faults.fault_graph import SILENT_AFTER_S, Camera, FaultGraph
from benchmarks.faults.process_state import forget_peak, peak_mb, process_state

# Images of a kind that are sent in a row, so that a campaign of seconds has several kinds.
_IN_A_ROW = 30
_BOMB_MB = 64
_STOPPED_S = 5.0
_WITHIN_S = 20.0


class UnfulfilledError(Exception):
    """Something that has to hold does not; said in a sentence."""


Kind = Callable[[FaultGraph, Random], None]


def unreadable_fields(graph: FaultGraph, random: Random) -> None:
    """Images of which one field is wrong."""
    images = list(bad_images.unreadable_images(graph.raw.good))
    _send_unreadable(graph, graph.raw, random.sample(images, _IN_A_ROW))


def odd_fields(graph: FaultGraph, random: Random) -> None:
    """Images that can be read, but are odd."""
    graph.send_all(graph.raw, bad_images.odd_images(graph.raw.good))


def random_fields(graph: FaultGraph, random: Random) -> None:
    """Images of which several fields are random."""
    good = graph.raw.good
    graph.send_all(graph.raw, (bad_images.random_image(good, random) for _ in range(_IN_A_ROW)))


def cut_pictures(graph: FaultGraph, random: Random) -> None:
    """JPEG and PNG files that end early."""
    _send_pictures(graph, random, bad_pictures.cut)


def flipped_pictures(graph: FaultGraph, random: Random) -> None:
    """JPEG and PNG files with wrong bits."""
    _send_pictures(graph, random, bad_pictures.flipped)


def garbage_pictures(graph: FaultGraph, random: Random) -> None:
    """Random bytes of any format, one camera's; the other one's images are good."""
    formats = ('', 'jpeg', 'png', 'h264', 'bgr8; jpeg compressed bgr8', '16UC1; png', 'x' * 10_000)
    messages = [
        CompressedImage(
            format=random.choice(formats),
            data=array.array('B', random.randbytes(random.choice((0, 1, 2, 1000, 100_000)))),
        )
        for _ in range(_IN_A_ROW)
    ]
    _send_unreadable(graph, graph.compressed, messages)


def bombs(graph: FaultGraph, random: Random) -> None:
    """Small files that would be decoded to hundreds of megabytes."""
    jpeg = bytes(graph.compressed.good.data)
    messages = [_picture(data) for data in bad_pictures.bombs(jpeg)]
    before_mb = process_state(graph.node.pid).resident_mb
    forget_peak(graph.node.pid)
    graph.send_all(graph.compressed, messages)
    graph.answer_s(graph.compressed)
    grown_mb = peak_mb(graph.node.pid) - before_mb
    _require(grown_mb < _BOMB_MB, f'a bomb took {grown_mb:.0f} MB')


def jumping_stamps(graph: FaultGraph, random: Random) -> None:
    """Stamps that jump both ways, stand still, are zero or at their limits."""
    now_s = int(time.time())
    limits = (-(2**31), -1, 0, 1, 2**31 - 1)
    for _ in range(_IN_A_ROW):
        stamp = Time(
            sec=random.choice((*limits, now_s - random.randrange(10_000), now_s + 3600, now_s)),
            nanosec=random.choice((0, 1, 999_999_999, 10**9, 2**32 - 1, random.randrange(10**9))),
        )
        for _ in range(random.choice((1, 1, 3))):
            for camera in graph.cameras:
                graph.send(camera, stamp=stamp)
            graph.spin(0.02)


def late_stamps(graph: FaultGraph, random: Random) -> None:
    """Images that were overtaken by later ones."""
    before = dict(graph.raw.fates)
    graph.answer_s(graph.raw)
    late_ns = graph.raw.last_ns - random.randrange(1, 900_000_000)
    for number in range(_IN_A_ROW):
        stamp_ns = late_ns - number
        stamp = Time(sec=stamp_ns // 10**9, nanosec=stamp_ns % 10**9)
        graph.send(graph.raw, name=f'late {number}', stamp=stamp)
        graph.spin(0.03)
    _settle(graph)
    gone = sum(graph.raw.fates[fate] - before[fate] for fate in ('late', 'dropped'))
    _require(gone == _IN_A_ROW, f'of {_IN_A_ROW} late images {gone} were left out')
    _require_unanswered(graph, 'late')


def burst(graph: FaultGraph, random: Random) -> None:
    """Images at 200 Hz, of both cameras."""
    for _ in range(200):
        for camera in graph.cameras:
            graph.send(camera)
        graph.spin(0.005)


def silence(graph: FaultGraph, random: Random) -> None:
    """A topic that stops and comes back, by a publisher of either reliability."""
    camera = random.choice(graph.cameras)
    said = len(graph.statuses)
    graph.close(camera)
    _require(
        graph.said(f'no image on {camera.topic}', said, load=True),
        f'no status says that {camera.topic} is silent for more than {SILENT_AFTER_S} s',
    )
    graph.open(camera, random.choice((ReliabilityPolicy.RELIABLE, ReliabilityPolicy.BEST_EFFORT)))
    graph.open_accounts()


def other_publisher(graph: FaultGraph, random: Random) -> None:
    """A second publisher with another reliability, which comes, sends and goes."""
    camera = random.choice(graph.cameras)
    own, said = camera.publisher, len(graph.statuses)
    graph.open(camera, ReliabilityPolicy.BEST_EFFORT)
    _require(
        graph.said('publishers send images', said),
        f'no status says that two publishers send on {camera.topic}',
    )
    graph.send_all(camera, [camera.good] * _IN_A_ROW)
    graph.close(camera)
    camera.publisher = own
    # What both had sent is nobody's to count; the node hears the first one as before.
    graph.open_accounts()


def listeners(graph: FaultGraph, random: Random) -> None:
    """Subscribers of answers and annotated images that come and go."""
    topics = [(FaceEmotionArray, 'emotion'), (Image, 'raw/image_annotated')]
    for _ in range(6):
        kind, topic = random.choice(topics)
        heard: list[Any] = []
        subscription = graph.tester.create_subscription(kind, topic, heard.append, 1)
        came = graph.spin(_WITHIN_S, partial(bool, heard), load=True)
        graph.tester.destroy_subscription(subscription)
        _require(came, f'a subscriber of {topic} hears nothing')


def lifecycle(graph: FaultGraph, random: Random) -> None:
    """Down and up again, half way or the whole, while images come."""
    ways = (
        (Transition.TRANSITION_DEACTIVATE, Transition.TRANSITION_ACTIVATE),
        (
            Transition.TRANSITION_DEACTIVATE,
            Transition.TRANSITION_CLEANUP,
            Transition.TRANSITION_CONFIGURE,
            Transition.TRANSITION_ACTIVATE,
        ),
    )
    for transition in random.choice(ways):
        _require(_change(graph, transition), f'transition {transition} fails')
        graph.spin(random.random() / 2, load=True)
    graph.open_accounts()


def wrong_transitions(graph: FaultGraph, random: Random) -> None:
    """Transitions that there are not, or not from this state."""
    wrong = (Transition.TRANSITION_CONFIGURE, Transition.TRANSITION_ACTIVATE, 99, 200, 255)
    for transition in random.sample(wrong, 3):
        _require(not _change(graph, transition), f'transition {transition} succeeds')


def good_parameters(graph: FaultGraph, random: Random) -> None:
    """Parameters that are changed and changed back while images come."""
    changes: dict[str, tuple[Any, Any]] = {
        'max_faces': (random.randint(1, 1000), 10),
        'detect_interval_s': (random.uniform(0, 10), 0.5),
        'smoother': ('average', 'following'),
        'smoothing_time_constant_s': (random.uniform(0, 60), 1.0),
        'confidence_threshold': (random.random(), 0.0),
        'hfov_deg': (random.uniform(1, 179), 60.0),
        'publish_landmarks': (False, True),
        'annotate': (['none', 'pose'], ['box', 'label']),
    }
    for turn in (0, 1):
        for name in random.sample(sorted(changes), len(changes)):
            accepted, reason = _set(graph, name, changes[name][turn])
            _require(accepted, f'{name} = {changes[name][turn]} is refused: {reason}')


def bad_parameters(graph: FaultGraph, random: Random) -> None:
    """Parameters with values, types and names that there are not, while images come."""
    wrong: list[tuple[str, Any]] = [
        ('max_faces', 0),
        ('max_faces', -(2**63)),
        ('max_faces', 'many'),
        ('confidence_threshold', float('nan')),
        ('confidence_threshold', float('inf')),
        ('hfov_deg', 1e300),
        ('smoother', ''),
        ('smoother', 'x' * 100_000),
        ('annotate', ['none', '🙂']),
        ('annotate', 'label'),
        ('publish_landmarks', 1),
        ('publish_landmarks', None),
        ('model', '/nowhere.onnx'),
        ('image_topics', []),
        ('no such parameter', 1),
        ('', 1),
        ('max_faces', ParameterValue(type=42)),
        ('max_faces', ParameterValue(type=255, string_value='x')),
    ]
    for name, value in random.sample(wrong, 9):
        accepted, _ = _set(graph, name, value)
        _require(not accepted, f'{name} = {str(value)[:50]} is accepted')


def rubbish_camera(graph: FaultGraph, random: Random) -> None:
    """Two cameras, of which one sends rubbish: the other one is answered all the same."""
    camera = graph.raw
    images = list(bad_images.unreadable_images(camera.good))
    published = graph.compressed.fates['published']
    _send_unreadable(graph, camera, random.choices(images, k=_IN_A_ROW))
    _require(graph.compressed.fates['published'] > published, 'the other camera is not answered')


def stopped_process(graph: FaultGraph, random: Random) -> None:
    """A process that gets no time for five seconds."""
    os.kill(graph.node.pid, signal.SIGSTOP)
    try:
        graph.spin(_STOPPED_S, load=True)
    finally:
        os.kill(graph.node.pid, signal.SIGCONT)


def disabled(graph: FaultGraph, random: Random) -> None:
    """A node that is told to ignore images, and then not to."""
    _call(graph, SetBool, 'set_enabled', SetBool.Request(data=False))
    ignored = graph.raw.fates['ignored']
    graph.send_all(graph.raw, [graph.raw.good] * 10)
    _settle(graph)
    _call(graph, SetBool, 'set_enabled', SetBool.Request(data=True))
    _require(graph.raw.fates['ignored'] > ignored, 'no image of a disabled node is ignored')


def resets(graph: FaultGraph, random: Random) -> None:
    """Requests to forget the faces, between images."""
    for _ in range(5):
        answer = _call(graph, Trigger, 'reset', Trigger.Request())
        _require(answer.success, f'reset fails: {answer.message}')


def single_images(graph: FaultGraph, random: Random) -> None:
    """Requests to judge an image that is wrong, and one that is not."""
    images = list(bad_images.unreadable_images(graph.raw.good))
    for image in random.sample(images, 5):
        answer = _call(graph, AnalyzeImage, 'analyze', AnalyzeImage.Request(image=image))
        _require(not answer.success and bool(answer.message), 'a wrong image is judged')
    answer = _call(graph, AnalyzeImage, 'analyze', AnalyzeImage.Request(image=graph.raw.good))
    _require(answer.success, f'a good image is not judged: {answer.message}')


def camera_infos(graph: FaultGraph, random: Random) -> None:
    """Calibrations with numbers that no camera has, beside good images."""
    publisher = graph.tester.create_publisher(CameraInfo, 'raw/camera_info', 1)
    for _ in range(_IN_A_ROW):
        publisher.publish(bad_images.random_camera_info(random))
        graph.spin(0.03, load=True)
    publisher.publish(CameraInfo())
    graph.spin(0.1)
    graph.tester.destroy_publisher(publisher)


KINDS: tuple[Kind, ...] = (
    *(unreadable_fields, odd_fields, random_fields),
    *(cut_pictures, flipped_pictures, garbage_pictures, bombs),
    *(jumping_stamps, late_stamps, burst, silence, other_publisher, listeners),
    *(lifecycle, wrong_transitions, good_parameters, bad_parameters),
    *(rubbish_camera, stopped_process, disabled, resets, single_images, camera_infos),
)


def _require(holds: bool, sentence: str) -> None:
    if not holds:
        raise UnfulfilledError(sentence)


def _settle(graph: FaultGraph) -> None:
    """Wait until diagnostics tell of all images."""
    for camera in graph.cameras:
        missing = graph.unaccounted(camera)
        _require(not missing, f'{camera.topic}: {missing} of {camera.sent} are not accounted for')


def _require_unanswered(graph: FaultGraph, name: str) -> None:
    answered = [answer for answer in graph.answers if answer.startswith(f'{name} ')]
    _require(not answered, f'images are answered that should not be: {", ".join(answered)}')


def _send_unreadable(graph: FaultGraph, camera: Camera, messages: list[Any]) -> None:
    _settle(graph)
    before = dict(camera.fates)
    graph.answers.clear()
    count = graph.send_all(camera, messages, name='unreadable')
    _settle(graph)
    gone = sum(camera.fates[fate] - before[fate] for fate in ('failed', 'dropped'))
    _require(gone == count, f'of {count} images that cannot be read, {gone} failed')
    _require_unanswered(graph, 'unreadable')


def _send_pictures(
    graph: FaultGraph, random: Random, harm: Callable[[bytes, Random], bytes]
) -> None:
    jpeg = bytes(graph.compressed.good.data)
    bgr = np.asarray(cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR))
    png = cv2.imencode('.png', bgr)[1].tobytes()
    progressive = cv2.imencode('.jpg', bgr, [cv2.IMWRITE_JPEG_PROGRESSIVE, 1])[1].tobytes()
    pictures = [random.choice((jpeg, png, progressive)) for _ in range(_IN_A_ROW)]
    graph.send_all(graph.compressed, (_picture(harm(data, random)) for data in pictures))


def _picture(data: bytes) -> CompressedImage:
    return CompressedImage(format='jpeg', data=array.array('B', data))


def _call(graph: FaultGraph, kind: Any, name: str, request: Any) -> Any:
    """Return the answer of one of the node's services, while images come."""
    client = graph.tester.create_client(kind, f'/fer_node/{name}')
    try:
        _require(graph.spin(_WITHIN_S, client.service_is_ready), f'service {name} is not there')
        future = client.call_async(request)
        _require(graph.spin(_WITHIN_S, future.done, load=True), f'service {name} does not answer')
        return future.result()
    finally:
        graph.tester.destroy_client(client)


def _change(graph: FaultGraph, transition: int) -> bool:
    request = ChangeState.Request(transition=Transition(id=transition))
    return bool(_call(graph, ChangeState, 'change_state', request).success)


def _set(graph: FaultGraph, name: str, value: Any) -> tuple[bool, str]:
    """Set a parameter as from outside; return whether it is accepted, and why it is not."""
    if not isinstance(value, ParameterValue):
        value = _parameter_value(value)
    request = SetParameters.Request(parameters=[Parameter(name=name, value=value)])
    (result,) = _call(graph, SetParameters, 'set_parameters', request).results
    return result.successful, result.reason


def _parameter_value(value: Any) -> ParameterValue:
    if isinstance(value, bool):
        return ParameterValue(type=1, bool_value=value)
    if isinstance(value, int):
        return ParameterValue(type=2, integer_value=value)
    if isinstance(value, float):
        return ParameterValue(type=3, double_value=value)
    if isinstance(value, str):
        return ParameterValue(type=4, string_value=value)
    if isinstance(value, list):
        return ParameterValue(type=9, string_array_value=value)
    return ParameterValue(type=0)
