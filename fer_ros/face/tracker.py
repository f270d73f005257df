"""Boxes → boxes with a stable face_id; follows faces and says when to detect again."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count

import numpy as np

from fer_ros.errors import SettingError
from fer_ros.face.landmark_layout import MEAN_SHAPE_NORM
from fer_ros.face.matching import _correlation, nearest
from fer_ros.face.track import STAMP_TOLERANCE_S, Find, Track
from fer_ros.structures import AlignedFace, FaceBox, ImageArray, Landmarks, TrackedFace


@dataclass(frozen=True)
class TrackerSettings:
    """When faces are detected and for how long they are followed.

    Attributes:
        detect_interval_s: Time between detections; 0 detects in every image.
        detect_delay_s: Detection works beside the images that follow, and what it finds is used
            with the first one that is so much later, but not later than the next detection.
            0 waits for it, and so do images that come less often than that.
        keep_s: How long a face that the detector misses (a lowered or turned head) is followed.
        max_faces: Most faces that are tracked: those detected now before those missed, known ones
            before new ones, of new ones those with the best detection score.
        max_distance: Distance of a detection from where a known face is expected, between centres
            and in widths of the face, up to which it is that face.
        min_likeness: Correlation of two successive aligned crops under which it is doubted that
            both show the same face.
        max_deviation: Mean distance of aligned landmarks from the mean face, in halves of the
            crop's side, above which they are no face. It is below 0.15 for 99 % of faces.
    """

    detect_interval_s: float = 0.3
    detect_delay_s: float = 0.15
    keep_s: float = 1.0
    max_faces: int = 16
    max_distance: float = 0.8
    min_likeness: float = 0.6
    max_deviation: float = 0.3

    def __post_init__(self) -> None:
        for name in ('detect_interval_s', 'detect_delay_s'):
            if getattr(self, name) < 0:
                raise SettingError(f'{name} is {getattr(self, name)}, allowed are 0 and more')
        if self.max_faces < 1:
            raise SettingError(f'max_faces is {self.max_faces}, allowed are 1 and more')

    @property
    def delay_s(self) -> float:
        """The delay that holds: ``detect_delay_s`` or the interval, whichever is shorter."""
        return min(self.detect_delay_s, self.detect_interval_s)


class FaceTracker:
    """Keeps the identity of faces over time.

    For every image: ``match`` with fresh detections when ``detection_due``, or ``catch_up`` with
    those of an earlier image, else ``followed``; then ``accept`` for each face with what was seen
    in its box.
    """

    def __init__(
        self, settings: TrackerSettings | None = None, face_ids: Iterator[int] | None = None
    ) -> None:
        """Args:
        settings: May be replaced at any time.
        face_ids: Gives each new face its number; 1, 2, 3, ... if left out.
        """
        self.settings = settings or TrackerSettings()
        self._tracks: dict[int, Track] = {}
        self._face_ids = face_ids or count(1)
        self._detected_s: float | None = None

    def detection_due(self, stamp_s: float) -> bool:
        """Return whether ``detect_interval_s`` has passed since the last detection, or with
        nobody to follow the delay of one.

        A detector that missed a known face is asked again at once.
        """
        if self._detected_s is None:
            return True
        if stamp_s <= self._detected_s:
            # A clock that stands still would never make the interval pass.
            return True
        missed = any(track.confirmed_s < self._detected_s for track in self._tracks.values())
        interval_s = self.settings.detect_interval_s
        if not self._tracks:
            # With nobody to follow there is time to look out for a new face more often.
            interval_s = self.settings.delay_s or interval_s
        return missed or stamp_s - self._detected_s >= interval_s - STAMP_TOLERANCE_S

    def match(self, boxes: Sequence[FaceBox], stamp_s: float) -> tuple[TrackedFace, ...]:
        """Give every detection the id of the known face that it is nearest to, or a new one.

        Args:
            boxes: Detections, best first.
            stamp_s: Acquisition time of the image.

        Returns:
            Detected faces, and known ones that the detector missed for less than ``keep_s``.
        """
        self._detected_s = stamp_s
        for track in self._tracks.values():
            track.expect(stamp_s)
        expected = {track.face_id: track.expected for track in self._tracks.values()}
        identity = nearest(boxes, expected, self.settings.max_distance)
        for track in self._tracks.values():
            track.confirmed_now = False
        for index, box in enumerate(boxes):
            if index in identity:
                track = self._tracks[identity[index]]
                track.expected, track.confirmed_s, track.confirmed_now = box, stamp_s, True
            else:
                self._add(box, stamp_s, stamp_s, None).confirmed_now = True
        self._forget(stamp_s)
        return self._faces()

    def begin_search(self, stamp_s: float) -> None:
        """Note that the image of ``stamp_s`` is being searched; see ``catch_up``."""
        self._detected_s = stamp_s

    def catch_up(
        self,
        finds: Sequence[Find],
        known: Mapping[int, FaceBox],
        found_s: float,
        stamp_s: float,
    ) -> tuple[TrackedFace, ...]:
        """Take what was found in an earlier image; faces have moved on since.

        Args:
            finds: Best first; of faces that were forgotten since, nothing is taken.
            known: Where the known faces were in that image, by ``face_id``.
            found_s: Acquisition time of that image.
            stamp_s: Acquisition time of the present image.

        Returns:
            As ``match``.
        """
        for track in self._tracks.values():
            track.expect(stamp_s)
            track.confirmed_now = False
        for find in finds:
            if find.face_id is None:
                self._add(find.box, found_s, stamp_s, find.crop)
            elif find.face_id in self._tracks:
                track = self._tracks[find.face_id]
                (x, y), (then_x, then_y) = (
                    box.center_px for box in (track.expected, known[find.face_id])
                )
                track.expected = find.box.shifted(x - then_x, y - then_y)
                track.confirmed_s = found_s
        self._forget(found_s)
        return self._faces()

    def followed(self, stamp_s: float) -> tuple[TrackedFace, ...]:
        """Return the known faces where they are expected in the image of ``stamp_s``."""
        for track in self._tracks.values():
            track.expect(stamp_s)
            track.confirmed_now = False
        return self._faces()

    def accept(
        self, face: TrackedFace, landmarks: Landmarks, aligned: AlignedFace, stamp_s: float
    ) -> bool:
        """Take what was seen in a face's box as that face, if it is convincing.

        Args:
            face: As ``match`` or ``followed`` returned it.
            landmarks: Predicted in its box.
            aligned: The aligned face from them.
            stamp_s: Acquisition time of the image.

        Returns:
            False when the box does not seem to hold the face any more. A face that was detected in
            this image is not doubted.
        """
        track = self._tracks[face.face_id]
        if not track.confirmed_now and not self._convincing(track, landmarks, aligned):
            return False
        track.see(landmarks.following_box(), stamp_s)
        track.crop = aligned.crop
        return True

    def find_again(
        self, face: TrackedFace, boxes: Sequence[FaceBox], stamp_s: float
    ) -> TrackedFace | None:
        """Return a doubted face where it was detected now; forget it where it was not.

        Args:
            face: Not accepted in this image.
            boxes: Detections near it, best first.
            stamp_s: Acquisition time of the image.
        """
        expected = {track.face_id: track.expected for track in self._tracks.values()}
        identity = nearest(boxes, expected, self.settings.max_distance)
        for index, face_id in identity.items():
            if face_id == face.face_id:
                track = self._tracks[face_id]
                track.expected, track.confirmed_s = boxes[index], stamp_s
                track.confirmed_now = True
                return track.as_seen()
        del self._tracks[face.face_id]
        return None

    def reset(self) -> None:
        """Forget all faces; ids go on where they were, so none is given twice."""
        self._tracks.clear()
        self._detected_s = None

    def _add(self, box: FaceBox, found_s: float, stamp_s: float, crop: ImageArray | None) -> Track:
        track = Track(next(self._face_ids), box, found_s, box, found_s, False, stamp_s, crop=crop)
        self._tracks[track.face_id] = track
        return track

    def _forget(self, detected_s: float) -> None:
        """Forget faces that were missed for too long, and those beyond ``max_faces``."""
        worth = sorted(
            (
                t
                for t in self._tracks.values()
                if detected_s - t.confirmed_s <= self.settings.keep_s
            ),
            # Older faces have smaller ids.
            key=lambda t: (t.confirmed_s < detected_s, t.face_id),
        )
        kept = sorted(worth[: self.settings.max_faces], key=lambda t: t.face_id)
        self._tracks = {t.face_id: t for t in kept}

    def _faces(self) -> tuple[TrackedFace, ...]:
        return tuple(track.as_seen() for track in self._tracks.values())

    def _convincing(self, track: Track, landmarks: Landmarks, aligned: AlignedFace) -> bool:
        deviation = np.linalg.norm(aligned.landmarks_norm - MEAN_SHAPE_NORM, axis=1).mean()
        if deviation > self.settings.max_deviation:
            return False
        # Between two images a face neither grows by half nor leaves where it was looked for.
        box = landmarks.following_box()
        if not 2 / 3 < box.width_px / track.box.width_px < 3 / 2:
            return False
        if box.iou(track.expected) < 1 / 3:
            return False
        if track.crop is None:
            return True
        return _correlation(aligned.crop, track.crop) >= self.settings.min_likeness
