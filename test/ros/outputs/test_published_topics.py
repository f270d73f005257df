import re

import pytest

from fer_ros.messages.image_transport import base_topic
from fer_ros.parameters.fer_node import FER_NODE
from fer_ros.ros.outputs.choice import OUTPUTS, make_outputs
from fer_ros.ros.published_topics import published_topics
from fer_ros.ros.throttled_log import ThrottledLog

DEFAULTS = {spec.name: spec.default for spec in FER_NODE}


def test_all_topics_of_node_are_known(fer_node):
    node = fer_node(image_topics=['/eye/image'])
    own = published_topics(['/eye/image'], DEFAULTS)
    names = {publisher.topic_name for publisher in node.publishers}
    assert {name for name in names if not re.fullmatch(own, base_topic(name))} == set()


@pytest.mark.parametrize('output', OUTPUTS)
def test_topics_of_every_output_are_known(stand_in, output):
    values = {**DEFAULTS, 'outputs': [output]}
    make_outputs(stand_in, [], values, ThrottledLog(stand_in))
    own = published_topics([], values)
    names = {f'/{name.lstrip("/")}' for name in stand_in.publishers} - {'/tf'}
    assert {name for name in names if not re.fullmatch(own, name)} == set()
