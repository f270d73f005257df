import re
import shutil

import pytest

from fer_ros.cli import main
from fer_ros.inference.classifier import INT8_SUFFIX, SHIPPED_MODEL
from fer_ros.inference.config import ModelConfig


def test_info_names_model_classes_and_landmark_model(capsys):
    main(['info'])
    out = capsys.readouterr().out
    assert 'ferplus.onnx' in out
    assert 'neutral, happiness, surprise, sadness, anger, disgust, fear, contempt' in out
    assert 'shape_predictor_68_face_landmarks.dat' in out


def test_info_names_8_bit_form_for_either_model_file(capsys):
    for path in (SHIPPED_MODEL, SHIPPED_MODEL.with_suffix(INT8_SUFFIX)):
        main(['info', '--model', str(path)])
        (line,) = (row for row in capsys.readouterr().out.splitlines() if '8-bit form' in row)
        assert re.search(r'ferplus\.int8\.onnx, \d\.\d MB$', line)


def test_info_shows_size_weights_accuracy_and_training_faces(capsys):
    main(['info'])
    out = capsys.readouterr().out
    assert re.search(r'^model +ferplus\.onnx, \d\.\d MB, \d\.\d million weights$', out, re.M)
    assert re.search(r'^accuracy +\d\d\.\d%, validation split of FER\+$', out, re.M)
    assert re.search(r'^training faces +neutral \d\d%, happiness \d\d%, ', out, re.M)


def test_info_shows_class_offsets_and_data_of_earlier_models(capsys):
    main(['info'])
    out = capsys.readouterr().out
    assert re.search(r'^class offsets +neutral [+-]\d\.\d\d, happiness [+-]\d\.\d\d, ', out, re.M)
    assert re.search(r'^descends from +models trained on FER\+$', out, re.M)


def test_info_names_every_data_set_of_a_model_trained_on_several(capsys, tmp_path):
    pytest.importorskip('torch_geometric')
    from fer_ros.network.checkpoint import Checkpoint, save_checkpoint
    from fer_ros.network.fer_net import FerNet

    datasets = [{'dataset': 'ferplus'}, {'dataset': 'ck_plus', 'fold': 2}]
    figures = {'datasets': datasets, 'epoch': 3, 'validation_accuracy': 0.8}
    save_checkpoint(Checkpoint(FerNet(ModelConfig()).eval(), figures), tmp_path / 'm.safetensors')
    main(['info', '--model', str(tmp_path / 'm.safetensors'), '--backend', 'torch'])
    out = capsys.readouterr().out
    assert re.search(r'^trained on +FER\+, CK\+ \(fold 2\), weights of epoch 3$', out, re.M)
    assert re.search(r'^accuracy +80\.0%, validation split of FER\+, CK\+ \(fold 2\)$', out, re.M)


def test_info_omits_number_of_weights_if_unknown(capsys, tmp_path):
    shutil.copy(SHIPPED_MODEL, tmp_path / 'model.onnx')
    (tmp_path / 'model.safetensors').write_bytes(b'no header')
    main(['info', '--model', str(tmp_path / 'model.onnx')])
    assert re.search(r'^model +model\.onnx, \d\.\d MB$', capsys.readouterr().out, re.M)


def test_missing_model_is_reported_without_traceback():
    with pytest.raises(SystemExit, match=r'fer-ros: model .*nothing\.onnx does not exist'):
        main(['info', '--model', 'nothing.onnx'])
