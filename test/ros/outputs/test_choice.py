import re
import sys

import pytest
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState

from fer_ros.parameters.fer_node import FER_NODE
from fer_ros.ros.outputs.choice import OUTPUTS


def test_outputs_parameter_allows_every_output():
    (allowed,) = (spec.choices for spec in FER_NODE if spec.name == 'outputs')
    assert set(allowed) == set(OUTPUTS)


def configured(graph):
    request = ChangeState.Request(transition=Transition(id=Transition.TRANSITION_CONFIGURE))
    return graph.call(ChangeState, '/fer_node/change_state', request).success


@pytest.mark.parametrize(
    ('output', 'package'),
    [('hri', 'hri_msgs'), ('tf', 'tf2_msgs'), ('vision_msgs', 'vision_msgs')],
)
def test_output_with_missing_messages_fails_to_configure_with_install_command(
    graph, fer_node, monkeypatch, output, package
):
    monkeypatch.setitem(sys.modules, f'{package}.msg', None)
    node = fer_node(wait=False, autostart=False, outputs=['emotion', output])
    assert not configured(graph)
    assert f'output {output} needs the messages of {package}' in node.transition_error
    package_of_a_distribution = rf'apt install ros-\S+-{package.replace("_", "-")}'
    assert re.search(package_of_a_distribution, node.transition_error)
    topics = {topic for topic, _ in graph.tester.get_topic_names_and_types()}
    assert '/emotion' not in topics


def test_emotion_output_can_be_left_out(graph, fer_node):
    pytest.importorskip('vision_msgs.msg', reason='vision_msgs is not installed')
    fer_node(outputs=['vision_msgs'])
    topics = {topic for topic, _ in graph.tester.get_topic_names_and_types()}
    assert '/face_detections' in topics
    assert '/emotion' not in topics
