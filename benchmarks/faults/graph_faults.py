"""Faults around a node: publishers, subscribers, requests and time."""

import os
import signal
from functools import partial
from random import Random
from typing import Any

from fer_ros.msg import FaceEmotionArray
from fer_ros.srv import AnalyzeImage
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState
from rcl_interfaces.msg import Parameter, ParameterValue
from rcl_interfaces.srv import SetParameters
from rclpy.qos import ReliabilityPolicy
from sensor_msgs.msg import Image
from std_srvs.srv import SetBool, Trigger

from benchmarks.faults import bad_images
from benchmarks.faults.fault_graph import SILENT_AFTER_S, FaultGraph
from benchmarks.faults.process_state import ProcessState, process_state
from benchmarks.faults.requirements import require, settle

_TO_REST = (Transition.TRANSITION_DEACTIVATE, Transition.TRANSITION_CLEANUP)
_TO_WORK = (Transition.TRANSITION_CONFIGURE, Transition.TRANSITION_ACTIVATE)
_IMAGES = 30
_REST_S = 0.5
_STOPPED_S = 5.0
_GOES_ON_S = 1.0
_WITHIN_S = 20.0


def silence(graph: FaultGraph, random: Random) -> None:
    """A topic that falls silent and comes back with a publisher of either reliability."""
    camera = random.choice(graph.cameras)
    before = len(graph.statuses)
    graph.close(camera)
    require(
        graph.wait_for_status(f'no image on {camera.topic}', before, load=True),
        f'no status reports that {camera.topic} is silent for more than {SILENT_AFTER_S} s',
    )
    graph.open(camera, random.choice((ReliabilityPolicy.RELIABLE, ReliabilityPolicy.BEST_EFFORT)))
    graph.reset_counts()


def other_publisher(graph: FaultGraph, random: Random) -> None:
    """A second publisher with another reliability, which appears, sends and disappears."""
    camera = random.choice(graph.cameras)
    own, before = camera.publisher, len(graph.statuses)
    graph.open(camera, ReliabilityPolicy.BEST_EFFORT)
    require(
        graph.wait_for_status('nodes publish this topic', before, load=True),
        f'no status reports that two nodes publish {camera.topic}',
    )
    graph.send_all(camera, [camera.good] * _IMAGES)
    graph.close(camera)
    camera.publisher = own
    # Images of two publishers cannot be counted; the node receives the first one as before.
    graph.reset_counts()


def listeners(graph: FaultGraph, random: Random) -> None:
    """Subscribers to answers and annotated images that come and go."""
    topics = [(FaceEmotionArray, 'emotion'), (Image, 'raw/image_annotated')]
    for _ in range(6):
        kind, topic = random.choice(topics)
        received: list[Any] = []
        subscription = graph.tester.create_subscription(kind, topic, received.append, 1)
        came = graph.spin(_WITHIN_S, partial(bool, received), load=True)
        graph.tester.destroy_subscription(subscription)
        require(came, f'a subscriber to {topic} receives nothing')


def lifecycle(graph: FaultGraph, random: Random) -> None:
    """Deactivation and activation, with or without cleanup, while images arrive."""
    half_way = (Transition.TRANSITION_DEACTIVATE, Transition.TRANSITION_ACTIVATE)
    for transition in random.choice((half_way, _TO_REST + _TO_WORK)):
        require(_change(graph, transition), f'transition {transition} fails')
        graph.spin(random.random() / 2, load=True)
    graph.reset_counts()


def restart(graph: FaultGraph) -> ProcessState:
    """Clean up the node, then configure and activate it and use everything once.

    Returns:
        Resources of the process while it was unconfigured. Only then can threads and descriptors
        be compared: an active node starts threads as it needs them.
    """
    for transition in _TO_REST:
        require(_change(graph, transition), f'transition {transition} fails')
    graph.spin(_REST_S)
    at_rest = process_state(graph.node.pid)
    for transition in _TO_WORK:
        require(_change(graph, transition), f'transition {transition} fails')
    graph.reset_counts()
    single_images(graph, Random(0))
    # By then, a detection and the first work of its thread are over.
    for _ in range(5):
        for camera in graph.cameras:
            graph.answer_s(camera)
    return at_rest


def wrong_transitions(graph: FaultGraph, random: Random) -> None:
    """Transitions that do not exist, or not from this state."""
    wrong = (Transition.TRANSITION_CONFIGURE, Transition.TRANSITION_ACTIVATE, 99, 200, 255)
    for transition in random.sample(wrong, 3):
        require(not _change(graph, transition), f'transition {transition} succeeds')


def good_parameters(graph: FaultGraph, random: Random) -> None:
    """Parameters that are changed and changed back while images arrive."""
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
            require(accepted, f'{name} = {changes[name][turn]} is refused: {reason}')


def bad_parameters(graph: FaultGraph, random: Random) -> None:
    """Parameters with invalid values, types and names, while images arrive."""
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
        require(not accepted, f'{name} = {str(value)[:50]} is accepted')


def stopped_process(graph: FaultGraph, random: Random) -> None:
    """A process that is suspended for five seconds."""
    os.kill(graph.node.pid, signal.SIGSTOP)
    try:
        graph.spin(_STOPPED_S, load=True)
    finally:
        os.kill(graph.node.pid, signal.SIGCONT)
    # Cameras do not stop because a node did. The first of these images find the shared memory
    # still full of those that nobody has read, and may be lost: with best effort for good.
    graph.spin(_GOES_ON_S, load=True)


def disabled(graph: FaultGraph, random: Random) -> None:
    """A node that is disabled and enabled again."""
    _call(graph, SetBool, 'set_enabled', SetBool.Request(data=False))
    ignored = graph.raw.outcomes['ignored']
    graph.send_all(graph.raw, [graph.raw.good] * 10)
    settle(graph)
    _call(graph, SetBool, 'set_enabled', SetBool.Request(data=True))
    require(graph.raw.outcomes['ignored'] > ignored, 'a disabled node ignores no image')


def resets(graph: FaultGraph, random: Random) -> None:
    """Requests to forget the faces, between images."""
    for _ in range(5):
        answer = _call(graph, Trigger, 'reset', Trigger.Request())
        require(answer.success, f'reset fails: {answer.message}')


def single_images(graph: FaultGraph, random: Random) -> None:
    """Requests to analyze unreadable images and a good one."""
    images = list(bad_images.unreadable_images(graph.raw.good))
    for image in random.sample(images, 5):
        answer = _call(graph, AnalyzeImage, 'analyze', AnalyzeImage.Request(image=image))
        require(not answer.success and bool(answer.message), 'an unreadable image is analyzed')
    answer = _call(graph, AnalyzeImage, 'analyze', AnalyzeImage.Request(image=graph.raw.good))
    require(answer.success, f'a good image is not analyzed: {answer.message}')


def _call(graph: FaultGraph, kind: Any, name: str, request: Any) -> Any:
    """Return the answer of one of the node's services, while images arrive."""
    client = graph.tester.create_client(kind, f'/fer_node/{name}')
    try:
        require(graph.spin(_WITHIN_S, client.service_is_ready), f'service {name} does not exist')
        future = client.call_async(request)
        require(graph.spin(_WITHIN_S, future.done, load=True), f'service {name} does not answer')
        return future.result()
    finally:
        graph.tester.destroy_client(client)


def _change(graph: FaultGraph, transition: int) -> bool:
    request = ChangeState.Request(transition=Transition(id=transition))
    return bool(_call(graph, ChangeState, 'change_state', request).success)


def _set(graph: FaultGraph, name: str, value: Any) -> tuple[bool, str]:
    """Set a parameter through the service; return whether it is accepted, and the reason."""
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
