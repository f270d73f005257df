import pytest

from fer_ros.errors import SettingError
from fer_ros.ros.calibration_file import read_calibration

CALIBRATION = """
image_width: 640
image_height: 480
camera_name: head
camera_matrix:
  rows: 3
  cols: 3
  data: [500.0, 0, 321.5, 0, 510.0, 239.5, 0, 0, 1]
distortion_model: plumb_bob
distortion_coefficients:
  rows: 1
  cols: 5
  data: [0.1, -0.2, 0.01, 0.02, 0]
rectification_matrix:
  rows: 3
  cols: 3
  data: [1, 0, 0, 0, 1, 0, 0, 0, 1]
projection_matrix:
  rows: 3
  cols: 4
  data: [480.0, 0, 330.0, 0, 0, 490.0, 236.0, 0, 0, 0, 1, 0]
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / 'head camera.yaml'
    path.write_text(CALIBRATION)
    return path


@pytest.mark.parametrize('form', ['file://{}', 'file://localhost{}', '{}'])
def test_camera_calibration_file_is_read(file, form):
    info = read_calibration(form.format(str(file).replace(' ', '%20')))
    assert (info.width, info.height, info.distortion_model) == (640, 480, 'plumb_bob')
    assert list(info.k) == [500.0, 0, 321.5, 0, 510.0, 239.5, 0, 0, 1]
    assert list(info.d) == [0.1, -0.2, 0.01, 0.02, 0]
    assert list(info.r) == [1, 0, 0, 0, 1, 0, 0, 0, 1]
    assert list(info.p) == [480.0, 0, 330.0, 0, 0, 490.0, 236.0, 0, 0, 0, 1, 0]


def test_small_numbers_are_read_as_yaml_cpp_writes_them(file):
    file.write_text(CALIBRATION.replace('0.01, 0.02', '1e-05, -2e-05'))
    assert list(read_calibration(f'file://{file}').d) == [0.1, -0.2, 0.00001, -0.00002, 0]


@pytest.mark.parametrize(
    ('given', 'instead', 'sentence'),
    [
        ('image_width: 640', 'image_width: wide', "image_width is 'wide', expected a number of"),
        ('image_height: 480', '', 'image_height is None, expected a number of pixels'),
        ('[500.0, 0, 321.5', '[500.0, 321.5', 'data of camera_matrix is .* expected 9 numbers'),
        ('[480.0,', '[.nan,', 'data of projection_matrix is .* expected 12 numbers'),
        ('0.01, 0.02', 'a, b', 'data of distortion_coefficients is .* expected finite numbers'),
        ('rectification_matrix', 'other', 'data of rectification_matrix is None'),
        (CALIBRATION, 'text', 'contains no calibration'),
        (CALIBRATION, '[', 'is not valid YAML'),
    ],
)
def test_invalid_calibration_file_is_an_error_naming_the_fault(file, given, instead, sentence):
    file.write_text(CALIBRATION.replace(given, instead, 1))
    with pytest.raises(SettingError, match=sentence):
        read_calibration(f'file://{file}')


@pytest.mark.parametrize('url', ['package://robot/head.yaml', 'http://robot/head.yaml'])
def test_unsupported_url_is_an_error(url):
    with pytest.raises(SettingError, match=r'camera_info_url is .* expected file:///PATH'):
        read_calibration(url)


def test_missing_file_is_an_error(tmp_path):
    with pytest.raises(SettingError, match=r'nothing\.yaml cannot be read: No such file'):
        read_calibration(f'file://{tmp_path}/nothing.yaml')
