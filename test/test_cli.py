import json

import pytest

from fer_ros.cli import main


def test_info_names_model_classes_and_landmark_model(capsys):
    main(['info'])
    out = capsys.readouterr().out
    assert 'ferplus.onnx' in out
    assert 'neutral, happiness, surprise, sadness, anger, disgust, fear, contempt' in out
    assert 'shape_predictor_68_face_landmarks.dat' in out


def test_missing_model_ends_with_a_sentence_and_not_a_traceback():
    with pytest.raises(SystemExit, match=r'fer-ros: model .*nothing\.onnx does not exist'):
        main(['info', '--model', 'nothing.onnx'])


def test_missing_data_ends_with_a_sentence(tmp_path):
    with pytest.raises(SystemExit, match=r'data .*nothing\.npz does not exist'):
        main(['evaluate', '--data', str(tmp_path / 'nothing.npz')])


def test_bench_pipeline_prints_a_line_per_stage(capsys, tmp_path):
    main(['bench', 'pipeline', '--rounds', '1', '--json', str(tmp_path / 'b.json')])
    out = capsys.readouterr().out
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
        assert f'\n{stage} ' in out
    assert 'frames a second' in out
    report = json.loads((tmp_path / 'b.json').read_text())
    assert report['images_with_the_face'] == report['images']


def test_export_writes_the_onnx_file_beside_the_checkpoint(tmp_path, capsys):
    pytest.importorskip('torch_geometric')
    from fer_ros.checkpoint import Checkpoint, save_checkpoint
    from fer_ros.model import FerNet
    from fer_ros.model_config import ModelConfig

    save_checkpoint(Checkpoint(FerNet(ModelConfig()).eval()), tmp_path / 'm.safetensors')
    main(['export', str(tmp_path / 'm.safetensors')])
    assert (tmp_path / 'm.onnx').is_file()
