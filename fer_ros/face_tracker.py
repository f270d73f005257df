"""Boxes → boxes with a stable face_id; follows faces between detections and says when to detect."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fer_ros.errors import SettingError
from fer_ros.landmark_layout import MEAN_SHAPE_NORM
from fer_ros.structures import AlignedFace, FaceBox, ImageArray, Landmarks, TrackedFace


@dataclass(frozen=True)
class TrackerSettings:
    """When faces are detected and for how long they are followed.

    Attributes:
        detect_interval_s: Time between detections; 0 detects in every image.
        keep_s: How long a face that the detector misses (a lowered or turned head) is followed.
        max_faces: Faces with the best detection score are tracked, up to this number.
        min_overlap: Intersection over union from which a detection is a face already known.
        min_likeness: Correlation of two successive aligned crops under which it is doubted that
            both show the same face.
        max_deviation: Mean distance of aligned landmarks from the mean face, in halves of the
            crop's side, above which they are no face. It is below 0.15 for 99 % of faces.
    """

    detect_interval_s: float = 0.3
    keep_s: float = 1.0
    max_faces: int = 16
    min_overlap: float = 0.3
    min_likeness: float = 0.6
    max_deviation: float = 0.3

    def __post_init__(self) -> None:
        if self.detect_interval_s < 0:
            raise SettingError(
                f'detect_interval_s is {self.detect_interval_s}, allowed are 0 and more'
            )
        if self.max_faces < 1:
            raise SettingError(f'max_faces is {self.max_faces}, allowed are 1 and more')


@dataclass
class _Track:
    face_id: int
    box: FaceBox
    confirmed_s: float
    confirmed_now: bool = True
    crop: ImageArray | None = None


class FaceTracker:
    """Keeps the identity of faces over time.

    For every image: ``match`` with fresh detections when ``detection_due``, else ``followed``; then
    ``accept`` for each face with what was seen in its box.
    """

    def __init__(self, settings: TrackerSettings | None = None) -> None:
        self.settings = settings or TrackerSettings()
        self._tracks: dict[int, _Track] = {}
        self._next_id = 1
        self._detected_s: float | None = None

    def detection_due(self, stamp_s: float) -> bool:
        """Return whether ``detect_interval_s`` has passed since the last detection.

        A detector that missed a known face is asked again at once.
        """
        if self._detected_s is None:
            return True
        missed = any(track.confirmed_s < self._detected_s for track in self._tracks.values())
        # Half a millisecond of tolerance: stamps are rounded, intervals are not.
        return missed or stamp_s - self._detected_s >= self.settings.detect_interval_s - 5e-4

    def match(self, boxes: Sequence[FaceBox], stamp_s: float) -> tuple[TrackedFace, ...]:
        """Give every detection the id of the known face that it overlaps most, or a new one.

        Args:
            boxes: Detections, best first.
            stamp_s: Acquisition time of the image.

        Returns:
            Detected faces, and known ones that the detector missed for less than ``keep_s``.
        """
        self._detected_s = stamp_s
        pairs = sorted(
            (
                (overlap, index, track.face_id)
                for index, box in enumerate(boxes)
                for track in self._tracks.values()
                if (overlap := box.iou(track.box)) >= self.settings.min_overlap
            ),
            reverse=True,
        )
        identity: dict[int, int] = {}
        for _, index, face_id in pairs:
            if index not in identity and face_id not in identity.values():
                identity[index] = face_id
        for track in list(self._tracks.values()):
            track.confirmed_now = False
            missed_for = stamp_s - track.confirmed_s
            if track.face_id not in identity.values() and missed_for > self.settings.keep_s:
                del self._tracks[track.face_id]
        for index, box in enumerate(boxes):
            if index in identity:
                track = self._tracks[identity[index]]
                track.box, track.confirmed_s, track.confirmed_now = box, stamp_s, True
            elif len(self._tracks) < self.settings.max_faces:
                self._tracks[self._next_id] = _Track(self._next_id, box, stamp_s)
                self._next_id += 1
        return self._faces()

    def followed(self) -> tuple[TrackedFace, ...]:
        """Return the known faces where they are expected in the next image."""
        for track in self._tracks.values():
            track.confirmed_now = False
        return self._faces()

    def accept(self, face: TrackedFace, landmarks: Landmarks, aligned: AlignedFace) -> bool:
        """Take what was seen in a face's box and expect the face there in the next image.

        Returns:
            False when the box does not seem to hold the face any more. A face that was detected in
            this image is not doubted.
        """
        track = self._tracks[face.face_id]
        if not track.confirmed_now and not self._convincing(track, landmarks, aligned):
            return False
        track.box = landmarks.following_box()
        track.crop = aligned.crop
        return True

    def drop(self, face: TrackedFace) -> None:
        """Forget a face."""
        self._tracks.pop(face.face_id, None)

    def reset(self) -> None:
        """Forget all faces; ids go on where they were, so none is given twice."""
        self._tracks.clear()
        self._detected_s = None

    def _faces(self) -> tuple[TrackedFace, ...]:
        return tuple(TrackedFace(track.face_id, track.box) for track in self._tracks.values())

    def _convincing(self, track: _Track, landmarks: Landmarks, aligned: AlignedFace) -> bool:
        deviation = np.linalg.norm(aligned.landmarks_norm - MEAN_SHAPE_NORM, axis=1).mean()
        if deviation > self.settings.max_deviation:
            return False
        # Between two images a face neither jumps by half its size nor grows by half.
        box = landmarks.following_box()
        if not 2 / 3 < box.width_px / track.box.width_px < 3 / 2 or box.iou(track.box) < 1 / 3:
            return False
        if track.crop is None:
            return True
        return _correlation(aligned.crop, track.crop) >= self.settings.min_likeness


def _correlation(a: ImageArray, b: ImageArray) -> float:
    """Return the correlation coefficient of two crops, 0 where one of them is uniform."""
    x = a.astype(np.float32).ravel()
    y = b.astype(np.float32).ravel()
    x -= x.mean()
    y -= y.mean()
    norm = float(np.sqrt((x @ x) * (y @ y)))
    return float(x @ y) / norm if norm > 0 else 0.0
