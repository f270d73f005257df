import shutil
from pathlib import Path

import pytest
from yunet_models import ANY_SIZE, PUBLISHED, needs_models

from fer_ros.errors import ModelFileError, SettingError
from fer_ros.inference.classifier import INT8_SUFFIX, SHIPPED_MODEL
from fer_ros.offline.settings import RunSettings, chosen_parameters


def test_labels_from_both_file_and_topic_are_refused():
    with pytest.raises(SettingError, match='from a file or from a topic, not from both'):
        RunSettings(labels=Path('l.csv'), label_topic='/said')


def test_unknown_part_is_an_error():
    with pytest.raises(SettingError, match="part 'sound' is unknown, expected bag, table, video"):
        RunSettings(parts=('sound',))


def test_parameters_combine_file_chosen_model_and_defaults(tmp_path):
    (tmp_path / 'p.yaml').write_text('fer_node:\n  ros__parameters:\n    max_faces: 2\n')
    chosen = chosen_parameters(tmp_path / 'p.yaml', {'model': 'm.onnx'})
    assert (chosen['max_faces'], chosen['model'], chosen['backend']) == (2, 'm.onnx', 'onnx')


def test_chosen_parameters_override_parameter_file(tmp_path):
    (tmp_path / 'p.yaml').write_text('fer_node:\n  ros__parameters:\n    max_faces: 2\n')
    values = chosen_parameters(tmp_path / 'p.yaml', {'max_faces': 5, 'mirror': True})
    assert (values['max_faces'], values['mirror']) == (5, True)


def with_parameters(**chosen):
    return RunSettings(parameters=chosen_parameters(chosen=chosen))


@pytest.mark.parametrize(
    'other',
    [
        RunSettings(topics=('/a',)),
        RunSettings(label_topic='/l'),
        with_parameters(int8=False),
        with_parameters(mirror=True),
        with_parameters(detector='hog'),
        with_parameters(smoothing_time_constant_s=0.0),
    ],
)
def test_fingerprint_changes_with_settings_that_affect_estimates(clip_bag, other):
    assert RunSettings().fingerprint(clip_bag) != other.fingerprint(clip_bag)


def test_fingerprint_ignores_parts_and_progress(clip_bag):
    quiet = RunSettings(parts=('table',), progress=False)
    assert RunSettings().fingerprint(clip_bag) == quiet.fingerprint(clip_bag)


def test_fingerprint_changes_with_bag_content(tmp_path):
    (tmp_path / 'a.mcap').write_bytes(b'one')
    before = RunSettings().fingerprint(tmp_path)
    (tmp_path / 'a.mcap').write_bytes(b'three')
    assert RunSettings().fingerprint(tmp_path) != before


@pytest.fixture
def model(tmp_path):
    """A copy of the shipped model, which tests overwrite with other weights."""
    path = tmp_path / 'model.onnx'
    shutil.copy(SHIPPED_MODEL, path)
    return path


def test_fingerprint_changes_when_model_file_is_overwritten(clip_bag, model):
    settings = with_parameters(model=str(model))
    before = settings.fingerprint(clip_bag)
    model.write_bytes(model.read_bytes() + b'\0')
    assert settings.fingerprint(clip_bag) != before


def test_fingerprint_changes_when_8_bit_form_is_added(clip_bag, model):
    settings = with_parameters(model=str(model))
    before = settings.fingerprint(clip_bag)
    shutil.copy(SHIPPED_MODEL.with_suffix(INT8_SUFFIX), model.with_suffix(INT8_SUFFIX))
    assert settings.fingerprint(clip_bag) != before


def test_fingerprint_ignores_folder_of_model(clip_bag, model, tmp_path):
    (tmp_path / 'elsewhere').mkdir()
    moved = tmp_path / 'elsewhere' / model.name
    shutil.copy(model, moved)
    here, there = (with_parameters(model=str(path)) for path in (model, moved))
    assert here.fingerprint(clip_bag) == there.fingerprint(clip_bag)


def test_fingerprint_changes_with_landmark_model(clip_bag, tmp_path):
    # The digest of the file; the model is not loaded.
    file = tmp_path / 'landmarks.dat'
    file.write_bytes(b'some trees')
    settings = with_parameters(landmark_model=str(file))
    before = settings.fingerprint(clip_bag)
    file.write_bytes(b'other trees')
    assert settings.fingerprint(clip_bag) != before


@needs_models
def test_fingerprint_changes_with_detector_model(clip_bag, tmp_path):
    file = tmp_path / 'yunet.onnx'
    settings = with_parameters(detector_model=str(file))
    shutil.copy(PUBLISHED, file)
    before = settings.fingerprint(clip_bag)
    shutil.copy(ANY_SIZE, file)
    assert settings.fingerprint(clip_bag) != before


def test_fingerprint_changes_with_package_version(clip_bag, monkeypatch):
    before = RunSettings().fingerprint(clip_bag)
    monkeypatch.setattr('fer_ros.offline.settings.__version__', '99.0.0')
    assert RunSettings().fingerprint(clip_bag) != before


def test_fingerprint_of_a_missing_model_is_an_error(clip_bag):
    with pytest.raises(ModelFileError, match=r'model nothing\.onnx does not exist'):
        with_parameters(model='nothing.onnx').fingerprint(clip_bag)
