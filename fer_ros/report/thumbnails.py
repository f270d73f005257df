"""Thumbnails: small pictures of the moments worth looking at."""

import heapq
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np

from fer_ros.analysis.label_intervals import Labels
from fer_ros.face.rotation import turned
from fer_ros.media.annotate import annotate
from fer_ros.media.face_picture import cropped_face
from fer_ros.media.image_stream import StampedImage
from fer_ros.structures import FaceBox, FaceEmotion, FrameEmotions, ImageArray

# Topic and id of a face.
FaceKey = tuple[str, int]

_MOST = 8
# Moments closer together than this show the same.
_APART_S = 1.0
_HEIGHT_PX = 200
# Number of faces whose picture is kept, and its side in pixels.
_MOST_FACES = 64
_FACE_PX = 112
# A picture must be better by this factor to be encoded again.
_BETTER = 1.25


@dataclass(order=True)
class Thumbnail:
    """A picture of a face with its label and estimate.

    Attributes:
        wrongness: How certain the estimate was of something other than the label, in [0, 1].
        topic: Topic of the image.
        time_s: Seconds since the first image.
        label: Emotion in the label.
        estimate: The most probable class after smoothing.
        confidence: Probability of the estimate.
        face_id: Id of the face.
        jpeg: Encoded picture, annotated and cropped to the surroundings of the face.
    """

    wrongness: float
    topic: str
    time_s: float
    label: str
    estimate: str
    confidence: float
    face_id: int
    jpeg: bytes = field(compare=False, repr=False)


class WorstDisagreements:
    """Keeps the moments at which estimates were most certain of something other than the label.

    At most one per second and face is kept, so that a long mistake does not fill the page. Memory
    does not grow with the length of the bag.
    """

    def __init__(self, labels: Labels) -> None:
        self._labels = labels
        self._kept: list[Thumbnail] = []

    def offer(self, image: StampedImage, frame: FrameEmotions) -> None:
        """Consider an image and keep it if it is among the worst."""
        for _, interval in self._labels.at(image.time_s, image.topic):
            face = interval.face_of(frame, image.time_s)
            if face is None or not face.judged:
                continue
            estimate = frame.classes[int(face.probabilities.argmax())]
            right = float(face.probabilities[frame.classes.index(interval.emotion)])
            wrongness = float(face.probabilities.max()) - right
            if estimate != interval.emotion and self._worth(wrongness, image, face):
                self._keep(
                    Thumbnail(
                        wrongness,
                        image.topic,
                        image.time_s,
                        interval.emotion,
                        estimate,
                        float(face.probabilities.max()),
                        face.face_id,
                        _picture(image, frame, face),
                    )
                )

    def worst_first(self) -> list[Thumbnail]:
        """Return the kept thumbnails, worst first."""
        return sorted(self._kept, reverse=True)

    def _worth(self, wrongness: float, image: StampedImage, face: FaceEmotion) -> bool:
        near = [kept for kept in self._kept if _same_moment(kept, image, face)]
        if near:
            return all(wrongness > kept.wrongness for kept in near)
        return len(self._kept) < _MOST or wrongness > self._kept[0].wrongness

    def _keep(self, new: Thumbnail) -> None:
        self._kept = [
            kept
            for kept in self._kept
            if (kept.topic, kept.face_id) != (new.topic, new.face_id)
            or abs(kept.time_s - new.time_s) >= _APART_S
        ]
        heapq.heapify(self._kept)
        heapq.heappush(self._kept, new)
        if len(self._kept) > _MOST:
            heapq.heappop(self._kept)


class FaceThumbnails:
    """Keeps the best picture of each face: large, entirely inside the image and of good quality.

    If there are more faces than fit on a page, those in the most images are kept.
    """

    def __init__(self, rotate_deg: int = 0) -> None:
        """Args:
        rotate_deg: Clockwise rotation of pictures in degrees that turns faces upright.
        """
        self._rotate_deg = rotate_deg
        self._images: Counter[FaceKey] = Counter()
        self._kept: dict[FaceKey, tuple[float, bytes]] = {}

    def offer(self, image: StampedImage, frame: FrameEmotions) -> None:
        """Consider an image and keep the faces that it shows better than earlier ones."""
        for face in frame.faces:
            key = image.topic, face.face_id
            self._images[key] += 1
            goodness = _goodness(face, image.size_wh)
            if goodness > _BETTER * self._kept.get(key, (0.0, b''))[0] and self._room_for(key):
                upright = turned(_portrait(image.decode_bgr(), face), self._rotate_deg)
                self._kept[key] = goodness, _encoded(upright)

    def jpegs(self) -> dict[FaceKey, bytes]:
        """Return the encoded pictures by topic and id of the face."""
        return {key: jpeg for key, (_, jpeg) in self._kept.items()}

    def _room_for(self, key: FaceKey) -> bool:
        if key in self._kept or len(self._kept) < _MOST_FACES:
            return True
        rarest = min(self._kept, key=lambda kept: self._images[kept])
        if self._images[key] <= self._images[rarest]:
            return False
        del self._kept[rarest]
        return True


def _goodness(face: FaceEmotion, size_wh: tuple[int, int]) -> float:
    box, (width, height) = face.box, size_wh
    whole = box.x0_px >= 0 and box.y0_px >= 0 and box.x1_px <= width and box.y1_px <= height
    seen = 1.0 if np.isnan(face.quality) else 0.1 + face.quality
    return box.width_px * box.height_px * seen * (1.0 if whole else 0.3)


def _portrait(bgr: ImageArray, face: FaceEmotion) -> ImageArray:
    """Return a square around a face, 1.5 times as wide; black outside the image."""
    x, y = face.box.center_px
    half = 0.75 * max(face.box.width_px, face.box.height_px)
    return cropped_face(bgr, FaceBox(x - half, y - half, x + half, y + half), _FACE_PX)


def _same_moment(kept: Thumbnail, image: StampedImage, face: FaceEmotion) -> bool:
    same = (kept.topic, kept.face_id) == (image.topic, face.face_id)
    return same and abs(kept.time_s - image.time_s) < _APART_S


def _picture(image: StampedImage, frame: FrameEmotions, face: FaceEmotion) -> bytes:
    """Return the face with box, landmarks and surroundings."""
    alone = FrameEmotions(frame.stamp_s, frame.classes, (face,))
    drawn = annotate(image.decode_bgr(), alone, ('box', 'landmarks'))
    x, y = face.box.center_px
    half = max(face.box.width_px, face.box.height_px)
    cut = _cut(drawn, (x - 1.6 * half, y - half, x + 1.6 * half, y + half))
    scale = _HEIGHT_PX / cut.shape[0]
    return _encoded(cv2.resize(cut, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA))


def _cut(bgr: ImageArray, edges: tuple[float, float, float, float]) -> ImageArray:
    """Return a part of an image, at least one pixel."""
    height, width = bgr.shape[:2]
    left, right = (int(np.clip(edge, 0, width - 1)) for edge in edges[::2])
    top, bottom = (int(np.clip(edge, 0, height - 1)) for edge in edges[1::2])
    return bgr[top : bottom + 1, left : right + 1]


def _encoded(bgr: Any) -> bytes:
    _, encoded = cv2.imencode('.jpg', bgr, [cv2.IMWRITE_JPEG_QUALITY, 85])
    return bytes(encoded)
