"""Boxes and what is seen in them → faces with a stable face_id; says when to detect again."""

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

# Where a face that is back stands elsewhere than expected, it has to look more like itself.
_SAME_FACE_ELSEWHERE = 0.6
# A crop is remembered of a face that the detector has confirmed within this time.
_SURE_S = 0.5
# Two tracks whose boxes overlap as much follow the same face.
_SAME_PLACE_IOU = 0.7


@dataclass(frozen=True)
class TrackerSettings:
    """When faces are detected and for how long they are followed.

    Times are seconds of the images' stamps.

    Attributes:
        detect_interval_s: Time between detections; 0 detects in every image.
        detect_delay_s: Detection works beside the images that follow, and what it finds is used
            with the first one that is so much later, but not later than the next detection.
            0 waits for it, and so do images that come less often than that.
        keep_s: How long a face that the detector misses (a lowered or turned head) is followed.
        remember_s: How long a face that is not seen any more is remembered: one that looks like
            it is that face again.
        confirm_s: How long a face that appears where another one was lost, and does not look like
            it, has to be seen, and found again by the detector, before it is a new one: a hand
            before a face passes.
        max_faces: Most faces that are tracked: those detected now before those missed, known ones
            before new ones, of new ones those with the best detection score.
        max_distance: Distance of a detection from where a known face is expected, between centres
            and in widths of the face, up to which it is that face.
        max_deviation: Mean distance of aligned landmarks from the mean face, in halves of the
            crop's side, above which they are no face. It is below 0.15 for 99 % of faces.
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
                raise SettingError(f'{name} is {getattr(self, name)}, allowed are 0 and more')
        if self.max_faces < 1:
            raise SettingError(f'max_faces is {self.max_faces}, allowed are 1 and more')

    @property
    def delay_s(self) -> float:
        """The delay that holds: ``detect_delay_s`` or the interval, whichever is shorter."""
        return min(self.detect_delay_s, self.detect_interval_s)


class FaceTracker:
    """Keeps the identity of faces over time, by their place and by what they look like.

    For every image: ``expect``; then ``found`` with fresh detections when ``detection_due``, or
    ``found_earlier`` with those of an earlier image; then ``accept`` for each of ``tracks`` with
    what is seen where it is expected. What is not accepted is ``lost``, or shows ``another`` face.
    """

    def __init__(
        self, settings: TrackerSettings | None = None, face_ids: Iterator[int] | None = None
    ) -> None:
        """Args:
        settings: May be replaced at any time.
        face_ids: Gives each new face its number; 1, 2, 3, ... if left out.
        """
        self.settings = settings or TrackerSettings()
        self._tracks: list[Track] = []
        self._lost: list[Track] = []
        self._numbers = count()
        self._face_ids = face_ids or count(1)
        self._detected_s: float | None = None

    @property
    def tracks(self) -> tuple[Track, ...]:
        """The faces that are followed, and those that may become some, oldest first."""
        return tuple(self._tracks)

    @property
    def known_ids(self) -> frozenset[int]:
        """Ids of the faces that are followed or remembered."""
        known = (track.face_id for track in (*self._tracks, *self._lost))
        return frozenset(face_id for face_id in known if face_id is not None)

    def detection_due(self, stamp_s: float) -> bool:
        """Return whether ``detect_interval_s`` has passed since the last detection, or when
        somebody was just lost, the delay of one.

        A detector that missed a known face is asked again at once.
        """
        if self._detected_s is None:
            return True
        if stamp_s <= self._detected_s:
            # A clock that stands still would never make the interval pass.
            return True
        missed = any(track.confirmed_s < self._detected_s for track in self._tracks)
        interval_s = self.settings.detect_interval_s
        lost = any(stamp_s - track.seen_s <= self.settings.keep_s for track in self._lost)
        if lost:
            interval_s = self.settings.delay_s or interval_s
        return missed or stamp_s - self._detected_s >= interval_s - STAMP_TOLERANCE_S

    def expect(self, stamp_s: float) -> None:
        """Move the faces to where they are expected in the image of ``stamp_s``, and forget those
        that were lost too long ago.
        """
        for track in self._tracks:
            track.expect(stamp_s)
        keep_s = self.settings.remember_s
        self._lost = [track for track in self._lost if stamp_s - track.seen_s <= keep_s]

    def expected(self) -> dict[int, FaceBox]:
        """Return where each track is expected, by its number."""
        return {track.number: track.expected for track in self._tracks}

    def confirm(self, track: Track, box: FaceBox, stamp_s: float) -> None:
        """Note that the detector found a face in the present image, and where."""
        track.expected, track.confirmed_s, track.confirmed_now = box, stamp_s, True

    def found(self, boxes: Sequence[FaceBox], stamp_s: float) -> None:
        """Take what was detected in the present image.

        Args:
            boxes: Detections, best first.
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
        """Note that the image of ``stamp_s`` is being searched; see ``found_earlier``."""
        self._detected_s = stamp_s

    def found_earlier(
        self,
        finds: Sequence[Find],
        known: Mapping[int, FaceBox],
        found_s: float,
        stamp_s: float,
    ) -> None:
        """Take what was found in an earlier image; faces have moved on since.

        Args:
            finds: Best first; of tracks that ended since, nothing is taken.
            known: Where the tracks were in that image, by their numbers.
            found_s: Acquisition time of that image.
            stamp_s: Acquisition time of the present image.
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
                track.confirmed_s = found_s
        self._leave_out(found_s)

    def accept(
        self, track: Track, sighting: Sighting, stamp_s: float, continuous: bool = False
    ) -> bool:
        """Take what was seen where a face is expected as that face, if it is convincing.

        Args:
            track: One of ``tracks``.
            sighting: Seen at ``track.expected``.
            stamp_s: Acquisition time of the image.
            continuous: Whether it is known to be that face, whatever it looks like.

        Returns:
            False where it does not seem to be that face. Whether it is one that is to be told of
            ``track.face_id`` says.
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
        """Return the track of a face that was detected in the place of another one, which is lost.

        Args:
            track: Not accepted in this image.
            box: Box of the detection.
            stamp_s: Acquisition time of the image.
        """
        self.lose(track)
        return self._begin(box, stamp_s, stamp_s)

    def lose(self, track: Track) -> None:
        """Follow a face no longer; remember it, if it was one."""
        self._tracks.remove(track)
        if track.face_id is not None:
            self._lost.append(track)

    def merge(self) -> None:
        """End tracks that follow the same face as an older one."""
        for track in self.tracks:
            older = (other for other in self._tracks if other.number < track.number)
            if any(track.box.iou(other.box) > _SAME_PLACE_IOU for other in older):
                self._tracks.remove(track)

    def reset(self) -> None:
        """Forget all faces; ids go on where they were, so none is given twice."""
        self._tracks.clear()
        self._lost.clear()
        self._detected_s = None

    def _begin(self, box: FaceBox, found_s: float, stamp_s: float) -> Track:
        track = Track(next(self._numbers), box, found_s, box, found_s, True, stamp_s)
        self._tracks.append(track)
        return track

    def _leave_out(self, detected_s: float) -> None:
        """Lose faces that were missed for too long, and leave out those beyond ``max_faces``."""
        for track in self.tracks:
            if detected_s - track.confirmed_s > self.settings.keep_s:
                self.lose(track)
        # Older faces have smaller numbers.
        worth = sorted(self._tracks, key=lambda t: (t.confirmed_s < detected_s, t.number))
        kept = worth[: self.settings.max_faces]
        self._tracks = sorted(kept, key=lambda t: t.number)

    def _identify(self, track: Track, sighting: Sighting, stamp_s: float) -> None:
        """Give a track the id of the lost face that it looks like, or a new one."""
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
        if not any(near.values()) or (waited and confirmed_again):
            track.face_id = next(self._face_ids)

    def _forms_a_face(self, sighting: Sighting) -> bool:
        offset = sighting.aligned.landmarks_norm - MEAN_SHAPE_NORM
        return float(np.linalg.norm(offset, axis=1).mean()) <= self.settings.max_deviation

    def _where_expected(self, track: Track, sighting: Sighting) -> bool:
        # Between two images a face neither grows by half nor leaves where it was looked for.
        box = sighting.landmarks.following_box()
        grown = box.width_px / track.box.width_px
        return 2 / 3 < grown < 3 / 2 and box.iou(track.expected) >= 1 / 3
