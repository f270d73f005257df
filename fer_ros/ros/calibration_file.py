"""read_calibration: the file that camera_calibration writes → sensor_msgs/CameraInfo."""

import math
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import yaml
from sensor_msgs.msg import CameraInfo

from fer_ros.errors import SettingError
from fer_ros.yaml_numbers import load_yaml

# CameraInfo field: key in the file and number of values; that of D depends on the model.
_MATRICES = {
    'k': ('camera_matrix', 9),
    'd': ('distortion_coefficients', None),
    'r': ('rectification_matrix', 9),
    'p': ('projection_matrix', 12),
}


def read_calibration(url: str) -> CameraInfo:
    """Return the content of a calibration file, with an empty header.

    Args:
        url: ``file:///opt/robot/camera.yaml``, or the path alone; YAML as ``camera_calibration``
            writes it and ``camera_info_manager`` reads it.

    Raises:
        SettingError: The URL is not a file's, or the file cannot be read, or a key is missing or
            has a wrong value; the message names the key.
    """
    path = _path(url)
    try:
        content = load_yaml(path.read_text(encoding='utf-8'))
    except OSError as error:
        raise SettingError(f'calibration file {path} cannot be read: {error.strerror}') from None
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        reason = ' '.join(str(error).split())
        raise SettingError(f'calibration file {path} is not valid YAML: {reason}') from None
    if not isinstance(content, dict):
        raise SettingError(f'calibration file {path} contains no calibration')
    return CameraInfo(
        width=_size(path, content, 'image_width'),
        height=_size(path, content, 'image_height'),
        distortion_model=str(content.get('distortion_model', 'plumb_bob')),
        **{
            field: _numbers(path, content, key, count) for field, (key, count) in _MATRICES.items()
        },
    )


def _path(url: str) -> Path:
    parts = urlsplit(url)
    if parts.scheme not in ('', 'file') or parts.netloc not in ('', 'localhost'):
        raise SettingError(
            f'parameter camera_info_url is {url!r}, expected file:///PATH of a YAML file'
        )
    return Path(unquote(parts.path))


def _size(path: Path, content: dict[str, Any], key: str) -> int:
    value = content.get(key)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 2**32:
        raise SettingError(
            f'calibration file {path}: {key} is {value!r}, expected a number of pixels'
        )
    return value


def _numbers(path: Path, content: dict[str, Any], key: str, count: int | None) -> list[float]:
    matrix = content.get(key)
    data = matrix.get('data') if isinstance(matrix, dict) else None
    fits = isinstance(data, list) and (count is None or len(data) == count)
    if not fits or not all(_is_number(value) for value in data or ()):
        raise SettingError(
            f'calibration file {path}: data of {key} is {data!r}, expected '
            f'{count or "finite"} numbers'
        )
    return [float(value) for value in data or ()]


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
