import re
from pathlib import Path

import pytest
import yaml
from readme import README, table

from fer_ros import parameters
from fer_ros.image_message import ENCODINGS

ROOT = Path(__file__).parent.parent


def fields(message):
    for line in (ROOT / 'msg' / f'{message}.msg').read_text().splitlines():
        if line and not line.startswith('#'):
            yield line.split()[:2]


@pytest.mark.parametrize('message', ['FaceEmotion', 'FaceEmotionArray'])
def test_message_tables_agree_with_the_messages(message):
    rows = [[kind.strip('`'), name.strip('`')] for name, kind, _ in table(f'`{message}`')]
    assert rows == list(fields(message))


def specs(node):
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


def test_encodings_are_those_of_the_code():
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
