"""EvaluateSettings: the settings of an evaluation, in one validated record."""

from dataclasses import dataclass, field
from pathlib import Path

from fer_ros.data.datasets import DATASETS
from fer_ros.errors import SettingError
from fer_ros.inference import config as model_config
from fer_ros.inference.prior_correction import CorrectedClassifier, default_strength
from fer_ros.models import load_classifier
from fer_ros.smoothing import SmoothingSettings

STREAMS = (*model_config.STREAMS, 'smoothed')
NO_SYNTHETIC_CLIPS = 'severity applies to clips made of stills, but the data has its own clips'


@dataclass(frozen=True)
class EvaluateSettings:
    """Settings of an evaluation.

    Attributes:
        model: Model file. For CREMA-D, ``{fold}`` in its path stands for the number of the fold.
        data: Path of the data, in a layout of ``datasets.READERS``.
        backend: Backend of ``load_classifier``; empty for onnx if possible, otherwise torch.
        dataset: One of ``DATASETS``; empty to recognise it.
        split: ``train``, ``validation`` or ``test``, or ``all`` for data that the model was not
            trained on; CREMA-D is judged by folds instead. Empty: ``all`` for a folder without
            splits if the model file says that it was not trained on any folder of pictures;
            otherwise ``validation``.
        fold: Number of the fold, for data that has folds. 0: all folds of CREMA-D; for other data
            the fold that the model was trained for, or else the first.
        seen: Other data that the model was trained on. Faces whose photograph is in their
            training or validation split are marked as seen.
        streams: Names from ``STREAMS``; empty for the model's own stream.
        smoothing: Settings for smoothing the frames of clips.
        severity: Severity of clips made of stills; None for ``synthetic_clips.SEVERITY``.
        min_quality: Quality, from 0 to 1, below which faces are not judged; 0 judges all.
        mirror: Whether to average the answers over each face and its mirror image.
        prior_correction: As in ``PipelineSettings``; None for its default, or for 0 if the model
            allows no other value.
        changes: Whether to judge the smoothing on clips in which one still fades into another.
        robustness: Whether to draw curves over blur, light, size, noise and occlusion.
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
                    'severity applies only to the stream smoothed: add it to the streams'
                )
        if not 0 <= self.min_quality <= 1:
            raise SettingError(f'min_quality is {self.min_quality}, expected 0 to 1')
        if not 0 <= self.fold <= 10:
            raise SettingError(f'fold is {self.fold}, expected 0 to 10')

    def load(self, model: Path) -> CorrectedClassifier:
        """Return the model, loaded in a backend that can answer for the streams."""
        parts = {'cnn', 'gat'} & set(self.streams)
        only_torch = model.suffix == '.safetensors' and not model.with_suffix('.onnx').is_file()
        backend = self.backend or ('torch' if parts or only_torch else 'onnx')
        base = load_classifier(model, backend, mirror=self.mirror)
        strength = self.prior_correction
        return CorrectedClassifier(base, default_strength(base) if strength is None else strength)
