"""PipelineSettings: the settings of a pipeline that may be changed while it runs."""

from dataclasses import dataclass, field

from fer_ros.errors import SettingError
from fer_ros.face.rotation import ROTATIONS_DEG
from fer_ros.face.tracker import TrackerSettings
from fer_ros.inference.prior_correction import DEFAULT_STRENGTH
from fer_ros.smoothing import SmoothingSettings


@dataclass(frozen=True)
class PipelineSettings:
    """Settings that may be changed while running.

    Attributes:
        tracker: When faces are detected and how long they are tracked.
        smoothing: How probabilities are smoothed.
        confidence_threshold: Smoothed probability in [0, 1] from which the most probable class is
            reported as the emotion.
        min_quality: Quality in [0, 1] that a face needs to be judged; see ``face_quality``.
        hfov_deg: Horizontal field of view in degrees, for a camera with unknown intrinsics.
        rotate_deg: Clockwise rotation of images in degrees before detection, one of
            ``ROTATIONS_DEG``. Results are in coordinates of the original image.
        prior_correction: How strongly the model's answers are adapted to people outside its
            training data, in [0, 1]; see ``PriorCorrection``. A model whose file does not record
            the class frequencies of its training allows only 0.
        adapt_to_person: Share, in [0, 1], of a face's usual expression that is subtracted from its
            logits; see ``RestingFaces``.
    """

    tracker: TrackerSettings = field(default_factory=TrackerSettings)
    smoothing: SmoothingSettings = field(default_factory=SmoothingSettings)
    confidence_threshold: float = 0.0
    min_quality: float = 0.2
    hfov_deg: float = 60.0
    rotate_deg: int = 0
    prior_correction: float = DEFAULT_STRENGTH
    adapt_to_person: float = 0.0

    def __post_init__(self) -> None:
        for name in ('confidence_threshold', 'min_quality', 'prior_correction', 'adapt_to_person'):
            if not 0 <= getattr(self, name) <= 1:
                raise SettingError(f'{name} is {getattr(self, name)}, expected 0 to 1')
        if not 0 < self.hfov_deg < 180:
            raise SettingError(
                f'hfov_deg is {self.hfov_deg}, expected more than 0 and less than 180'
            )
        if self.rotate_deg not in ROTATIONS_DEG:
            allowed = ', '.join(map(str, ROTATIONS_DEG))
            raise SettingError(f'rotate_deg is {self.rotate_deg}, expected one of {allowed}')
