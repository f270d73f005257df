"""dlib's frontal face detector: always available, for upright faces of 70 px and more."""

import threading

import cv2
import dlib
import numpy as np

from fer_ros.face.detectors.detector import around, require_min_face
from fer_ros.structures import FaceBox, ImageArray

# Side of the smallest face in the searched image in pixels. The detector's window is 80 px wide,
# but smaller faces are found as well: of 531 faces of FER+, 95.3 % at 80 px, 95.1 % at 70 px and
# 88.0 % at 66 px.
SEARCHED_FACE_PX = 70

# Default length of the searched image's shorter side in pixels: a face of 70 px is about a seventh
# of it.
DEFAULT_SIDE_PX = 480


class HogDetector:
    """Finds upright frontal faces (HOG and a linear SVM: Dalal & Triggs 2005, in dlib).

    The cost grows with the number of pixels, so the image is reduced as far as ``min_face_px``
    allows before it is searched. Scores are distances from the decision plane.
    """

    name = 'hog'
    description = f'hog, dlib {dlib.__version__}'

    def __init__(self, min_face_px: int = 0, threshold: float = 0.0) -> None:
        """Load the detector, which is part of dlib.

        Args:
            min_face_px: Side in pixels of the smallest face to find. Above 70 the image is
                reduced, below 70 it is enlarged, which costs time. 0: a seventh of the image's
                shorter side, but not less than 70.
            threshold: Least score of a detection.

        Raises:
            SettingError: ``min_face_px`` is too small.
        """
        require_min_face(min_face_px)
        self._min_face_px = min_face_px
        self._threshold = threshold
        self._detector = dlib.get_frontal_face_detector()
        # dlib's object stores the image that it works on, hence the lock; one object per thread
        # would take 0.4 s each to create.
        self._turn = threading.Lock()

    def detect(self, gray: ImageArray) -> list[FaceBox]:
        """Return the faces in ``gray``; see ``FaceDetector``."""
        if self._min_face_px:
            return self._detect(gray, SEARCHED_FACE_PX / self._min_face_px)
        return self._detect(gray, min(1.0, DEFAULT_SIDE_PX / min(gray.shape)))

    def detect_near(self, gray: ImageArray, box: FaceBox) -> list[FaceBox]:
        """Return the faces near a box; see ``FaceDetector``."""
        part, (x0, y0) = around(gray, box)
        if not part.size:
            return []
        # The image is scaled so that a face as large as the box is easily found.
        found = self._detect(part, 1.6 * SEARCHED_FACE_PX / box.width_px)
        return [near.shifted(x0, y0, near.score) for near in found]

    def _detect(self, gray: ImageArray, scale: float) -> list[FaceBox]:
        height, width = gray.shape
        # Rounding to whole pixels changes the scale a little; boxes are scaled by the actual one.
        size_wh = max(1, round(width * scale)), max(1, round(height * scale))
        x_scale, y_scale = width / size_wh[0], height / size_wh[1]
        searched = np.ascontiguousarray(gray)
        if size_wh != (width, height):
            method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
            searched = np.asarray(cv2.resize(gray, size_wh, interpolation=method), np.uint8)
        with self._turn:
            rectangles, scores, _ = self._detector.run(searched, 0, self._threshold)
        boxes = [
            FaceBox(
                rectangle.left() * x_scale,
                rectangle.top() * y_scale,
                (rectangle.right() + 1) * x_scale,
                (rectangle.bottom() + 1) * y_scale,
                score,
            )
            for rectangle, score in zip(rectangles, scores, strict=True)
        ]
        return sorted(boxes, key=lambda box: -box.score)
