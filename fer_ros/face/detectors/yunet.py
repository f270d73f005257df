"""YuNet, run by ONNX Runtime: the same on every machine and every Python."""

import re
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from fer_ros.bounded_memory import bounded_memory
from fer_ros.errors import ModelFileError
from fer_ros.face.detectors.cnn import CnnDetector, NetworkFaces, SearchSettings
from fer_ros.file_digest import file_digest
from fer_ros.model_file import require_file
from fer_ros.onnx_session import load_session
from fer_ros.structures import FloatArray, ImageArray

_WHAT = 'face detection model'
_STRIDES = (8, 16, 32)
_OUTPUTS = tuple(f'{kind}_{s}' for kind in ('cls', 'obj', 'bbox', 'kps') for s in _STRIDES)
# Detections with a lower score are never of use.
_LEAST_SCORE = 0.2
_MAX_IOU = 0.45

# The published file declares an input of 640 x 640 pixels, though nothing else in it depends on
# that. In the protocol buffer a dimension of 640 takes as many bytes as one named by a single
# letter.
_FIXED_HW = re.compile(b'\x0a\x03\x08\x80\x05\x0a\x03\x08\x80\x05')
_ANY_HW = b'\x0a\x03\x12\x01h\x0a\x03\x12\x01w'

# right, down, side: benchmarks/fit_boxes.py, 660 faces; for any input size the same within 0.01.
_SETTINGS = SearchSettings(
    searched_face_px=32,
    side_px=560,
    rolled_scale=0.4,
    sure_score=0.7,
    weak_score=0.2,
    right=0.015,
    down=0.039,
    side=0.956,
)


class YunetNetwork:
    """YuNet (Wu et al. 2023, "YuNet: a tiny millisecond-level face detector")."""

    name = 'yunet'

    def __init__(self, path: Path) -> None:
        """Load the model.

        Args:
            path: ONNX file for OpenCV's ``FaceDetectorYN``, or an export with any input size.

        Raises:
            ModelFileError: The file is missing, damaged or not a YuNet.
        """
        require_file(path, _WHAT)
        content = _FIXED_HW.sub(_ANY_HW, path.read_bytes(), count=1)
        self.description = f'yunet, {path}@{file_digest(path)[:12]}'
        with bounded_memory(path):
            self._load(path, content)

    def _load(self, path: Path, content: bytes) -> None:
        self._session: Any = load_session(path, content, _WHAT)
        names = {output.name for output in self._session.get_outputs()}
        if not names.issuperset(_OUTPUTS) or len(self._session.get_inputs()) != 1:
            raise ModelFileError(
                f'{_WHAT} {path} is not a YuNet: it has no outputs cls_8 to kps_32'
            )
        self._input = self._session.get_inputs()[0].name
        try:
            self.find(np.zeros((33, 65), np.uint8))
        # The exceptions of ONNX Runtime share no base but Exception.
        except Exception as error:
            raise ModelFileError(
                f'{_WHAT} {path} cannot be used with images of any size: {error}'
            ) from error

    def find(self, gray: ImageArray) -> NetworkFaces:
        """Return everything that resembles a face at all; see ``FaceNetwork``."""
        height, width = gray.shape
        # Sides are multiples of the largest stride.
        padded_hw = -(-height // 32) * 32, -(-width // 32) * 32
        padded = np.zeros((1, 3, *padded_hw), np.float32)
        padded[:, :, :height, :width] = gray
        outputs = dict(
            zip(_OUTPUTS, self._session.run(list(_OUTPUTS), {self._input: padded}), strict=True)
        )
        levels = [_decoded(outputs, stride, padded_hw[1] // stride) for stride in _STRIDES]
        boxes, scores, points = (np.concatenate(parts) for parts in zip(*levels, strict=True))
        # Older versions of OpenCV return a column.
        kept = np.asarray(
            cv2.dnn.NMSBoxes(boxes.tolist(), scores.tolist(), _LEAST_SCORE, _MAX_IOU), np.intp
        ).reshape(-1)
        return NetworkFaces(boxes[kept], scores[kept], points[kept])


def _decoded(
    outputs: dict[str, FloatArray], stride: int, columns: int
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return boxes, scores and points of the cells of one stride; see ``NetworkFaces``."""
    likely = np.clip(outputs[f'cls_{stride}'], 0, 1) * np.clip(outputs[f'obj_{stride}'], 0, 1)
    scores = np.sqrt(likely).reshape(-1)
    cells = np.flatnonzero(scores >= _LEAST_SCORE)
    corner = np.stack([cells % columns, cells // columns], axis=1)
    box = outputs[f'bbox_{stride}'].reshape(-1, 4)[cells]
    size = np.exp(box[:, 2:])
    boxes = np.hstack([corner + box[:, :2] - size / 2, size]) * stride
    points = (outputs[f'kps_{stride}'].reshape(-1, 5, 2)[cells] + corner[:, None]) * stride
    return boxes.astype(np.float32), scores[cells], points.astype(np.float32)


def load_yunet(path: Path, min_face_px: int = 0) -> CnnDetector:
    """Return a detector that uses YuNet.

    Args:
        path: ONNX file; see ``YunetNetwork``.
        min_face_px: Width in pixels of the smallest face to find; see ``CnnDetector``.

    Raises:
        ModelFileError: The file is missing, damaged or not a YuNet.
        SettingError: ``min_face_px`` is too small.
    """
    return CnnDetector(YunetNetwork(path), _SETTINGS, min_face_px)
