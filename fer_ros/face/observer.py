"""FaceObserver: the half of the pipeline that turns images into tracked, aligned faces."""

import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from fer_ros.face.alignment import align_face
from fer_ros.face.appearance import look_of
from fer_ros.face.continuity import SAME_SCENE, continuity
from fer_ros.face.detectors.detector import FaceDetector
from fer_ros.face.landmarks import LandmarkPredictor
from fer_ros.face.matching import nearest
from fer_ros.face.reported import (
    FaceHistory,
    FaceReport,
    finds_from_report,
    follow_near,
    follow_new,
    newest_boxes,
)
from fer_ros.face.track import STAMP_TOLERANCE_S, Find, Sighting, Track
from fer_ros.face.tracker import FaceTracker, TrackerSettings
from fer_ros.stage_timer import StageTimer
from fer_ros.structures import FaceBox, ImageArray, ObservedFace, TrackedFace

# Images further apart in time than this may show another person in the same place.
_CONTINUOUS_S = 0.2


class FaceObserver:
    """Detects, tracks and aligns the faces in the images of one camera or clip."""

    def __init__(
        self,
        detector: FaceDetector,
        landmarks: LandmarkPredictor,
        crop_px: int,
        timer: StageTimer | None = None,
        face_ids: Iterator[int] | None = None,
        reported: bool = False,
    ) -> None:
        """Args:
        detector: Finds faces; may be shared.
        landmarks: Places landmarks in them; may be shared.
        crop_px: Side of the aligned crops in pixels.
        timer: Records the time each stage takes.
        face_ids: Ids for new faces; see ``FaceTracker``.
        reported: Whether faces come from the reports passed to ``observe``; the detector is then
            used by ``observe_alone`` only.
        """
        self._detector = detector
        self._landmarks = landmarks
        self._crop_px = crop_px
        self._timer = timer or StageTimer()
        self._tracker = FaceTracker(face_ids=face_ids)
        self._search: FaceSearch | None = None
        self._history = FaceHistory() if reported else None
        # The newest report, and the images from its own to the current one.
        self._reported: tuple[FaceReport, Sequence[ImageArray]] | None = None
        self._previous: ImageArray | None = None
        self._last_s = float('-inf')
        # Its thread starts when it is first used.
        self._beside = ThreadPoolExecutor(1, 'fer_search')

    @property
    def settings(self) -> TrackerSettings:
        """When faces are detected and how long they are tracked; may be set at any time."""
        return self._tracker.settings

    @settings.setter
    def settings(self, settings: TrackerSettings) -> None:
        self._tracker.settings = settings

    @property
    def known_ids(self) -> frozenset[int]:
        """Ids of the faces that are tracked, and of lost faces that would still be recognised."""
        return self._tracker.known_ids

    def observe(
        self, gray: ImageArray, stamp_s: float, reports: Sequence[FaceReport] = ()
    ) -> list[ObservedFace]:
        """Return the faces in an image, ordered by ``face_id``.

        Args:
            gray: ``(H, W)`` uint8. Must not be changed afterwards: it may still be searched and is
                compared with the next image.
            stamp_s: Acquisition time in seconds, increasing from call to call.
            reports: Reports received since the last call, on this image or earlier ones. Of the
                boxes of each, those of tracked faces are used, and of the others the best ones, up
                to ``max_faces`` together.
        """
        if self._history is not None:
            return self._observe_reported(gray, stamp_s, reports, self._history)
        # Faces found in an old image say little about this one.
        beside = 0 < stamp_s - self._last_s <= self.settings.delay_s
        self._last_s = stamp_s
        self._tracker.expect(stamp_s)
        if beside or not self._tracker.detection_due(stamp_s):
            self._take_search(stamp_s)
        else:
            self._search = None
            with self._timer.time('detector'):
                boxes = self._detector.detect(gray)
            self._tracker.found(boxes, stamp_s)
        seen = self._look(gray, stamp_s)
        self._previous = gray
        if beside and self._search is None and self._tracker.detection_due(stamp_s):
            self._begin_search(gray, stamp_s)
        return seen

    def _observe_reported(
        self,
        gray: ImageArray,
        stamp_s: float,
        reports: Sequence[FaceReport],
        history: FaceHistory,
    ) -> list[ObservedFace]:
        self._tracker.expect(stamp_s)
        places_new = history.beside_images(reports, stamp_s)
        # The newest report comes first: a new face is followed from where it was last.
        for report in reversed(reports):
            expected = self._tracker.expected()
            then = history.known_at(report.stamp_s, stamp_s, expected)
            images = history.images_since(report.stamp_s, stamp_s, gray)
            known = {n: then.get(n, box) for n, box in expected.items()}
            finds = finds_from_report(
                sorted(report.boxes, key=lambda box: box.score, reverse=True),
                known,
                self.settings.max_distance,
                self.settings.max_faces if report in places_new else 0,
                partial(follow_new, images=images, look_at=self._look_at),
            )
            self._tracker.found_earlier(finds, known, report.stamp_s, stamp_s)
        self._reported = None
        if reports:
            newest = newest_boxes(reports, self.settings.max_distance)
            self._reported = newest, history.images_since(newest.stamp_s, stamp_s, gray)
        seen = self._look(gray, stamp_s)
        self._previous = gray
        history.add(stamp_s, gray, {track.number: track.box for track in self._tracker.tracks})
        return seen

    def observe_alone(self, gray: ImageArray) -> list[ObservedFace]:
        """Return the faces in a single picture; nothing is tracked or remembered.

        Args:
            gray: ``(H, W)`` uint8.

        Returns:
            At most ``max_faces`` faces, numbered from 1, best detection first.
        """
        with self._timer.time('detector'):
            boxes = self._detector.detect(gray)
        seen = []
        for face_id, box in enumerate(boxes[: self.settings.max_faces], 1):
            sighting = self._look_at(gray, box)
            face = TrackedFace(face_id, box, first_seen_s=0.0, detected=True)
            seen.append(ObservedFace(face, sighting.landmarks, sighting.aligned))
        return seen

    def settle(self) -> None:
        """Wait until no search is running in the background; its result is used as usual."""
        if self._search is not None:
            self._search.result.result()

    def reset(self) -> None:
        """Forget all faces."""
        self._tracker.reset()
        self._search = None
        self._reported = None
        self._previous = None
        self._last_s = float('-inf')
        if self._history is not None:
            self._history.clear()

    def _take_search(self, stamp_s: float) -> None:
        """Use the result of a search when it is due."""
        search = self._search
        if search is None or not search.due(stamp_s, self.settings.delay_s):
            return
        with self._timer.time('detector'):
            finds, took_s = search.result.result()
        self._timer.add('search', took_s)
        self._search = None
        self._tracker.found_earlier(finds, search.known, search.stamp_s, stamp_s)

    def _begin_search(self, gray: ImageArray, stamp_s: float) -> None:
        self._tracker.begin_search(stamp_s)
        known = {track.number: track.box for track in self._tracker.tracks}
        result = self._beside.submit(self._find, gray, known)
        self._search = FaceSearch(stamp_s, known, result)

    def _find(self, gray: ImageArray, known: Mapping[int, FaceBox]) -> tuple[list[Find], float]:
        """Return the faces found in an image and the time taken; runs in the background thread."""
        start = time.perf_counter()
        boxes = self._detector.detect(gray)
        owners = nearest(boxes, known, self.settings.max_distance)
        finds = []
        for index, box in enumerate(boxes):
            if index in owners:
                finds.append(Find(box, owners[index]))
                continue
            landmarks = self._landmarks.predict(gray, box)
            aligned = align_face(gray, landmarks, self._crop_px)
            finds.append(Find(landmarks.following_box(), None, look_of(aligned.crop)))
        return finds, time.perf_counter() - start

    def _look(self, gray: ImageArray, stamp_s: float) -> list[ObservedFace]:
        """Return the faces that are where they are expected; the others are lost."""
        sightings: dict[Track, Sighting] = {}
        # Known faces come first: one that is not where it is expected is lost before a new face is
        # identified, which may be that one in another place.
        known = [track for track in self._tracker.tracks if track.face_id is not None]
        new = [track for track in self._tracker.tracks if track.face_id is None]
        for tracks in (known, new):
            doubted: dict[Track, Sighting] = {}
            for track in tracks:
                sighting = self._look_at(gray, track.expected)
                accepted = self._accept(track, sighting, stamp_s)
                (sightings if accepted else doubted)[track] = sighting
            for track, sighting in doubted.items():
                # It no longer looks like itself: it has moved quickly, has gone, or another face
                # has taken its place.
                sightings |= self._look_again(gray, track, sighting, stamp_s)
        self._tracker.merge()
        seen = [
            ObservedFace(track.as_seen(), sightings[track].landmarks, sightings[track].aligned)
            for track in self._tracker.tracks
            if track in sightings and track.face_id is not None
        ]
        return sorted(seen, key=lambda one: one.face.face_id)

    def _look_again(
        self, gray: ImageArray, track: Track, sighting: Sighting, stamp_s: float
    ) -> dict[Track, Sighting]:
        """Return a doubted face where the detector finds it, or lose it.

        Args:
            gray: See ``observe``.
            track: Track whose face was not accepted in this image.
            sighting: What the image shows where the face is expected.
            stamp_s: See ``observe``.
        """
        if not track.confirmed_now:
            boxes = self._boxes_near(gray, track)
            owners = nearest(boxes, self._tracker.expected(), self.settings.max_distance)
            box = next((boxes[i] for i, number in owners.items() if number == track.number), None)
            if box is None:
                self._tracker.lose(track)
                return {}
            found_s = stamp_s if self._reported is None else self._reported[0].stamp_s
            self._tracker.confirm(track, box, max(track.confirmed_s, found_s))
            sighting = self._look_at(gray, box)
        if self._accept(track, sighting, stamp_s, self._continues(gray, track, stamp_s)):
            return {track: sighting}
        other = self._tracker.another(track, track.expected, stamp_s)
        other.confirmed_s = track.confirmed_s
        if self._accept(other, sighting, stamp_s):
            return {other: sighting}
        self._tracker.lose(other)
        return {}

    def _boxes_near(self, gray: ImageArray, track: Track) -> list[FaceBox]:
        """Return the faces near the expected place of a face."""
        if self._history is None:
            with self._timer.time('detector'):
                return self._detector.detect_near(gray, track.expected)
        if track.face_id is None or self._reported is None:
            # Nothing was reported, or a new face was followed from its report just now, in vain.
            return []
        report, images = self._reported
        # The report may be on an earlier image, and the face has moved since.
        reach = 2 * self.settings.max_distance
        return follow_near(track.expected, report.boxes, reach, images, self._look_at)

    def _look_at(self, gray: ImageArray, box: FaceBox) -> Sighting:
        """Return what the image shows in a box."""
        with self._timer.time('landmarks'):
            landmarks = self._landmarks.predict(gray, box)
        with self._timer.time('crop'):
            return Sighting(landmarks, align_face(gray, landmarks, self._crop_px))

    def _accept(
        self, track: Track, sighting: Sighting, stamp_s: float, continuous: bool = False
    ) -> bool:
        with self._timer.time('tracker'):
            return self._tracker.accept(track, sighting, stamp_s, continuous)

    def _continues(self, gray: ImageArray, track: Track, stamp_s: float) -> bool:
        """Return whether a face detected now was already there in the previous image."""
        if self._previous is None or stamp_s - track.seen_s > _CONTINUOUS_S:
            return False
        with self._timer.time('tracker'):
            return continuity(self._previous, gray, track.expected) >= SAME_SCENE


@dataclass(frozen=True, eq=False)
class FaceSearch:
    """A search in one image, running or finished.

    Attributes:
        stamp_s: Acquisition time of the image.
        known: Boxes of the tracked faces in that image, by track number.
        result: The faces found, and the duration of the search in seconds.
    """

    stamp_s: float
    known: Mapping[int, FaceBox]
    result: 'Future[tuple[list[Find], float]]'

    def due(self, stamp_s: float, delay_s: float) -> bool:
        """Return whether the result should be used with the image of ``stamp_s``.

        This depends on stamps alone, not on the speed of the machine, so a recording gives the
        same result every time.
        """
        # With a clock that stands still, the delay would never pass.
        elapsed_s = stamp_s - self.stamp_s
        return elapsed_s <= 0 or elapsed_s >= delay_s - STAMP_TOLERANCE_S
