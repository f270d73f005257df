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
