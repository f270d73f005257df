"""The node under a lifecycle manager that uses only the lifecycle services."""

import pytest
from fer_ros.msg import FaceEmotionArray
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import Image
from stamped import header

from fer_ros.ros.conversions import bgr_to_msg

STATES = {
    Transition.TRANSITION_CONFIGURE: 'inactive',
    Transition.TRANSITION_ACTIVATE: 'active',
    Transition.TRANSITION_DEACTIVATE: 'inactive',
    Transition.TRANSITION_CLEANUP: 'unconfigured',
}


class Manager:
    """Asks for a transition and then for the state, as nav2_lifecycle_manager does.

    Its ``bond_timeout`` is 0: it awaits no heartbeat of the node.
    """

    def __init__(self, graph, node_name):
        self._graph, self._node_name = graph, node_name

    def change(self, transition):
        request = ChangeState.Request(transition=Transition(id=transition))
        assert self._graph.call(ChangeState, f'{self._node_name}/change_state', request).success
        assert self._graph.state(self._node_name) == STATES[transition]

    def start_up(self):
        self.change(Transition.TRANSITION_CONFIGURE)
        self.change(Transition.TRANSITION_ACTIVATE)

    def reset(self):
        self.change(Transition.TRANSITION_DEACTIVATE)
        self.change(Transition.TRANSITION_CLEANUP)

    def shut_down(self):
        self.reset()
        shutdown = Transition(id=Transition.TRANSITION_UNCONFIGURED_SHUTDOWN)
        request = ChangeState.Request(transition=shutdown)
        assert self._graph.call(ChangeState, f'{self._node_name}/change_state', request).success


@pytest.fixture
def manager(graph, fer_node):
    fer_node(wait=False, autostart=False)
    return Manager(graph, 'fer_node')


@pytest.fixture
def answers(graph, portrait_bgr):
    """Return a function that publishes an image and returns the faces reported for it."""
    emotions = graph.received(FaceEmotionArray, 'emotion')
    images = graph.tester.create_publisher(Image, 'camera/image_raw', qos_profile_sensor_data)

    def show(stamp_s):
        emotions.clear()
        graph.spin_until_matched('camera/image_raw', 'emotion')
        images.publish(bgr_to_msg(portrait_bgr, header(stamp_s)))
        assert graph.spin_until(lambda: emotions)
        return [(face.face_id, face.emotion) for face in emotions[0].faces]

    return show


def test_node_is_idle_until_manager_starts_it(graph, manager, answers):
    assert graph.state() == 'unconfigured'
    assert graph.tester.count_subscribers('camera/image_raw') == 0
    manager.start_up()
    assert answers(1.0) == [(1, 'happiness')]


def test_face_ids_are_not_reused_after_pause(manager, answers):
    manager.start_up()
    assert answers(1.0) == [(1, 'happiness')]
    manager.change(Transition.TRANSITION_DEACTIVATE)
    manager.change(Transition.TRANSITION_ACTIVATE)
    assert answers(2.0) == [(2, 'happiness')]


def test_reset_node_starts_up_like_a_new_one(graph, manager, answers):
    manager.start_up()
    assert answers(1.0) == [(1, 'happiness')]
    manager.reset()
    assert graph.spin_until(lambda: graph.tester.count_subscribers('camera/image_raw') == 0)
    manager.start_up()
    assert answers(2.0) == [(1, 'happiness')]


def test_manager_can_shut_node_down(graph, manager):
    manager.start_up()
    manager.shut_down()
    assert graph.state() == 'finalized'
