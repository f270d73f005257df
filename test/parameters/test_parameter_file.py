import re
from pathlib import Path

import pytest

from fer_ros.errors import SettingError
from fer_ros.parameters.fer_node import FER_NODE
from fer_ros.parameters.parameter_file import read_parameter_file


def read(tmp_path, text):
    (tmp_path / 'p.yaml').write_text(text)
    return read_parameter_file(tmp_path / 'p.yaml', '/fer_node', FER_NODE)


def test_shipped_file_gives_the_defaults():
    file = Path(__file__).parents[2] / 'config' / 'fer.yaml'
    assert read_parameter_file(file, '/fer_node', FER_NODE) == {
        spec.name: spec.default for spec in FER_NODE
    }


@pytest.mark.parametrize('section', ['/**', '/*', 'fer_node', '/fer_node', '/**/fer_node'])
def test_section_matching_the_node_is_used(tmp_path, section):
    chosen = read(tmp_path, f'{section}:\n  ros__parameters:\n    max_faces: 3\n')
    assert chosen['max_faces'] == 3
    assert chosen['detect_interval_s'] == 0.3


@pytest.mark.parametrize('section', ['camera_node', '/robot/fer_node', '/*/fer_node'])
def test_file_without_section_for_node_is_an_error_listing_its_sections(tmp_path, section):
    full = f'/{section}'.replace('//', '/')
    sentence = f'p.yaml has no section for /fer_node; there are {full}'
    with pytest.raises(SettingError, match=re.escape(sentence)):
        read(tmp_path, f'{section}:\n  ros__parameters:\n    max_faces: 3\n')


def test_later_section_overrides_earlier_one(tmp_path):
    text = (
        '/**:\n  ros__parameters:\n    max_faces: 3\n'
        'fer_node:\n  ros__parameters:\n    max_faces: 4\n'
    )
    assert read(tmp_path, text)['max_faces'] == 4


def test_integer_is_accepted_for_float_parameter(tmp_path):
    chosen = read(tmp_path, 'fer_node:\n  ros__parameters:\n    detect_interval_s: 1\n')
    assert repr(chosen['detect_interval_s']) == '1.0'


@pytest.mark.parametrize('text', ['5e-1', '5E-01', '.5e0', '0.05e1', '5.e-1', '5.0e-1'])
def test_number_with_an_exponent_is_read_as_by_rcl(tmp_path, text):
    given = f'fer_node:\n  ros__parameters:\n    detect_interval_s: {text}\n'
    assert read(tmp_path, given)['detect_interval_s'] == 0.5


def test_wrong_value_is_an_error_naming_parameter_value_and_range(tmp_path):
    with pytest.raises(SettingError, match='max_faces is 0, expected 1 to 1000'):
        read(tmp_path, 'fer_node:\n  ros__parameters:\n    max_faces: 0\n')


@pytest.mark.parametrize(
    ('text', 'sentence'),
    [
        ('a: [', r'p\.yaml is not valid YAML'),
        ('', r'p\.yaml has no section for any node'),
        ('fer_node: 3', r'p\.yaml has no section for any node'),
        ('fer_node: {ros__parameters: 3}', r'p\.yaml: /fer_node has no ros__parameters'),
        ('fer_n*: {ros__parameters: {}}', r"p\.yaml: 'fer_n\*' is not a valid node name"),
    ],
)
def test_invalid_parameter_file_is_an_error(tmp_path, text, sentence):
    with pytest.raises(SettingError, match=sentence):
        read(tmp_path, text)


def test_unknown_parameter_of_the_node_is_an_error(tmp_path):
    with pytest.raises(SettingError, match="fer_node has no parameter 'min_face', expected"):
        read(tmp_path, 'fer_node: {ros__parameters: {min_face: 40}}')


def test_use_sim_time_and_parameters_for_all_nodes_are_accepted(tmp_path):
    read(tmp_path, 'fer_node: {ros__parameters: {use_sim_time: true}}')
    read(tmp_path, '/**: {ros__parameters: {of_another_node: 1}}')


def test_parameters_outside_a_section_are_an_error(tmp_path):
    with pytest.raises(SettingError, match='has no section for any node'):
        read(tmp_path, 'min_face_px: 40')


def test_missing_file_is_an_error(tmp_path):
    with pytest.raises(SettingError, match=r'nothing\.yaml cannot be read: No such file'):
        read_parameter_file(tmp_path / 'nothing.yaml', '/fer_node', FER_NODE)


def test_list_parameter_accepts_only_allowed_values(tmp_path):
    section = 'fer_node: {ros__parameters: {annotate: %s}}'
    assert read(tmp_path, section % '[box, pose]')['annotate'] == ['box', 'pose']
    with pytest.raises(SettingError, match=r"annotate is \['hat'\], expected box, label, prob"):
        read(tmp_path, section % '[hat]')
