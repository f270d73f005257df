"""The published YuNet file: where it lies, and how a user gets it."""

import hashlib
import os
from pathlib import Path

from fer_ros.atomic_file import atomic_file
from fer_ros.errors import ModelFileError

FILE_NAME = 'face_detection_yunet_2023mar.onnx'
# MIT licence.
URL = (
    'https://github.com/opencv/opencv_zoo/raw/main/models/face_detection_yunet/'
    'face_detection_yunet_2023mar.onnx'
)
SHA256 = '8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4'
SIZE_BYTES = 232_589
_TIMEOUT_S = 30.0


def yunet_file() -> Path:
    """Return where this user's file is, or would be put: by the XDG rules for a user's data."""
    data = Path(os.environ.get('XDG_DATA_HOME', ''))
    # The rules say that a relative path is to be ignored.
    folder = data if data.is_absolute() else Path.home() / '.local' / 'share'
    return folder / 'fer_ros' / FILE_NAME


def fetch_yunet(url: str = URL) -> Path:
    """Download the file to ``yunet_file()``, if it is not there, and return where it is.

    Args:
        url: Address of the file.

    Raises:
        ModelFileError: It cannot be downloaded or written, or what comes is another file.
    """
    target = yunet_file()
    if target.is_file() and _is_published(target.read_bytes()):
        return target
    content = _downloaded(url)
    if not _is_published(content):
        raise ModelFileError(
            f'{url} gave {len(content)} bytes that are not the published {FILE_NAME} of '
            f'{SIZE_BYTES} bytes: nothing was kept; {_by_hand(target)}'
        )
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with atomic_file(target) as aside:
            aside.write_bytes(content)
    except OSError as error:
        raise ModelFileError(f'{target} cannot be written: {error.strerror}') from error
    return target


def _downloaded(url: str) -> bytes:
    # 9 MB of memory that a node, which downloads nothing, does without.
    import http.client
    import urllib.request

    try:
        with urllib.request.urlopen(url, timeout=_TIMEOUT_S) as answer:
            # One byte more than there should be tells that there are too many.
            content: bytes = answer.read(SIZE_BYTES + 1)
    # What fails on the way is an OSError, a bad address a ValueError, a bad answer neither.
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise ModelFileError(
            f'cannot download {url}: {error}; {_by_hand(yunet_file())}'
        ) from error
    return content


def _by_hand(target: Path) -> str:
    return (
        f'without internet, copy {FILE_NAME} of the OpenCV Zoo to {target}, or name it in the '
        'parameter detector_model'
    )


def _is_published(content: bytes) -> bool:
    return hashlib.sha256(content).hexdigest() == SHA256
