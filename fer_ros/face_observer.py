"""FaceObserver: image in, followed and aligned faces out; the half of the pipeline that looks."""

from collections.abc import Sequence
from typing import Any

from fer_ros.face_crop import align_face
from fer_ros.face_detector import FaceDetector
from fer_ros.face_landmarks import LandmarkPredictor
from fer_ros.face_tracker import FaceTracker, TrackerSettings
from fer_ros.stage_timer import StageTimer
from fer_ros.structures import ImageArray, ObservedFace, TrackedFace


class FaceObserver:
    """Finds, follows and aligns the faces in the images of one camera or clip."""

    def __init__(
        self,
        detector: FaceDetector,
        landmarks: LandmarkPredictor,
        crop_px: int,
        timer: StageTimer | None = None,
    ) -> None:
        """Args:
        detector: Finds faces; may be shared.
        landmarks: Places landmarks in them; may be shared.
        crop_px: Side of the aligned crops.
        timer: Where the time of the stages is noted.
        """
        self._detector = detector
        self._landmarks = landmarks
        self._crop_px = crop_px
        self._timer = timer or StageTimer()
        self._tracker = FaceTracker()

    @property
    def settings(self) -> TrackerSettings:
        """When faces are detected and how long they are followed; may be set at any time."""
        return self._tracker.settings

    @settings.setter
    def settings(self, settings: TrackerSettings) -> None:
        self._tracker.settings = settings

    @property
    def memory(self) -> dict[str, Any]:
        """What is remembered of the faces, as JSON values; may be assigned to another observer."""
        return self._tracker.memory

    @memory.setter
    def memory(self, memory: dict[str, Any]) -> None:
        self._tracker.memory = memory

    def observe(self, gray: ImageArray, stamp_s: float) -> list[ObservedFace]:
        """Return the faces in an image, in order of ``face_id``.

        Args:
            gray: ``(H, W)`` uint8.
            stamp_s: Acquisition time in seconds, not decreasing from call to call.
        """
        if not self._tracker.detection_due(stamp_s):
            seen, doubted = self._look(gray, self._tracker.followed(stamp_s), stamp_s)
            if not doubted:
                return seen
        # Detection is due, or a followed face does not look like itself any more.
        with self._timer.time('detector'):
            boxes = self._detector.detect(gray)
        seen, doubted = self._look(gray, self._tracker.match(boxes, stamp_s), stamp_s)
        for face in doubted:
            self._tracker.drop(face)
        return seen

    def reset(self) -> None:
        """Forget all faces."""
        self._tracker.reset()

    def _look(
        self, gray: ImageArray, faces: Sequence[TrackedFace], stamp_s: float
    ) -> tuple[list[ObservedFace], list[TrackedFace]]:
        """Return what is seen of each face, and the faces that were not recognised in it."""
        seen, doubted = [], []
        for face in sorted(faces, key=lambda face: face.face_id):
            with self._timer.time('landmarks'):
                landmarks = self._landmarks.predict(gray, face.box)
            with self._timer.time('crop'):
                aligned = align_face(gray, landmarks, self._crop_px)
            with self._timer.time('tracker'):
                accepted = self._tracker.accept(face, landmarks, aligned, stamp_s)
            if accepted:
                seen.append(ObservedFace(face, landmarks, aligned))
            else:
                doubted.append(face)
        return seen, doubted
