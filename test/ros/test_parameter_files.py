"""A parameter file has the same effect on a node, through rcl, and on a replay."""

import pytest
from rclpy.node import Node

from fer_ros.errors import SettingError
from fer_ros.parameters.camera_node import CAMERA_NODE
from fer_ros.parameters.parameter_file import read_parameter_file

FILES = {
    'root': 'n: {ros__parameters: {frame_id: a}}',
    'slash': '/n: {ros__parameters: {frame_id: a}}',
    'written out': '/x/n: {ros__parameters: {frame_id: a}}',
    'written out without a slash': 'x/n: {ros__parameters: {frame_id: a}}',
    'nested': 'x: {n: {ros__parameters: {frame_id: a}}}',
    'nested deep': 'x: {y: {n: {ros__parameters: {frame_id: a}}}}',
    'all': '/**: {ros__parameters: {frame_id: a}}',
    'all of one name': '/**/n: {ros__parameters: {frame_id: a}}',
    'all of one name, nested': '/**: {n: {ros__parameters: {frame_id: a}}}',
    'root only': '/*: {ros__parameters: {frame_id: a}}',
    'one namespace': '/*/n: {ros__parameters: {frame_id: a}}',
    'another': 'm: {ros__parameters: {frame_id: a}}',
    'all, then one': '/**: {ros__parameters: {frame_id: a}}\nn: {ros__parameters: {frame_id: b}}',
    'one, then all': 'n: {ros__parameters: {frame_id: b}}\n/**: {ros__parameters: {frame_id: a}}',
    'twice': 'n: {ros__parameters: {frame_id: b}}\nn: {ros__parameters: {loop: false}}',
    'of others': '/**: {ros__parameters: {frame_id: a, of_another: 3}}',
}


def by_rcl(path, namespace):
    node = Node('n', namespace=namespace, cli_args=['--ros-args', '--params-file', str(path)])
    try:
        values = {}
        for spec in CAMERA_NODE:
            values[spec.name] = node.declare_parameter(spec.name, spec.default).value
        return values
    finally:
        node.destroy_node()


def by_replay(path, name):
    try:
        return read_parameter_file(path, name, CAMERA_NODE)
    except SettingError:
        # It has no section for the node, which rcl does not report.
        return {spec.name: spec.default for spec in CAMERA_NODE}


@pytest.mark.parametrize('namespace', ['/', '/x', '/x/y'])
@pytest.mark.parametrize('content', FILES.values(), ids=FILES)
def test_parameter_file_has_same_effect_on_node_and_replay(ros, tmp_path, content, namespace):
    path = tmp_path / 'p.yaml'
    path.write_text(content)
    name = f'{namespace.rstrip("/")}/n'
    assert by_replay(path, name) == by_rcl(path, namespace)
