import re
import time
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parent.parent
README = (ROOT / 'README.md').read_text()


def table(title):
    """Return the rows of the table whose first column is headed ``title``, as lists of cells."""
    rows = []
    lines = iter(README.splitlines())
    for line in lines:
        if line.startswith(f'| {title} '):
            break
    else:
        raise AssertionError(f'README has no table {title}')
    for line in lines:
        if not line.startswith('|'):
            break
        rows.append([cell.strip() for cell in line.strip('|').split('|')])
    return rows[1:]


def fields(message):
    for line in (ROOT / 'msg' / f'{message}.msg').read_text().splitlines():
        if line and not line.startswith('#'):
            yield line.split()[:2]


@pytest.mark.parametrize('message', ['FaceEmotion', 'FaceEmotionArray'])
def test_message_tables_agree_with_the_messages(message):
    rows = [[kind.strip('`'), name.strip('`')] for name, kind, _ in table(f'`{message}`')]
    assert rows == list(fields(message))


def specs(node):
    pytest.importorskip('rclpy')
    from fer_ros.ros import parameters

    return {'fer_node': parameters.FER_NODE, 'camera_node': parameters.CAMERA_NODE}[node]


@pytest.mark.parametrize('node', ['fer_node', 'camera_node'])
def test_parameter_tables_agree_with_the_code(node):
    rows = [
        [name.strip('`'), yaml.safe_load(default.strip('`')), allowed, live == 'yes', text]
        for name, default, allowed, live, text in table(f'`{node}` parameter')
    ]
    assert rows == [
        [spec.name, spec.default, spec.allowed(), spec.live, spec.description]
        for spec in specs(node)
    ]


@pytest.mark.parametrize('node', ['fer_node', 'camera_node'])
def test_parameter_file_holds_every_parameter_with_its_default(node):
    file = yaml.safe_load((ROOT / 'config' / 'fer.yaml').read_text())
    expected = {spec.name: spec.default for spec in specs(node)}
    assert file[f'/**/{node}']['ros__parameters'] == expected


@pytest.mark.parametrize('node', ['fer_node', 'camera_node'])
def test_every_parameter_has_a_description(node):
    assert all(spec.description.endswith('.') for spec in specs(node))


def names_and_types(node):
    """Return the topics and ``std_srvs`` services of a node, without those that all nodes have."""
    name = node.get_name()
    own = {'/rosout', '/parameter_events', f'/{name}/transition_event'}
    there = dict(node.get_publisher_names_and_types_by_node(name, ''))
    there |= dict(node.get_subscriber_names_and_types_by_node(name, ''))
    services = dict(node.get_service_names_and_types_by_node(name, ''))
    found = {(topic, kinds[0]) for topic, kinds in there.items() if topic not in own}
    return found | {(s, k[0]) for s, k in services.items() if k[0].startswith('std_srvs')}


def test_topic_table_names_what_the_node_has():
    rclpy = pytest.importorskip('rclpy')
    from rclpy.parameter import Parameter

    from fer_ros.ros.emotion_node import EmotionNode

    said = set()
    for cell, kind, _ in table('name'):
        topic = re.match(r'`(.*?)`', cell)[1].replace('~', '/fer_node')
        said.add((topic if topic.startswith('/') else f'/{topic}', kind.strip('`')))
    said.remove(('/camera/image_raw/compressed', 'sensor_msgs/msg/CompressedImage'))
    context = rclpy.Context()
    rclpy.init(context=context)
    overrides = [Parameter('autostart', value=False)]
    node = EmotionNode(context=context, parameter_overrides=overrides)
    try:
        node.trigger_configure()
        node.trigger_activate()
        # The graph learns of a node's own topics in its own time.
        end = time.monotonic() + 10
        while names_and_types(node) != said and time.monotonic() < end:
            time.sleep(0.05)
        assert names_and_types(node) == said
    finally:
        node.destroy_node()
        rclpy.shutdown(context=context)


def test_encodings_are_those_of_the_code():
    pytest.importorskip('rclpy')
    from fer_ros.ros.conversions import ENCODINGS

    said = re.search(r'Image encodings: (.*?);', README, re.S)[1]
    assert re.findall(r'`(\w+)`', said) == list(ENCODINGS)


def test_links_lead_somewhere():
    links = re.findall(r'\]\(([^)#:]+)\)', README)
    assert len(links) >= 4
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_python_example_runs(capsys, monkeypatch):
    from fer_ros.sample_clip import PORTRAIT

    monkeypatch.chdir(PORTRAIT.parent)
    code = README.split('In Python:')[1].split('\n## ')[0]
    exec('\n'.join(line[4:] for line in code.splitlines()))
    assert capsys.readouterr().out.startswith('1 happiness')
