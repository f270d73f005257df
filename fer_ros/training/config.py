"""TrainConfig: the settings of a training, one validated record."""

from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import yaml

from fer_ros.errors import SettingError
from fer_ros.inference.classifier import SHIPPED_MODEL
from fer_ros.inference.config import ModelConfig
from fer_ros.network.backbone_file import backbone_file
from fer_ros.training.augment import AugmentConfig

# Name the checkpoint that is installed with the package, and that which get-backbone makes.
SHIPPED = 'shipped'
BACKBONE = 'vggface2'


@dataclass(frozen=True)
class TrainConfig:
    """How a model is trained.

    Attributes:
        model: What is trained; its classes are those of the data.
        augment: How faces are disturbed.
        epochs: Passes over the training faces.
        batch_size: Most faces per step, of all processes together; as many as there are where
            the data has fewer. An epoch's faces are shared out evenly over its steps.
        learning_rate: Highest rate, after the warm-up; falls to 0 along a cosine.
        cnn_rate: Rate of the CNN, as a share of ``learning_rate``; a network that starts from
            weights that know faces already unlearns them at the rate of one that knows nothing.
        warmup_epochs: Epochs over which the rate rises.
        weight_decay: Weight decay of AdamW (Loshchilov & Hutter 2019), on matrices and kernels.
        balance: How much more often rare classes are drawn: 0 as in the data, 1 all alike.
        shares: Of several data sets: how much of the faces that are drawn is of each, in the order
            in which they are given, against each other (2, 1: two thirds of the first). Empty: by
            their sizes.
        ema_decay: Decay of the averaged weights per step; the final model has these weights.
        modality_dropout: Probability that a face loses a stream of the fused model, each; not in
            late fusion, whose streams learn apart.
        stream_loss: Weight of the loss of each stream's own classifier in a fused model.
        second_loss: Weight of the loss of a classifier of the data's second labels, where it has
            some; see ``ModelConfig.second_classes``.
        second_share: How much that classifier counts in the answers of the kept model, 0 to 1,
            beside that of the targets; see ``without_second``. A finished run with another value
            makes the kept model anew.
        init: Checkpoint whose weights the training starts from, of the same architecture; from
            its classifiers only the classes that both have by name are taken. ``shipped``: the
            one that is installed with the package; ``vggface2``: the published MobileNet, for
            ``cnn: mobilenet``, that ``fer-ros get-backbone`` fetches. Empty: from chance.
        init_share: How much of the kept model's weights are those it started from, 0 to 1: of two
            models along one path, a mean is often better than either (Wortsman et al. 2022,
            "Robust fine-tuning of zero-shot models").
        teachers: Checkpoints, of any architecture, the mean of whose answers is mixed into the
            targets of the training faces; ``shipped`` as for ``init``. Empty: the targets are the
            data's alone. One that is to teach second labels as well is a run's
            ``best.safetensors``, which still has a classifier of them.
        teacher_share: How much of the targets the teachers' answers make up, 0 to 1.
        teacher_views: For how many views of each face a teacher is asked; see ``taught``.
        class_biases: Whether the kept model's calibration has a bias of each class beside the
            temperature, fitted as one: likelier answers, for less recall of rare classes. What it
            costs is printed.
        mixed_precision: Whether convolutions and products are computed in bfloat16, where the
            device can: a step is then 1.6 times as fast. Weights and their updates stay in
            float32.
        fold: Number of the fold of data that is split by subject: its people are left for the
            test, those of the next one validate.
        seed: Seed of all random numbers.
        workers: Processes that prepare batches; 0 prepares them in this one.
    """

    model: ModelConfig = field(default_factory=ModelConfig)
    augment: AugmentConfig = field(default_factory=AugmentConfig)
    epochs: int = 42
    batch_size: int = 128
    learning_rate: float = 2e-3
    cnn_rate: float = 1.0
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
        """Files of the checkpoints that are started from, first, and learned from."""
        known = {SHIPPED: SHIPPED_MODEL.with_suffix('.safetensors'), BACKBONE: backbone_file()}
        names = [name for name in (self.init, *self.teachers) if name]
        return [known.get(name, Path(name)) for name in names]

    def __post_init__(self) -> None:
        for name, low, high in (
            ('epochs', 1, 10_000),
            ('batch_size', 2, 100_000),
            ('learning_rate', 1e-8, 10),
            ('cnn_rate', 0, 1),
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
                f'init_share is {self.init_share}, but init names no checkpoint to share with'
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

    Raises:
        SettingError: The file is missing or not YAML, a key is unknown, a value is not allowed.
    """
    if path is None:
        return TrainConfig()
    try:
        values = yaml.safe_load(path.read_text()) or {}
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
    return config


def _mapping(values: Any, name: str) -> dict[str, Any]:
    if not isinstance(values, dict):
        raise SettingError(f'{name} is no list of "setting: value" lines')
    return values


def _record(kind: Any, values: dict[str, Any]) -> Any:
    known = [entry.name for entry in fields(kind)]
    unknown = sorted(set(values) - set(known))
    if unknown:
        raise SettingError(f'setting {unknown[0]!r} is unknown, expected {", ".join(known)}')
    return kind(**values)
