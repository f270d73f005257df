"""FullFrameDetector: the frontal face detector on every pixel, as it is used by most."""

import dlib

from fer_ros.structures import FaceBox, ImageArray


class FullFrameDetector:
    """dlib's frontal face detector (HOG) on the image as it is: neither reduced nor enlarged."""

    def __init__(self) -> None:
        self._detector = dlib.get_frontal_face_detector()

    def detect(self, gray: ImageArray) -> list[FaceBox]:
        """Return the faces in ``gray``, best score first.

        Args:
            gray: ``(H, W)`` uint8.
        """
        rectangles, scores, _ = self._detector.run(gray, 0, 0.0)
        boxes = [
            FaceBox(r.left(), r.top(), r.right() + 1, r.bottom() + 1, score)
            for r, score in zip(rectangles, scores, strict=True)
        ]
        return sorted(boxes, key=lambda box: -box.score)
