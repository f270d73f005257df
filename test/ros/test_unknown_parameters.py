import re

import cv2
import pytest

from fer_ros.ros.camera_node import CameraNode
from fer_ros.ros.emotion_node import EmotionNode

OF_RCLPY = (
    'use_sim_time:=false',
    'start_type_description_service:=false',
    'qos_overrides./clock.subscription.depth:=5',
)


@pytest.fixture
def warnings(graph, capfd):
    """Return a function that makes a node with given parameters and returns its warnings."""

    def warned(kind, *parameters):
        given = [word for parameter in parameters for word in ('-p', parameter)]
        node = graph.add(kind(cli_args=['--ros-args', *given]))
        node.get_logger().warning('the end')
        log = rf'\[WARN\] \[[\d.]+\] \[{node.get_name()}\]: (.*)'
        *found, end = re.findall(log, capfd.readouterr().err)
        assert end == 'the end'
        return found

    return warned


def test_misspelled_parameters_of_fer_node_are_named_in_one_warning(warnings):
    given = ('smoothing_time_constant:=0.5', 'autostart:=false', 'min_face:=20', *OF_RCLPY)
    assert warnings(EmotionNode, *given) == [
        'ignored, as fer_node has no such parameter: min_face, smoothing_time_constant'
    ]


def test_misspelled_parameter_of_camera_node_is_named_once(warnings, two_faces_bgr, tmp_path):
    cv2.imwrite(str(tmp_path / 'i.png'), two_faces_bgr)
    given = (f'source:={tmp_path}', 'rate:=5.0', *OF_RCLPY)
    assert warnings(CameraNode, *given) == ['ignored, as camera_node has no such parameter: rate']


def test_known_parameters_of_node_and_rclpy_give_no_warning(warnings):
    given = ('smoothing_time_constant_s:=0.5', 'autostart:=false', *OF_RCLPY)
    assert warnings(EmotionNode, *given) == []
