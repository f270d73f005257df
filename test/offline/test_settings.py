from pathlib import Path

import pytest

from fer_ros.errors import SettingError
from fer_ros.offline.settings import RunSettings, chosen_parameters


def test_labels_come_from_one_place():
    with pytest.raises(SettingError, match='from a file or from a topic, not from both'):
        RunSettings(labels=Path('l.csv'), label_topic='/said')


def test_unknown_part_is_an_error():
    with pytest.raises(SettingError, match="part 'sound' is unknown, known are bag, table, video"):
        RunSettings(parts=('sound',))


def test_parameters_are_those_of_the_node_with_the_model_on_top(tmp_path):
    (tmp_path / 'p.yaml').write_text('fer_node:\n  ros__parameters:\n    max_faces: 2\n')
    chosen = chosen_parameters(tmp_path / 'p.yaml', {'model': 'm.onnx'})
    assert (chosen['max_faces'], chosen['model'], chosen['backend']) == (2, 'm.onnx', 'onnx')


def test_parameters_that_are_chosen_go_before_those_of_the_file(tmp_path):
    (tmp_path / 'p.yaml').write_text('fer_node:\n  ros__parameters:\n    max_faces: 2\n')
    values = chosen_parameters(tmp_path / 'p.yaml', {'max_faces': 5, 'mirror': True})
    assert (values['max_faces'], values['mirror']) == (5, True)


@pytest.mark.parametrize(
    'other',
    [
        RunSettings(topics=('/a',)),
        RunSettings(label_topic='/l'),
        RunSettings(parameters=chosen_parameters(chosen={'model': 'm.onnx'})),
        RunSettings(parameters=chosen_parameters(chosen={'mirror': True})),
    ],
)
def test_fingerprint_differs_with_what_changes_the_estimates(clip_bag, other):
    assert RunSettings().fingerprint(clip_bag) != other.fingerprint(clip_bag)


def test_fingerprint_does_not_differ_with_what_is_shown(clip_bag):
    quiet = RunSettings(parts=('table',), progress=False)
    assert RunSettings().fingerprint(clip_bag) == quiet.fingerprint(clip_bag)


def test_fingerprint_differs_with_the_bag(tmp_path):
    (tmp_path / 'a.mcap').write_bytes(b'one')
    before = RunSettings().fingerprint(tmp_path)
    (tmp_path / 'a.mcap').write_bytes(b'three')
    assert RunSettings().fingerprint(tmp_path) != before
