import json
import sys

import pytest

from fer_ros.cli import main


def test_bench_pipeline_prints_a_line_per_stage_and_its_progress(capsys, tmp_path):
    tiny = ['--rounds', '1', '--size', '480x360', '--images', '4']
    main(['bench', 'pipeline', *tiny, '--json', str(tmp_path / 'b.json')])
    said = capsys.readouterr()
    for stage in (
        'gray',
        'detector',
        'landmarks',
        'crop',
        'tracker',
        'batch',
        'model',
        'smoothing',
    ):
        assert f'\n{stage} ' in said.out
    assert 'frames/s' in said.out
    assert 'warms up' in said.err
    figures = json.loads((tmp_path / 'b.json').read_text())['sizes']['480x360']
    assert figures['sides'].keys() == {'fer_ros', 'two threads, for recorded images'}
    for side in figures['sides'].values():
        assert side['images_with_the_face'] == side['images'] == 4
        assert side['frames_per_second'] > 0


def test_invalid_bench_size_is_reported(capsys):
    with pytest.raises(SystemExit):
        main(['bench', 'pipeline', '--size', '640'])
    assert '640 is not a size such as 640x480' in capsys.readouterr().err


@pytest.mark.parametrize(
    ('arguments', 'said'),
    [
        (['pipeline', '--rounds', '0'], '--rounds: 0 is not a whole number of 1 or more'),
        (['faces', '--rounds', '-1'], '--rounds: -1 is not a whole number of 1 or more'),
        (['faces', '--images', '0'], '--images: 0 is not a whole number of 1 or more'),
        (['bag', '--seconds', '0'], '--seconds: 0 is not a number above 0'),
        (['bag', '--seconds', 'inf'], '--seconds: inf is not a number above 0'),
        (['bag', '--minutes', 'long'], '--minutes: long is not a number above 0'),
        (['node', '--seconds', 'nan'], '--seconds: nan is not a number above 0'),
    ],
    ids=lambda value: ' '.join(value) if isinstance(value, list) else '',
)
def test_bench_of_nothing_is_refused(arguments, said, capsys):
    with pytest.raises(SystemExit):
        main(['bench', *arguments])
    assert f'argument {said}' in capsys.readouterr().err


def test_bench_node_without_ros_says_what_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, 'rclpy', None)
    monkeypatch.delitem(sys.modules, 'fer_ros.bench.node', raising=False)
    monkeypatch.delitem(sys.modules, 'fer_ros.bench.node_graph', raising=False)
    monkeypatch.setitem(sys.modules, 'ament_index_python', None)
    monkeypatch.setitem(sys.modules, 'ament_index_python.packages', None)
    with pytest.raises(SystemExit, match='fer-ros: bench node needs ROS 2 and the built package'):
        main(['bench', 'node'])
