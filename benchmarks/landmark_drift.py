"""Distance of tracked landmarks from newly detected ones, and number of faces lost.

The reference is full-size detection in every image.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import dlib
import numpy as np

from fer_ros.bench.turns import Chunk, Turn
from fer_ros.face.landmark_layout import REGIONS
from fer_ros.face.landmarks import LandmarkPredictor
from fer_ros.progress import ProgressBar
from fer_ros.structures import FaceBox, FrameEmotions, ImageArray, Landmarks

_RIGHT_EYE, _LEFT_EYE = list(REGIONS['right_eye']), list(REGIONS['left_eye'])


class FullFrameDetector:
    """dlib's frontal face detector (HOG) on the image at its original size."""

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


@dataclass
class Drift:
    """The pipeline's faces compared with those of full-size detection in every image.

    Attributes:
        distances: Mean distance of the 68 landmarks, in multiples of the distance between the eye
            centres, for each image in which both have the face.
        detected: Number of images in which full-frame detection finds a face.
        waiting: Number of them without a face before the pipeline first reported one.
        lost: Number of them without a face after that.
    """

    distances: list[float] = field(default_factory=list)
    detected: int = 0
    waiting: int = 0
    lost: int = 0

    def figures(self) -> dict[str, float]:
        """Return the figures for a report."""
        median, p95 = np.percentile(self.distances or [0.0], (50, 95))
        return {
            'images': len(self.distances),
            'distance_median': float(median),
            'distance_p95': float(p95),
            'images_with_a_detected_face': self.detected,
            'images_before_the_first_report': self.waiting,
            'images_with_the_face_lost': self.lost,
            'share_lost': self.lost / max(self.detected, 1),
        }


def detected_landmarks(
    chunks: Sequence[Chunk], predictor: LandmarkPredictor
) -> list[list[Landmarks | None]]:
    """Return the landmarks of the face in every image, from full-size detection."""
    detector = FullFrameDetector()
    found: list[list[Landmarks | None]] = []
    for chunk in ProgressBar(chunks, desc='full-frame detection', leave=False):
        found.append([])
        for image in chunk.images:
            gray = np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), np.uint8)
            boxes = detector.detect(gray)
            found[-1].append(predictor.predict(gray, boxes[0]) if boxes else None)
    return found


def measure_drift(
    chunks: Sequence[Chunk],
    rounds: Sequence[Sequence[Turn]],
    reference: Sequence[Sequence[Landmarks | None]],
) -> Drift:
    """Return the drift of the pipeline's results from its speed measurement.

    Args:
        chunks: The images.
        rounds: The pipeline's turns.
        reference: Result of ``detected_landmarks``.
    """
    drift = Drift()
    for turns in rounds:
        reported = False
        for chunk, turn, references in zip(chunks, turns, reference, strict=True):
            reported = reported and not chunk.first
            for frame, landmarks in zip(turn.results, references, strict=True):
                reported = reported or bool(frame.faces)
                if landmarks is not None:
                    _compare(drift, frame, landmarks, reported)
    return drift


def distance(landmarks: Landmarks, reference: Landmarks) -> float:
    """Return the mean distance of landmarks, in multiples of the reference's eye distance."""
    points = reference.points_px
    eyes = points[_RIGHT_EYE].mean(axis=0) - points[_LEFT_EYE].mean(axis=0)
    apart = np.linalg.norm(landmarks.points_px - points, axis=1).mean()
    return float(apart / np.linalg.norm(eyes))


def _compare(drift: Drift, frame: FrameEmotions, reference: Landmarks, reported: bool) -> None:
    drift.detected += 1
    if frame.faces:
        drift.distances.append(
            min(distance(face.landmarks, reference) for face in frame.faces if face.landmarks)
        )
    elif reported:
        drift.lost += 1
    else:
        drift.waiting += 1
