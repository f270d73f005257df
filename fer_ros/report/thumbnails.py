"""Thumbnails: small pictures of the moments that are worth looking at."""

import heapq
from dataclasses import dataclass, field

import cv2
import numpy as np

from fer_ros.analysis.label_intervals import Labels
from fer_ros.media.annotate import annotate
from fer_ros.media.image_stream import StampedImage
from fer_ros.structures import FaceEmotion, FrameEmotions

_MOST = 8
# Moments closer to each other show the same.
_APART_S = 1.0
_HEIGHT_PX = 200


@dataclass(order=True)
class Thumbnail:
    """A picture of a face, and what was said of it.

    Attributes:
        wrongness: How sure the estimate was of something else, in [0, 1].
        topic: Where the image is from.
        time_s: Seconds since the first image.
        label: What the label says.
        estimate: The most probable class after smoothing.
        confidence: Its probability.
        face_id: Of the face.
        jpeg: Encoded picture, annotated and cut to the surroundings of the face.
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
    """Keeps the moments in which estimates were surest of something else than the label.

    At most one per second and face, so that a long mistake does not fill the page; memory does
    not grow with the length of the bag.
    """

    def __init__(self, labels: Labels) -> None:
        self._labels = labels
        self._kept: list[Thumbnail] = []

    def offer(self, image: StampedImage, frame: FrameEmotions) -> None:
        """Look at an image, and keep it where it is among the worst."""
        for _, interval in self._labels.at(image.time_s):
            face = interval.face_of(frame, image.time_s)
            if face is None:
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
        """Return what was kept."""
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


def _same_moment(kept: Thumbnail, image: StampedImage, face: FaceEmotion) -> bool:
    same = (kept.topic, kept.face_id) == (image.topic, face.face_id)
    return same and abs(kept.time_s - image.time_s) < _APART_S


def _picture(image: StampedImage, frame: FrameEmotions, face: FaceEmotion) -> bytes:
    """Return the annotated face with its surroundings, twice as wide as the face."""
    drawn = annotate(image.decode_bgr(), FrameEmotions(frame.stamp_s, frame.classes, (face,)))
    height, width = drawn.shape[:2]
    x, y = face.box.center_px
    half = max(face.box.width_px, face.box.height_px)
    left, right = (int(np.clip(edge, 0, width)) for edge in (x - 1.6 * half, x + 1.6 * half))
    top, bottom = (int(np.clip(edge, 0, height)) for edge in (y - half, y + half))
    cut = drawn[top : max(bottom, top + 1), left : max(right, left + 1)]
    scale = _HEIGHT_PX / cut.shape[0]
    small = cv2.resize(cut, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    _, encoded = cv2.imencode('.jpg', small, [cv2.IMWRITE_JPEG_QUALITY, 85])
    return encoded.tobytes()
