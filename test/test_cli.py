import json
import re
import shlex
import subprocess
import sys

import pytest

import fer_ros
from fer_ros.atomic_file import sole_writer
from fer_ros.cli import main, parser
from fer_ros.inference.classifier import INT8_SUFFIX, SHIPPED_MODEL


def help_of(capsys, *command):
    with pytest.raises(SystemExit, match=r'^0$'):
        main([*command, '--help'])
    return capsys.readouterr().out


def commands_in(text):
    return re.findall(r'^    ([a-z][a-z-]*) ', text, re.M)


def test_every_command_describes_itself_with_an_example_that_can_be_given(capsys, monkeypatch):
    # Else a long example is broken into lines.
    monkeypatch.setenv('COLUMNS', '200')
    names = commands_in(help_of(capsys))
    assert {'train', 'evaluate', 'export', 'video', 'bag', 'bench', 'info'} <= set(names)
    commands = [(name,) for name in names]
    commands += [('bench', what) for what in commands_in(help_of(capsys, 'bench'))]
    for command in commands:
        usage, description, *_, example = help_of(capsys, *command).strip().split('\n\n')
        assert usage.startswith('usage: fer-ros ' + ' '.join(command))
        assert description.endswith('.')
        words = shlex.split(example.removeprefix('example: fer-ros '))
        assert tuple(words[: len(command)]) == command
        assert parser().parse_args(words).command == command[0]


def test_version_is_that_of_the_package(capsys):
    with pytest.raises(SystemExit, match=r'^0$'):
        main(['--version'])
    assert capsys.readouterr().out == f'fer-ros {fer_ros.__version__}\n'


WITHOUT_EXTRAS = """
import sys

class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name in {'torch', 'torch_geometric', 'safetensors', 'onnx', 'tensorboard'}:
            raise ModuleNotFoundError(f'No module named {name!r}', name=name)

sys.meta_path.insert(0, Refuse())
from fer_ros.cli import main
main()
"""


@pytest.mark.parametrize(
    ('arguments', 'sentence'),
    [
        (['train', '--data', 'd', '--out', 'o'], r'fer-ros train: \w+ is not installed: '),
        (['export', 'm.safetensors'], r'fer-ros export: \w+ is not installed: '),
        (['info', '--backend', 'torch'], r'fer-ros: the torch backend needs .*; '),
    ],
)
def test_command_without_its_extra_says_which_one_it_needs(arguments, sentence, tmp_path):
    result = subprocess.run(
        [sys.executable, '-c', WITHOUT_EXTRAS, *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 1
    assert re.match(sentence + r"pip install 'fer_ros\[train\]'", result.stderr), result.stderr
    assert result.stderr.count('\n') == 1


def test_info_names_model_classes_and_landmark_model(capsys):
    main(['info'])
    out = capsys.readouterr().out
    assert 'ferplus.onnx' in out
    assert 'neutral, happiness, surprise, sadness, anger, disgust, fear, contempt' in out
    assert 'shape_predictor_68_face_landmarks.dat' in out


def test_info_names_the_8_bit_form_of_whichever_form_it_is_asked_about(capsys):
    for path in (SHIPPED_MODEL, SHIPPED_MODEL.with_suffix(INT8_SUFFIX)):
        main(['info', '--model', str(path)])
        (line,) = (row for row in capsys.readouterr().out.splitlines() if '8-bit form' in row)
        assert line.endswith('ferplus.int8.onnx')


def test_missing_model_ends_with_a_sentence_and_not_a_traceback():
    with pytest.raises(SystemExit, match=r'fer-ros: model .*nothing\.onnx does not exist'):
        main(['info', '--model', 'nothing.onnx'])


def test_missing_data_ends_with_a_sentence(tmp_path):
    with pytest.raises(SystemExit, match=r'data .*nothing\.npz does not exist'):
        main(['evaluate', '--data', str(tmp_path / 'nothing.npz')])


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
    assert 'fer_ros warms up' in said.err
    figures = json.loads((tmp_path / 'b.json').read_text())['sizes']['480x360']
    assert figures['sides'].keys() == {'fer_ros', 'two threads, for recorded images'}
    for side in figures['sides'].values():
        assert side['images_with_the_face'] == side['images'] == 4
        assert side['frames_per_second'] > 0


def test_bench_size_that_is_none_is_said(capsys):
    with pytest.raises(SystemExit):
        main(['bench', 'pipeline', '--size', '640'])
    assert '640 is not a size such as 640x480' in capsys.readouterr().err


def test_bench_node_without_ros_says_what_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, 'rclpy', None)
    monkeypatch.delitem(sys.modules, 'fer_ros.bench.node', raising=False)
    monkeypatch.delitem(sys.modules, 'fer_ros.bench.node_graph', raising=False)
    monkeypatch.setitem(sys.modules, 'ament_index_python', None)
    monkeypatch.setitem(sys.modules, 'ament_index_python.packages', None)
    with pytest.raises(SystemExit, match='fer-ros: bench node needs ROS 2 and the built package'):
        main(['bench', 'node'])


def test_export_writes_the_onnx_file_beside_the_checkpoint(tmp_path, capsys):
    pytest.importorskip('torch_geometric')
    from fer_ros.inference.config import ModelConfig
    from fer_ros.network.checkpoint import Checkpoint, save_checkpoint
    from fer_ros.network.fer_net import FerNet

    save_checkpoint(Checkpoint(FerNet(ModelConfig()).eval()), tmp_path / 'm.safetensors')
    (tmp_path / 'm.int8.onnx').write_text('of other weights')
    with (
        sole_writer(tmp_path / 'm.onnx', tmp_path / '.m.onnx.lock'),
        pytest.raises(SystemExit, match=r'another program is writing to .*/m\.onnx'),
    ):
        main(['export', str(tmp_path / 'm.safetensors')])
    main(['export', str(tmp_path / 'm.safetensors')])
    assert (tmp_path / 'm.onnx').is_file()
    assert not (tmp_path / 'm.int8.onnx').exists()
