"""EvaluateSettings: what an evaluation judges, on what, and how; one validated record."""

from dataclasses import dataclass, field
from pathlib import Path

from fer_ros.data.datasets import DATASETS
from fer_ros.errors import SettingError
from fer_ros.inference import config as model_config
from fer_ros.inference.prior_correction import CorrectedClassifier, default_strength
from fer_ros.models import load_classifier
from fer_ros.smoothing import SmoothingSettings

STREAMS = (*model_config.STREAMS, 'smoothed')
NO_SYNTHETIC_CLIPS = (
    'severity is of clips that are made from stills, the data has clips of its own'
)


@dataclass(frozen=True)
class EvaluateSettings:
    """What is judged, on what, and how.

    Attributes:
        model: Model file. For CREMA-D its path may hold ``{fold}``: the model of each fold.
        data: Data to evaluate on, see ``load_training_data``.
        backend: See ``load_classifier``; empty: onnx where possible, otherwise torch.
        dataset: One of ``DATASETS``; found out when empty.
        split: ``train``, ``validation``, ``test``, or ``all`` for data that the model has not
            learned from; CREMA-D is judged by folds instead. Empty: ``all`` for pictures without
            splits of their own, where the model says what it learned from and that was no folder
            of pictures; otherwise ``validation``.
        fold: Of data that has folds. 0: of CREMA-D all five, of others the one that the model was
            trained for, or the first.
        seen: Other data that the model was trained on; faces whose photograph stands in its
            training or validation split are not counted as never seen.
        streams: Names from ``STREAMS``; empty: the model's own stream.
        smoothing: How frames of clips are smoothed.
        severity: Of the clips that are made from stills; ``synthetic_clips.SEVERITY`` if ``None``.
        min_quality: Quality, from 0 to 1, below which faces are not judged; 0 judges all.
        mirror: Whether the model is asked about each face's mirror image too.
        prior_correction: As in ``PipelineSettings``; if ``None`` its default, or 0 for a model
            that does not allow another.
        changes: Whether to judge the smoothing on clips of stills that turn into each other.
        robustness: Whether to draw the curves over blur, light, size, noise and cover.
    """

    model: Path
    data: Path
    backend: str = ''
    dataset: str = ''
    split: str = ''
    fold: int = 0
    seen: tuple[Path, ...] = ()
    streams: tuple[str, ...] = ()
    smoothing: SmoothingSettings = field(default_factory=SmoothingSettings)
    severity: float | None = None
    robustness: bool = False
    changes: bool = False
    mirror: bool = False
    prior_correction: float | None = None
    min_quality: float = 0.0

    def __post_init__(self) -> None:
        if self.dataset and self.dataset not in DATASETS:
            raise SettingError(
                f'dataset is {self.dataset!r}, expected one of {", ".join(DATASETS)}'
            )
        for stream in self.streams:
            if stream not in STREAMS:
                raise SettingError(f'stream {stream!r} is unknown, expected {", ".join(STREAMS)}')
        if self.severity is not None:
            if not 0 <= self.severity <= 3:
                raise SettingError(f'severity is {self.severity}, expected 0 to 3')
            if 'smoothed' not in self.streams:
                raise SettingError(
                    'severity is of clips that are made for the stream smoothed, which is not '
                    'among the streams'
                )
        if not 0 <= self.min_quality <= 1:
            raise SettingError(f'min_quality is {self.min_quality}, expected 0 to 1')
        if not 0 <= self.fold <= 10:
            raise SettingError(f'fold is {self.fold}, expected 0 to 10')

    def load(self, model: Path) -> CorrectedClassifier:
        """Return the model in the backend that can answer for the streams."""
        parts = {'cnn', 'gat'} & set(self.streams)
        only_torch = model.suffix == '.safetensors' and not model.with_suffix('.onnx').is_file()
        backend = self.backend or ('torch' if parts or only_torch else 'onnx')
        base = load_classifier(model, backend, mirror=self.mirror)
        strength = self.prior_correction
        return CorrectedClassifier(base, default_strength(base) if strength is None else strength)
