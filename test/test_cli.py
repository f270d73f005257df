import json
import sys

import pytest

from fer_ros.cli import main
from fer_ros.inference.classifier import INT8_SUFFIX, SHIPPED_MODEL


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
    assert '640 is no size as 640x480' in capsys.readouterr().err


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
    main(['export', str(tmp_path / 'm.safetensors')])
    assert (tmp_path / 'm.onnx').is_file()
    assert not (tmp_path / 'm.int8.onnx').exists()
