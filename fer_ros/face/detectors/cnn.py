"""CnnDetector: searches an image with a small convolutional face detector.

The supported networks have in common that they find faces of 25 to 300 px in their input image,
including turned and lowered ones, but hardly any that is rolled by more than 30°.
"""

from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np

from fer_ros.face.detectors.detector import around, require_min_face
from fer_ros.structures import FaceBox, FloatArray, ImageArray

# Width in pixels of a face in a closer look.
_NEAR_FACE_PX = 64
# Roll of the copies: it brings a head that lies at 60° to a roll at which networks find it.
_ROLLS_DEG = (-35.0, 35.0)
# Limit for enlarging a small image, unless smaller faces are requested.
_MOST_ENLARGED = 1.2
# Number of uncertain detections that get a closer look, the best ones first.
_MOST_WEAK = 3
# Score that a face needs if it is found only by a closer look or in a rolled copy: each of these
# looks is one more chance of error, and a real face scores higher at that size.
_SECOND_SCORE = 0.75
# Boxes that overlap this much belong to one face.
_SAME_IOU = 0.4


@dataclass(frozen=True, eq=False)
class NetworkFaces:
    """Detections of a network in one image, after non-maximum suppression.

    Attributes:
        boxes_xywh: ``(N, 4)`` float32: left, top, width and height in pixels.
        scores: ``(N,)`` float32 in [0, 1].
        points_px: ``(N, 5, 2)`` float32 x, y of the person's right eye, left eye, nose, right and
            left mouth corner. The person's right is on the left in the image.
    """

    boxes_xywh: FloatArray
    scores: FloatArray
    points_px: FloatArray


class FaceNetwork(Protocol):
    """Runs a network on one image; several threads may call it at the same time."""

    @property
    def name(self) -> str:
        """Value of the parameter ``detector`` that selects it."""
        ...

    @property
    def description(self) -> str:
        """Name, and the version or file."""
        ...

    def find(self, gray: ImageArray) -> NetworkFaces:
        """Return everything in ``(H, W)`` uint8, contiguous, that resembles a face at all."""
        ...


@dataclass(frozen=True)
class SearchSettings:
    """How to use a network.

    Attributes:
        searched_face_px: Width in pixels of the smallest face that is found in the searched image.
        side_px: Shorter side of the searched image in pixels when no smallest face is requested.
        rolled_scale: Scale of the rolled copies of the searched image, relative to it.
        sure_score: Score from which a detection is a face.
        weak_score: Score from which a detection may be a face; a closer look decides.
        right: Offset of the centre of dlib's box from that of the network's to the right, in
            widths.
        down: Offset of the centre downwards, in heights.
        side: Side of dlib's box, in multiples of the square root of the area of the network's.
    """

    searched_face_px: int
    side_px: int
    rolled_scale: float
    sure_score: float
    weak_score: float
    right: float
    down: float
    side: float


class CnnDetector:
    """Finds faces with a network: in the whole image, with a closer look where it is uncertain,
    and in rolled copies if nobody is upright. Scores are in [0, 1].
    """

    def __init__(
        self, network: FaceNetwork, settings: SearchSettings, min_face_px: int = 0
    ) -> None:
        """Args:
            network: Network to run.
            settings: How to use the network.
            min_face_px: Width in pixels of the smallest face to find; the image is reduced or
                enlarged accordingly. 0: the smallest found with a shorter side of
                ``settings.side_px``.

        Raises:
            SettingError: ``min_face_px`` is too small.
        """
        require_min_face(min_face_px)
        self._network = network
        self._settings = settings
        self._min_face_px = min_face_px

    @property
    def name(self) -> str:
        """Kind of the detector; see ``FaceDetector``."""
        return self._network.name

    @property
    def description(self) -> str:
        """Name, and the version or file."""
        return self._network.description

    def detect(self, gray: ImageArray) -> list[FaceBox]:
        """Return the faces in ``gray``; see ``FaceDetector``."""
        scale = self._scale(gray)
        found = self._sure(gray, self._search(gray, scale, 0.0), 0.0)
        if not found:
            for roll_deg in _ROLLS_DEG:
                boxes = self._search(gray, self._settings.rolled_scale * scale, roll_deg)
                found += self._sure(gray, boxes, roll_deg)
        return _best(found)

    def detect_near(self, gray: ImageArray, box: FaceBox) -> list[FaceBox]:
        """Return the faces near a box; see ``FaceDetector``."""
        found = self._near(gray, box, 0.0)
        if not found:
            found = [near for roll_deg in _ROLLS_DEG for near in self._near(gray, box, roll_deg)]
        return _best(found)

    def _scale(self, gray: ImageArray) -> float:
        if self._min_face_px:
            return self._settings.searched_face_px / self._min_face_px
        return min(_MOST_ENLARGED, self._settings.side_px / min(gray.shape))

    def _sure(self, gray: ImageArray, boxes: list[FaceBox], roll_deg: float) -> list[FaceBox]:
        """Return the real faces among the boxes found at a roll, in no order."""
        needed = _SECOND_SCORE if roll_deg else self._settings.sure_score
        sure = [box for box in boxes if box.score >= needed]
        weak = [box for box in boxes if box.score < needed]
        for box in weak[:_MOST_WEAK]:
            sure += [
                near
                for near in self._near(gray, box, roll_deg)
                if near.score >= _SECOND_SCORE and near.iou(box) > _SAME_IOU
            ][:1]
        return sure

    def _near(self, gray: ImageArray, box: FaceBox, roll_deg: float) -> list[FaceBox]:
        part, (x0, y0) = around(gray, box)
        if not part.size:
            return []
        found = self._search(part, _NEAR_FACE_PX / box.width_px, roll_deg)
        return [near.shifted(x0, y0, near.score) for near in found]

    def _search(self, gray: ImageArray, scale: float, roll_deg: float) -> list[FaceBox]:
        """Return everything that looks like a face in a scaled and rolled copy, best first.

        Args:
            gray: ``(H, W)`` uint8.
            scale: Scale of the copy.
            roll_deg: Anticlockwise rotation of the copy around its centre in degrees.

        Returns:
            Boxes like those of dlib's detector, in pixels of ``gray``.
        """
        height, width = gray.shape
        # Rounding to whole pixels changes the scale a little; boxes are scaled by the actual one.
        size_wh = max(1, round(width * scale)), max(1, round(height * scale))
        searched = np.ascontiguousarray(gray)
        if size_wh != (width, height):
            method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
            searched = np.asarray(cv2.resize(gray, size_wh, interpolation=method), np.uint8)
        turn = cv2.getRotationMatrix2D((size_wh[0] / 2, size_wh[1] / 2), roll_deg, 1.0)
        if roll_deg:
            searched = np.asarray(cv2.warpAffine(searched, turn, size_wh), np.uint8)
        faces = self._network.find(searched)
        back = cv2.invertAffineTransform(turn) * [[width / size_wh[0]], [height / size_wh[1]]]
        return [
            self._box(xywh, float(score), back)
            for xywh, score in zip(faces.boxes_xywh, faces.scores, strict=True)
            if score >= self._settings.weak_score
        ]

    def _box(self, xywh: FloatArray, score: float, back: FloatArray) -> FaceBox:
        """Return the box that dlib's detector would have drawn.

        Args:
            xywh: The network's box, in pixels of the searched copy.
            score: Score of the detection.
            back: ``(2, 3)`` affine transform into the image.
        """
        x, y, width, height = (float(number) for number in xywh)
        fit = self._settings
        center = x + (0.5 + fit.right) * width, y + (0.5 + fit.down) * height
        center_x, center_y = (back[:, :2] @ center + back[:, 2]).tolist()
        enlarged = float(np.sqrt(abs(np.linalg.det(back[:, :2]))))
        half = fit.side * enlarged * float(np.sqrt(max(width * height, 1.0))) / 2
        return FaceBox(center_x - half, center_y - half, center_x + half, center_y + half, score)


def _best(boxes: list[FaceBox]) -> list[FaceBox]:
    """Return the best box of each face, best first."""
    kept: list[FaceBox] = []
    for box in sorted(boxes, key=lambda box: -box.score):
        if all(box.iou(other) < _SAME_IOU for other in kept):
            kept.append(box)
    return kept
