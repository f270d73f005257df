"""EmotionPipeline: image in, emotions out; the only place where the stages are combined."""

from collections.abc import Iterator, Sequence
from itertools import count

import cv2
import numpy as np

from fer_ros.errors import ImageError, StampError
from fer_ros.face.observer import FaceObserver
from fer_ros.face.pose import CameraIntrinsics
from fer_ros.face.reported import FaceReport, ReportQueue
from fer_ros.face.rotation import turned, turned_back, turned_box
from fer_ros.models import Models
from fer_ros.pipeline.emotion_estimator import EmotionEstimator, estimate_together
from fer_ros.pipeline.observation import Observation
from fer_ros.pipeline.settings import PipelineSettings
from fer_ros.stage_timer import StageTimer
from fer_ros.structures import FaceBox, FrameEmotions, ImageArray, ObservedFace

# Keys of ``EmotionPipeline.stage_s``, in order; ``detector`` is the time that images wait for it.
STAGES = (
    'gray',
    'detector',
    'landmarks',
    'crop',
    'tracker',
    'pose',
    'quality',
    'batch',
    'model',
    'smoothing',
)


class EmotionPipeline:
    """Turns the images of one camera into faces with emotions.

    Attributes:
        models: The stages that are loaded from files.
        estimator: The half that estimates emotions; for ``estimate_together``.
    """

    def __init__(
        self,
        models: Models,
        settings: PipelineSettings | None = None,
        face_ids: Iterator[int] | None = None,
        reported: bool = False,
    ) -> None:
        """Args:
        models: Models to use; may be shared.
        settings: Pipeline settings; may be replaced at any time.
        face_ids: Ids for new faces; 1, 2, 3, ... if left out. See ``face_ids_of_camera``.
        reported: Whether an external detector finds the faces and passes them to ``report``; the
            detector of ``models`` is then used by ``analyze`` only.

        Raises:
            SettingError: The model does not allow the ``prior_correction`` of the settings.
        """
        settings = settings or PipelineSettings()
        self.models = models
        self._timer = StageTimer()
        self.estimator = EmotionEstimator(models.classifier, settings, self._timer)
        self._observer = FaceObserver(
            models.detector,
            models.landmarks,
            models.classifier.config.crop_px,
            self._timer,
            face_ids,
            reported,
        )
        self._observer.settings = settings.tracker
        self._reports = ReportQueue()
        self._stamp_s = float('-inf')

    @property
    def settings(self) -> PipelineSettings:
        """The settings; new ones apply from the next image. Faces stay known unless ``rotate_deg``
        changes.
        """
        return self.estimator.settings

    @settings.setter
    def settings(self, settings: PipelineSettings) -> None:
        before = self.settings
        # May refuse them, before anything has changed.
        self.estimator.settings = settings
        self._observer.settings = settings.tracker
        if before.rotate_deg != settings.rotate_deg:
            self._observer.reset()

    @property
    def camera(self) -> CameraIntrinsics | None:
        """Intrinsics for head poses; may be set at any time. ``None``: unknown, so that the
        orientation of a head follows from ``hfov_deg`` and its position stays unknown.
        """
        return self.estimator.camera

    @camera.setter
    def camera(self, camera: CameraIntrinsics | None) -> None:
        self.estimator.camera = camera

    @property
    def stage_s(self) -> dict[str, float]:
        """Seconds that each of ``STAGES`` took for the last processed image, if it ran; calls of
        ``observe`` and ``estimate`` add up. ``search`` is the time the detector worked in the
        background.
        """
        return self._timer.stage_s

    @property
    def classes(self) -> tuple[str, ...]:
        """The model's classes, in the order of every array of probabilities."""
        return self.estimator.classes

    def process(self, image: ImageArray, stamp_s: float) -> FrameEmotions:
        """Find the faces in an image and estimate their emotions.

        Args:
            image: ``(H, W)`` gray or ``(H, W, 3)`` BGR, uint8. A gray image must not be changed
                afterwards, since it may still be searched.
            stamp_s: Acquisition time in seconds, increasing from call to call.

        Raises:
            ImageError: The array has another shape or type, or no pixels.
            StampError: ``stamp_s`` is not later than the last image's. Use ``analyze`` for
                pictures that are not a sequence, or ``reset`` to start again.
        """
        self._timer.clear()
        return self.estimate(self.observe(image, stamp_s))

    def analyze(self, image: ImageArray) -> FrameEmotions:
        """Find the faces in a single picture and estimate their emotions.

        Nothing is tracked or smoothed, and the state from other images is not changed: faces are
        numbered from 1 in every picture, clearest first, and ``stamp_s`` is 0.

        Args:
            image: Image as for ``process``, with the same errors.
        """
        self._timer.clear()
        return self.estimate(self.observe_alone(image))

    def report(self, boxes: Sequence[FaceBox], stamp_s: float, normalised: bool = False) -> str:
        """Pass in the faces that an external detector found in an image, from any thread.

        They are used with the next processed image if the pipeline was created with ``reported``;
        their own image may be processed already or still to come. Without reports, the known faces
        are tracked.

        Args:
            boxes: Boxes around the faces in pixels of the original image, covering whole heads or
                brows to chin. Empty if there are no faces.
            stamp_s: Acquisition time in seconds of the image or of one close to it.
            normalised: Whether the boxes are in widths and heights of the image instead of pixels.

        Returns:
            Why the boxes cannot be used, as the rest of a sentence that begins "boxes are"; empty
            if they can.
        """
        return self._reports.put(FaceReport(stamp_s, tuple(boxes), normalised))

    def observe_alone(self, image: ImageArray) -> Observation:
        """Do the first half of ``analyze``; see ``observe``.

        Args:
            image: Image as for ``process``, with the same errors.
        """
        gray, size_wh = self._turned_gray(image)
        faces = self._turned_back(self._observer.observe_alone(gray), size_wh)
        return Observation(0.0, size_wh, faces, frozenset(), alone=True)

    def observe(self, image: ImageArray, stamp_s: float) -> Observation:
        """Do the first half of ``process``: find and track the faces.

        For recorded images, one thread may observe while another estimates earlier observations,
        each in the order of the images.

        Args:
            image: Image as for ``process``, with the same errors.
            stamp_s: Acquisition time in seconds; see ``process``.
        """
        if not stamp_s > self._stamp_s:
            raise StampError(
                f'image stamp {stamp_s} s is not later than the last one, {self._stamp_s} s; '
                'use analyze(image) for pictures that are not a sequence'
            )
        gray, size_wh = self._turned_gray(image)
        self._stamp_s = stamp_s
        rotate_deg = self.settings.rotate_deg
        reports = [
            FaceReport(
                report.stamp_s,
                tuple(turned_box(box, size_wh, rotate_deg) for box in report.boxes_px(size_wh)),
            )
            for report in self._reports.take(stamp_s)
        ]
        faces = self._turned_back(self._observer.observe(gray, stamp_s, reports), size_wh)
        return Observation(stamp_s, size_wh, faces, self._observer.known_ids)

    def estimate(self, observation: Observation) -> FrameEmotions:
        """Do the second half of ``process``: estimate the emotions of the observed faces.

        Args:
            observation: Observation of the image after the last estimated one.
        """
        return estimate_together([(self.estimator, observation)])[0]

    def settle(self) -> None:
        """Wait until no work is running in the background, e.g. before measuring time."""
        self._observer.settle()

    def reset(self) -> None:
        """Forget all faces and the last stamp."""
        self._observer.reset()
        self._reports.clear()
        self.estimator.reset()
        self._stamp_s = float('-inf')

    def _turned_gray(self, image: ImageArray) -> tuple[ImageArray, tuple[int, int]]:
        """Return the gray image, rotated by ``rotate_deg``, and its size before the rotation."""
        with self._timer.time('gray'):
            gray = _gray(image)
        return turned(gray, self.settings.rotate_deg), (gray.shape[1], gray.shape[0])

    def _turned_back(
        self, seen: Sequence[ObservedFace], size_wh: tuple[int, int]
    ) -> tuple[ObservedFace, ...]:
        """Return faces in the coordinates of the original image."""
        return tuple(turned_back(face, size_wh, self.settings.rotate_deg) for face in seen)


def face_ids_of_camera(index: int, cameras: int) -> Iterator[int]:
    """Return ids for the faces of one camera that no other camera assigns.

    Args:
        index: Index of the camera, from 0.
        cameras: Number of cameras; the ids are index + 1, index + 1 + cameras, ...
    """
    return count(index + 1, cameras)


def _gray(image: ImageArray) -> ImageArray:
    if not isinstance(image, np.ndarray):
        raise ImageError(
            f'image is {image!r}, expected an array: OpenCV returns None for a file that it '
            'cannot read'
        )
    if image.dtype != np.uint8:
        raise ImageError(f'image has type {image.dtype}, expected uint8')
    if image.ndim not in (2, 3) or (image.ndim == 3 and image.shape[2] != 3) or not image.size:
        raise ImageError(
            f'image has shape {image.shape}, expected (height, width) or (height, width, 3)'
        )
    if image.ndim == 2:
        return np.ascontiguousarray(image)
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), np.uint8)
