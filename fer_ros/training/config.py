"""TrainConfig: the settings of a training, one validated record."""

from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import yaml

from fer_ros.errors import SettingError
from fer_ros.inference.classifier import SHIPPED_MODEL
from fer_ros.inference.config import ModelConfig
from fer_ros.network.backbone_file import backbone_file
from fer_ros.network.checkpoint import load_checkpoint
from fer_ros.training.augment import AugmentConfig
from fer_ros.yaml_numbers import load_yaml

# Names of the checkpoint that is installed with the package and of the one from get-backbone.
SHIPPED = 'shipped'
BACKBONE = 'vggface2'


@dataclass(frozen=True)
class TrainConfig:
    """How a model is trained.

    Attributes:
        model: Architecture of the model; its classes are those of the data.
        augment: Augmentation of the training faces.
        epochs: Number of passes over the training faces.
        batch_size: Highest number of faces per step, over all processes; at most the number of
            training faces. The faces of an epoch are divided evenly among its steps.
        learning_rate: Highest learning rate, reached after the warm-up; decays to 0 along a
            cosine.
        warmup_epochs: Number of epochs over which the learning rate rises.
        weight_decay: Weight decay of AdamW (Loshchilov & Hutter 2019), on matrices and kernels.
        balance: How much more often rare classes are drawn: 0 as in the data, 1 all equally.
        shares: Proportions in which faces are drawn from several data sets, in the order in which
            these are given (2, 1: two thirds from the first). Empty: by their sizes.
        ema_decay: Decay per step of the averaged weights, which are those of the final model.
        modality_dropout: Probability for each stream of a fused model that a face is trained
            without it; unused in late fusion, whose streams are trained separately.
        stream_loss: Weight of the loss of each stream's own classifier in a fused model.
        second_loss: Weight of the loss of the classifier for second labels, if the data has any;
            see ``ModelConfig.second_classes``.
        second_share: Weight of that classifier in the answers of the kept model, 0 to 1; see
            ``without_second``. Running a finished training with another value rebuilds the kept
            model.
        init: Checkpoint of the same architecture that provides the initial weights; its
            classifiers provide those of the classes that both models have. A configuration file
            need not repeat its architecture. ``shipped``: the model that is installed with the
            package; ``vggface2``: the published MobileNet that ``fer-ros get-backbone`` downloads,
            for ``cnn: mobilenet``. Empty: random weights.
        init_share: Share of the initial weights in those of the kept model, 0 to 1. The mean of
            two models along a training is often better than either (Wortsman et al. 2022, "Robust
            fine-tuning of zero-shot models").
        teachers: Checkpoints of any architecture whose mean answers are mixed into the targets of
            the training faces; ``shipped`` as for ``init``. Empty: only the targets of the data.
            To teach second labels too, use the ``best.safetensors`` of a run, which still has the
            classifier for them.
        teacher_share: Share of the teachers' answers in the targets, 0 to 1.
        teacher_views: Number of views of each face that a teacher answers; see ``taught``.
        class_biases: Whether the calibration of the kept model fits a bias for each class beside
            the temperature, which makes answers likelier but lowers the recall of rare classes;
            the cost is printed.
        mixed_precision: Whether to compute convolutions and products in bfloat16 if the device
            supports it, which makes a step 1.6 times as fast. Weights and updates stay in float32.
        fold: Test fold of data that is split by subject; the next fold is the validation data.
        seed: Seed of all random numbers.
        workers: Number of processes that prepare batches; 0 prepares them in this process.
    """

    model: ModelConfig = field(default_factory=ModelConfig)
    augment: AugmentConfig = field(default_factory=AugmentConfig)
    epochs: int = 42
    batch_size: int = 128
    learning_rate: float = 2e-3
    warmup_epochs: float = 1.0
    weight_decay: float = 0.05
    balance: float = 0.35
    shares: tuple[float, ...] = ()
    ema_decay: float = 0.999
    modality_dropout: float = 0.1
    stream_loss: float = 1.0
    second_loss: float = 0.2
    second_share: float = 0.0
    class_biases: bool = False
    init: str = ''
    init_share: float = 0.0
    teachers: tuple[str, ...] = ()
    teacher_share: float = 0.5
    teacher_views: int = 4
    mixed_precision: bool = True
    fold: int = 1
    seed: int = 1
    workers: int = 0

    @property
    def sources(self) -> list[Path]:
        """Files of the checkpoints: that of ``init`` first, if any, then those of ``teachers``."""
        known = {SHIPPED: SHIPPED_MODEL.with_suffix('.safetensors'), BACKBONE: backbone_file()}
        names = [name for name in (self.init, *self.teachers) if name]
        return [known.get(name, Path(name)) for name in names]

    def __post_init__(self) -> None:
        for name, low, high in (
            ('epochs', 1, 10_000),
            ('batch_size', 2, 100_000),
            ('learning_rate', 1e-8, 10),
            ('warmup_epochs', 0, self.epochs),
            ('weight_decay', 0, 10),
            ('balance', 0, 1),
            ('ema_decay', 0, 0.999999),
            ('modality_dropout', 0, 0.5),
            ('stream_loss', 0, 10),
            ('second_loss', 0, 10),
            ('second_share', 0, 1),
            ('init_share', 0, 1),
            ('teacher_share', 0, 1),
            ('teacher_views', 1, 64),
            ('fold', 1, 10),
            ('seed', 0, 2**31),
            ('workers', 0, 256),
        ):
            value = getattr(self, name)
            whole = isinstance(type(self).__dataclass_fields__[name].default, int)
            if isinstance(value, bool) or not isinstance(value, int if whole else int | float):
                kind = 'a whole number' if whole else 'a number'
                raise SettingError(f'{name} is {value!r}, expected {kind}')
            if not low <= value <= high:
                raise SettingError(f'{name} is {value}, expected {low} to {high}')
        if self.init_share and not self.init:
            raise SettingError(
                f'init_share is {self.init_share}, but init is empty: name a checkpoint'
            )
        if not isinstance(self.init, str):
            raise SettingError(f'init is {self.init!r}, expected the path of a checkpoint')
        if not isinstance(self.teachers, tuple) or not all(
            isinstance(path, str) for path in self.teachers
        ):
            raise SettingError(
                f'teachers is {self.teachers!r}, expected a list of paths of checkpoints'
            )
        if not isinstance(self.shares, tuple) or not all(
            isinstance(share, int | float) and not isinstance(share, bool) and share > 0
            for share in self.shares
        ):
            raise SettingError(
                f'shares is {self.shares!r}, expected a list of numbers above 0, one for each '
                'data set'
            )
        for name in ('mixed_precision', 'class_biases'):
            if not isinstance(getattr(self, name), bool):
                raise SettingError(f'{name} is {getattr(self, name)!r}, expected true or false')


def read_train_config(path: Path | None) -> TrainConfig:
    """Read a YAML file with the fields of ``TrainConfig``; without one, the defaults.

    Without ``model``, the architecture is that of the checkpoint in ``init``, if there is one.

    Raises:
        ModelFileError: The checkpoint in ``init`` is damaged.
        SettingError: The file is missing or not YAML, a key is unknown, a value is not allowed.
    """
    if path is None:
        return TrainConfig()
    try:
        values = load_yaml(path.read_text(encoding='utf-8')) or {}
    except (OSError, yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise SettingError(f'configuration {path} cannot be read: {error}') from error
    values = dict(_mapping(values, f'configuration {path}'))
    if 'model' in values:
        values['model'] = ModelConfig.from_dict(_mapping(values['model'], 'model'))
    if 'augment' in values:
        values['augment'] = _record(AugmentConfig, _mapping(values['augment'], 'augment'))
    for name in ('teachers', 'shares'):
        if isinstance(values.get(name), list):
            values[name] = tuple(values[name])
    config: TrainConfig = _record(TrainConfig, values)
    # A missing checkpoint is reported where all checkpoints are read.
    if 'model' not in values and config.init and config.sources[0].is_file():
        config = replace(config, model=_architecture(config.sources[0]))
    return config


def _architecture(checkpoint: Path) -> ModelConfig:
    """Return the architecture of a checkpoint, for the classes of any data."""
    model = load_checkpoint(checkpoint).model.config
    return replace(model, classes=ModelConfig().classes, second_classes=())


def _mapping(values: Any, name: str) -> dict[str, Any]:
    if not isinstance(values, dict):
        raise SettingError(f'{name} is not a list of "setting: value" lines')
    return values


def _record(kind: Any, values: dict[str, Any]) -> Any:
    known = [entry.name for entry in fields(kind)]
    unknown = sorted(set(values) - set(known))
    if unknown:
        raise SettingError(f'setting {unknown[0]!r} is unknown, expected {", ".join(known)}')
    return kind(**values)
