"""The examples, run as nodes that receive messages from other nodes."""

import importlib.util
import math
from pathlib import Path

import pytest
from fer_ros.msg import FaceEmotion, FaceEmotionArray
from rclpy.parameter import Parameter
from rclpy.qos import DurabilityPolicy, QoSProfile
from stamped import header
from std_msgs.msg import Bool, String

EXAMPLES = Path(__file__).parent.parent.parent / 'examples'
LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)


def example(name):
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f'{name}.py')
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def face(face_id, emotion, facing_deg=0.0, first_seen_s=1):
    return FaceEmotion(
        face_id=face_id,
        emotion=emotion,
        facing_angle=math.radians(facing_deg),
        first_seen=header(first_seen_s).stamp,
    )


@pytest.fixture
def tell(graph):
    """Return a function that publishes the faces seen by a camera at a time."""
    publisher = graph.tester.create_publisher(FaceEmotionArray, 'emotion', 10)

    def publish(stamp_s, *faces, camera='/camera/image_raw'):
        if not publisher.get_subscription_count():
            graph.spin_until_matched('emotion')
        publisher.publish(
            FaceEmotionArray(header=header(stamp_s), image_topic=camera, faces=faces)
        )

    return publish


@pytest.fixture
def printed(graph, capsys):
    """Return a function that spins until a line is printed and returns all lines so far."""
    lines = []

    def until(line):
        def there():
            lines.extend(capsys.readouterr().out.splitlines())
            return line in lines

        assert graph.spin_until(there), lines
        return lines

    return until


def test_faces_in_view_are_printed_only_on_change(graph, tell, printed):
    graph.add(example('in_view').InView())
    for stamp_s in (1, 1.1, 1.2):
        tell(stamp_s, face(1, 'happiness'), face(2, ''))
    tell(1.3, camera='/back/image_raw')
    tell(1.4)
    assert printed('/camera/image_raw: nobody') == [
        '/camera/image_raw: 1 happiness, 2 uncertain',
        '/back/image_raw: nobody',
        '/camera/image_raw: nobody',
    ]


@pytest.fixture
def hellos(graph):
    """The greetings received so far, as a growing list."""
    graph.add(example('greet').Greeter())
    heard = graph.received(String, 'say')
    graph.spin_until_matched('say')
    return heard


def test_person_smiling_at_robot_is_greeted_once(graph, tell, hellos):
    for step in range(20):
        tell(1 + step / 10, face(1, 'happiness', 10), face(2, 'neutral'))
    # A second person ends the wait.
    for stamp_s in (5, 5.6):
        tell(stamp_s, face(3, 'happiness'))
    assert graph.spin_until(lambda: len(hellos) == 2)
    assert [hello.data for hello in hellos] == ['Hello, number 1!', 'Hello, number 3!']


def test_smile_that_is_short_or_directed_elsewhere_is_not_greeted(graph, tell, hellos):
    aside, unknown = face(1, 'happiness', 45), face(2, 'happiness', math.nan)
    for stamp_s in (1, 2, 3):
        tell(stamp_s, aside, unknown)
    tell(4, face(4, 'happiness'))
    tell(4.4, face(4, 'happiness'))
    tell(4.5, face(4, 'neutral'))
    tell(4.6, face(4, 'happiness'))
    for stamp_s in (5, 5.6):
        tell(stamp_s, face(3, 'happiness'))
    assert graph.spin_until(lambda: hellos)
    assert [hello.data for hello in hellos] == ['Hello, number 3!']


def test_images_of_another_camera_do_not_interrupt_a_smile(graph, tell, hellos):
    tell(1.0, face(1, 'happiness'), camera='/left/image_raw')
    tell(1.3, camera='/right/image_raw')
    tell(1.6, face(1, 'happiness'), camera='/left/image_raw')
    assert graph.spin_until(lambda: hellos)


def test_restarted_face_ids_count_as_new_people(graph, tell, hellos):
    for stamp_s in (1, 2):
        tell(stamp_s, face(1, 'happiness', first_seen_s=1))
    for stamp_s in (8, 9):
        tell(stamp_s, face(1, 'happiness', first_seen_s=8))
    assert graph.spin_until(lambda: len(hellos) == 2)


def test_time_without_images_is_no_smile(graph, tell, hellos):
    for stamp_s in (1, 4):
        tell(stamp_s, face(1, 'happiness'))
    for stamp_s in (5, 5.6):
        tell(stamp_s, face(3, 'happiness'))
    assert graph.spin_until(lambda: hellos)
    assert [hello.data for hello in hellos] == ['Hello, number 3!']


def test_smile_counts_after_stamps_jump_back(graph, tell, hellos):
    for stamp_s in (9, 4, 4.6):
        tell(stamp_s, face(1, 'happiness'))
    assert graph.spin_until(lambda: hellos)


@pytest.fixture
def condition(graph):
    """The values that a late subscriber receives, as a growing list."""
    graph.add(example('unhappy_condition').UnhappyCondition())
    assert graph.spin_until(lambda: graph.tester.count_publishers('somebody_unhappy'))
    heard = graph.received(Bool, 'somebody_unhappy', LATCHED)
    assert graph.spin_until(lambda: heard)
    assert not heard[-1].data
    return heard


def test_condition_holds_while_somebody_has_looked_unhappy_for_two_seconds(graph, tell, condition):
    tell(10, face(1, 'anger'), face(2, 'happiness'))
    tell(10.9, face(1, 'disgust'), face(2, 'happiness'))
    tell(11.8, face(1, 'sadness'), face(2, 'happiness'))
    tell(12, face(1, 'sadness'))
    assert graph.spin_until(lambda: condition[-1].data)
    tell(12.1, face(1, 'neutral'))
    assert graph.spin_until(lambda: not condition[-1].data)
    assert [told.data for told in condition] == [False, True, False]


@pytest.mark.parametrize(
    'times',
    [
        # Stamp, face_id and first_seen.
        pytest.param([(10, 1, 1), (10.9, 2, 1), (11.8, 1, 1), (12.1, 1, 1)], id='two people'),
        pytest.param([(10, 1, 1), (10.9, 1, 1), (11.8, 1, 11), (12.1, 1, 11)], id='reused id'),
        pytest.param([(10, 1, 1), (13, 1, 1)], id='a pause'),
    ],
)
def test_condition_does_not_add_up_times_across(graph, tell, condition, capsys, times):
    told = graph.received(FaceEmotionArray, 'emotion')
    graph.spin_until_matched('emotion')
    # The last message is repeated, because the node may get it after this test does.
    for stamp_s, face_id, first_seen_s in [*times, times[-1]]:
        tell(stamp_s, face(face_id, 'anger', first_seen_s=first_seen_s))
    assert graph.spin_until(lambda: len(told) == len(times) + 1)
    assert 'somebody is unhappy' not in capsys.readouterr().out
    for stamp_s in (50, 50.9, 51.8, 52):
        tell(stamp_s, face(1, 'anger'))
    assert graph.spin_until(lambda: condition[-1].data)


def test_condition_holds_after_stamps_jump_back(graph, tell, condition):
    for stamp_s in (100, 50, 50.9, 51.8, 52):
        tell(stamp_s, face(1, 'anger'))
    assert graph.spin_until(lambda: condition[-1].data)


def test_condition_ends_when_no_camera_reports_faces(graph, tell, condition):
    for stamp_s in (10, 10.9, 11.8, 12.5):
        tell(stamp_s, face(1, 'fear'))
    assert graph.spin_until(lambda: condition[-1].data)
    assert graph.spin_until(lambda: not condition[-1].data)


def test_condition_ends_when_clock_stands_still(graph, tell):
    node = graph.add(example('unhappy_condition').UnhappyCondition())
    node.set_parameters([Parameter('use_sim_time', value=True)])
    heard = graph.received(Bool, 'somebody_unhappy', LATCHED)
    for stamp_s in (10, 10.9, 11.8, 12.5):
        tell(stamp_s, face(1, 'fear'))
    assert graph.spin_until(lambda: heard and heard[-1].data)
    assert graph.spin_until(lambda: not heard[-1].data)
