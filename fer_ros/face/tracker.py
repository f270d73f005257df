"""FaceTracker: gives faces a stable face_id across images and decides when to detect again."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count

import numpy as np

from fer_ros.errors import SettingError
from fer_ros.face.appearance import SAME_FACE
from fer_ros.face.landmark_layout import MEAN_SHAPE_NORM
from fer_ros.face.matching import distance, nearest
from fer_ros.face.track import STAMP_TOLERANCE_S, Find, Sighting, Track
from fer_ros.structures import FaceBox

# A face that returns in an unexpected place has to look more like itself.
_SAME_FACE_ELSEWHERE = 0.6
# A crop is remembered only if the detector has confirmed the face within this time.
_SURE_S = 0.5
# Two tracks whose boxes overlap this much follow the same face.
_SAME_PLACE_IOU = 0.7


@dataclass(frozen=True)
class TrackerSettings:
    """When faces are detected and for how long they are tracked.

    Times are in seconds, measured by the images' stamps.

    Attributes:
        detect_interval_s: Time between detections; 0 runs one for every image.
        detect_delay_s: Detection runs in the background while images continue, and its result is
            used with the first image that is at least this much later, but no later than the next
            detection. 0 waits for the result, as do images that arrive less often than this.
        keep_s: How long after its last detection a face is still tracked while the detector misses
            it (a lowered or turned head). With a long ``detect_interval_s``, at least that and
            half of this, so that a single detection that misses it is not enough.
        remember_s: How long a lost face is remembered. A face that looks like it within this time
            gets its id back.
        confirm_s: How long a face that appears where another was lost, and does not look like it,
            has to be seen and detected again before it counts as new: a hand in front of a face
            soon moves away. Not if the previous image is more than ``keep_s`` ago.
        max_faces: Maximum number of tracked faces. Faces detected now take precedence over missed
            ones, known faces over new ones, and new ones with a better detection score.
        max_distance: Largest distance of a detection from the expected place of a known face for
            it to count as that face, between centres in face widths.
        max_deviation: Largest mean distance of aligned landmarks from the mean face, in halves of
            the crop's side, for them to count as a face. It is below 0.15 for 99 % of faces.
    """

    detect_interval_s: float = 0.3
    detect_delay_s: float = 0.15
    keep_s: float = 1.0
    remember_s: float = 5.0
    confirm_s: float = 0.2
    max_faces: int = 16
    max_distance: float = 0.8
    max_deviation: float = 0.3

    def __post_init__(self) -> None:
        for name in ('detect_interval_s', 'detect_delay_s'):
            if getattr(self, name) < 0:
                raise SettingError(f'{name} is {getattr(self, name)}, expected 0 or more')
        if self.max_faces < 1:
            raise SettingError(f'max_faces is {self.max_faces}, expected 1 or more')

    @property
    def delay_s(self) -> float:
        """Effective delay: ``detect_delay_s`` or the interval, whichever is shorter."""
        return min(self.detect_delay_s, self.detect_interval_s)


class FaceTracker:
    """Keeps the identity of faces over time by position and appearance.

    For every image call ``expect``; then ``found`` with fresh detections when ``detection_due``,
    or ``found_earlier`` with those of an earlier image; then ``accept`` for each of ``tracks``
    with the sighting at its expected place. For a track that is not accepted, call ``lose``, or
    ``another`` if a different face is there.
    """

    def __init__(
        self, settings: TrackerSettings | None = None, face_ids: Iterator[int] | None = None
    ) -> None:
        """Args:
        settings: Tracker settings; may be replaced at any time.
        face_ids: Ids for new faces; 1, 2, 3, ... if left out.
        """
        self.settings = settings or TrackerSettings()
        self._tracks: list[Track] = []
        self._lost: list[Track] = []
        self._numbers = count()
        self._face_ids = face_ids or count(1)
        self._detected_s: float | None = None
        # Stamp of the current image, and the time between it and the previous one.
        self._image_s, self._gap_s = float('inf'), 0.0

    @property
    def tracks(self) -> tuple[Track, ...]:
        """The tracked faces and candidates for new ones, oldest first."""
        return tuple(self._tracks)

    @property
    def known_ids(self) -> frozenset[int]:
        """Ids of the faces that are tracked or remembered."""
        known = (track.face_id for track in (*self._tracks, *self._lost))
        return frozenset(face_id for face_id in known if face_id is not None)

    def detection_due(self, stamp_s: float) -> bool:
        """Return whether it is time for the next detection.

        It is due when ``detect_interval_s`` has passed since the last one; just after a face was
        lost, when the detection delay has passed; and at once if the last one missed a known face.
        """
        if self._detected_s is None:
            return True
        if stamp_s <= self._detected_s:
            # With a clock that stands still, the interval would never pass.
            return True
        missed = any(track.confirmed_s < self._detected_s for track in self._tracks)
        interval_s = self.settings.detect_interval_s
        lost = any(stamp_s - track.seen_s <= self.settings.keep_s for track in self._lost)
        if lost:
            interval_s = self.settings.delay_s or interval_s
        return missed or stamp_s - self._detected_s >= interval_s - STAMP_TOLERANCE_S

    def expect(self, stamp_s: float) -> None:
        """Move the faces to their expected places in the image of ``stamp_s``, and forget those
        last seen too long ago.
        """
        self._image_s, self._gap_s = stamp_s, stamp_s - self._image_s
        remember_s = self.settings.remember_s
        # Where no images came for so long, also those that were tracked before.
        self._tracks, self._lost = (
            [track for track in tracks if stamp_s - track.seen_s <= remember_s]
            for tracks in (self._tracks, self._lost)
        )
        for track in self._tracks:
            track.expect(stamp_s)

    def expected(self) -> dict[int, FaceBox]:
        """Return the expected box of each track, by track number."""
        return {track.number: track.expected for track in self._tracks}

    def confirm(self, track: Track, box: FaceBox, stamp_s: float) -> None:
        """Record that the detector found a face at ``stamp_s``, and where it is now."""
        track.expected, track.confirmed_s, track.confirmed_now = box, stamp_s, True

    def found(self, boxes: Sequence[FaceBox], stamp_s: float) -> None:
        """Process the detections of the current image.

        Args:
            boxes: Detected boxes, best first.
            stamp_s: Acquisition time of the image.
        """
        self._detected_s = stamp_s
        owners = nearest(boxes, self.expected(), self.settings.max_distance)
        by_number = {track.number: track for track in self._tracks}
        for index, box in enumerate(boxes):
            if index in owners:
                self.confirm(by_number[owners[index]], box, stamp_s)
            else:
                self._begin(box, stamp_s, stamp_s)
        self._leave_out(stamp_s)

    def begin_search(self, stamp_s: float) -> None:
        """Record that the image of ``stamp_s`` is being searched; see ``found_earlier``."""
        self._detected_s = stamp_s

    def found_earlier(
        self,
        finds: Sequence[Find],
        known: Mapping[int, FaceBox],
        found_s: float,
        stamp_s: float,
    ) -> None:
        """Process the faces found in an earlier image; they have moved on since.

        Args:
            finds: Faces found, best first; those of tracks that have ended since are ignored.
            known: Boxes of the tracks in that image, by track number.
            found_s: Acquisition time of that image.
            stamp_s: Acquisition time of the current image.
        """
        by_number = {track.number: track for track in self._tracks}
        for find in finds:
            if find.number is None:
                track = self._begin(find.box, found_s, stamp_s)
                track.confirmed_now = False
                if find.look is not None:
                    track.appearance.add(find.look, sure=True)
            elif find.number in by_number:
                track = by_number[find.number]
                (x, y), (then_x, then_y) = (
                    box.center_px for box in (track.expected, known[find.number])
                )
                track.expected = find.box.shifted(x - then_x, y - then_y)
                track.confirmed_s = max(track.confirmed_s, found_s)
        self._leave_out(found_s)

    def accept(
        self, track: Track, sighting: Sighting, stamp_s: float, continuous: bool = False
    ) -> bool:
        """Accept a sighting as the expected face if it is convincing.

        Args:
            track: One of ``tracks``.
            sighting: Sighting at ``track.expected``.
            stamp_s: Acquisition time of the image.
            continuous: Whether it is known to be that face regardless of its look.

        Returns:
            False if it does not seem to be that face. ``track.face_id`` tells whether the face may
            be reported yet.
        """
        new = track.face_id is None
        if (new or not track.confirmed_now) and not self._forms_a_face(sighting):
            return False
        if not track.confirmed_now and not self._where_expected(track, sighting):
            return False
        if not continuous and track.appearance.likeness(sighting.look) < SAME_FACE:
            return False
        track.see(sighting.landmarks.following_box(), stamp_s)
        if new:
            self._identify(track, sighting, stamp_s)
        sure = stamp_s - track.confirmed_s <= _SURE_S
        track.appearance.add(sighting.look, sure)
        return True

    def another(self, track: Track, box: FaceBox, stamp_s: float) -> Track:
        """Lose a face and return the track of the face that was detected in its place.

        Args:
            track: Track whose face was not accepted in this image.
            box: Box of the detection.
            stamp_s: Acquisition time of the image.
        """
        self.lose(track)
        return self._begin(box, stamp_s, stamp_s)

    def lose(self, track: Track) -> None:
        """Stop tracking a face; remember it if it had been identified."""
        self._tracks.remove(track)
        if track.face_id is not None:
            self._lost.append(track)

    def merge(self) -> None:
        """End tracks that follow the same face as an older track."""
        for track in self.tracks:
            older = (other for other in self._tracks if other.number < track.number)
            if any(track.box.iou(other.box) > _SAME_PLACE_IOU for other in older):
                self._tracks.remove(track)

    def reset(self) -> None:
        """Forget all faces; ids continue from where they were, so none is assigned twice."""
        self._tracks.clear()
        self._lost.clear()
        self._detected_s = None
        self._image_s, self._gap_s = float('inf'), 0.0

    def _begin(self, box: FaceBox, found_s: float, stamp_s: float) -> Track:
        track = Track(next(self._numbers), box, found_s, box, found_s, True, stamp_s)
        self._tracks.append(track)
        return track

    def _leave_out(self, detected_s: float) -> None:
        """Lose faces that were missed for too long, and those beyond ``max_faces``."""
        # With a long interval, a face is not yet lost if a single detection misses it.
        settings = self.settings
        keep_s = max(settings.keep_s, settings.detect_interval_s + settings.keep_s / 2)
        for track in self.tracks:
            if detected_s - track.confirmed_s > keep_s:
                self.lose(track)
        # Older faces have smaller numbers.
        worth = sorted(self._tracks, key=lambda t: (t.confirmed_s < detected_s, t.number))
        for track in worth[self.settings.max_faces :]:
            self.lose(track)

    def _identify(self, track: Track, sighting: Sighting, stamp_s: float) -> None:
        """Give a track the id of the lost face that it looks like, or a new id."""
        reach = self.settings.max_distance
        near = {lost.number: distance(lost.box, track.box) <= reach for lost in self._lost}
        likeness = {lost.number: lost.appearance.likeness(sighting.look) for lost in self._lost}
        for lost in sorted(self._lost, key=lambda one: -likeness[one.number]):
            needed = SAME_FACE if near[lost.number] else _SAME_FACE_ELSEWHERE
            if likeness[lost.number] >= needed:
                self._lost.remove(lost)
                track.face_id, track.first_seen_s = lost.face_id, lost.first_seen_s
                track.appearance = lost.appearance
                return
        waited = stamp_s - track.first_seen_s >= self.settings.confirm_s - STAMP_TOLERANCE_S
        confirmed_again = track.confirmed_s > track.first_seen_s
        # Where images come seldom, a person may be in a single one.
        gap = self._gap_s > self.settings.keep_s
        if gap or not any(near.values()) or (waited and confirmed_again):
            track.face_id = next(self._face_ids)

    def _forms_a_face(self, sighting: Sighting) -> bool:
        offset = sighting.aligned.landmarks_norm - MEAN_SHAPE_NORM
        return float(np.linalg.norm(offset, axis=1).mean()) <= self.settings.max_deviation

    def _where_expected(self, track: Track, sighting: Sighting) -> bool:
        # From one image to the next a face neither grows by half nor leaves its expected place.
        box = sighting.landmarks.following_box()
        grown = box.width_px / track.box.width_px
        return 2 / 3 < grown < 3 / 2 and box.iou(track.expected) >= 1 / 3
