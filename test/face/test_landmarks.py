import pytest

import fer_ros.face.landmarks
from fer_ros.errors import ModelFileError
from fer_ros.face.landmark_layout import REGIONS
from fer_ros.face.landmarks import FILE_NAME, LandmarkPredictor, find_landmark_model


def test_landmarks_of_portrait_lie_on_eyes_and_mouth(portrait_landmarks):
    points = portrait_landmarks.points_px
    eyes = points[[*REGIONS['right_eye'], *REGIONS['left_eye']]].mean(axis=0)
    mouth = points[list(REGIONS['outer_lip'])].mean(axis=0)
    assert eyes == pytest.approx((225, 103), abs=5)
    assert mouth == pytest.approx((223, 146), abs=5)


def test_missing_named_file_is_an_error(tmp_path):
    with pytest.raises(ModelFileError, match=r'nothing\.dat does not exist'):
        find_landmark_model(tmp_path / 'nothing.dat')


def test_damaged_file_is_named_in_error(tmp_path):
    path = tmp_path / 'damaged.dat'
    path.write_bytes(b'not a shape predictor')
    with pytest.raises(ModelFileError, match=r'damaged\.dat is damaged'):
        LandmarkPredictor(path)


def test_error_for_missing_model_says_how_to_get_it(monkeypatch, tmp_path):
    monkeypatch.setattr(fer_ros.face.landmarks, 'SYSTEM_FOLDER', tmp_path)
    monkeypatch.setattr(fer_ros.face.landmarks.importlib.util, 'find_spec', lambda name: None)
    with pytest.raises(ModelFileError, match=r'apt install libdlib-data.*pip install face_rec'):
        find_landmark_model()


def test_system_file_takes_precedence_over_pip_package(monkeypatch, tmp_path):
    package = tmp_path / 'site' / 'face_recognition_models'
    installed, system = package / 'models' / FILE_NAME, tmp_path / 'dlib' / FILE_NAME
    for path in (package / '__init__.py', installed, system):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    monkeypatch.syspath_prepend(tmp_path / 'site')
    monkeypatch.setattr(fer_ros.face.landmarks, 'SYSTEM_FOLDER', system.parent)
    assert find_landmark_model() == system
    system.unlink()
    assert find_landmark_model() == installed
