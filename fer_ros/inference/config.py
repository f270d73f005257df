"""ModelConfig: everything that defines a FerNet except its weights, readable without torch."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from fer_ros.errors import ModelFileError, SettingError
from fer_ros.labels import FERPLUS_CLASSES

# Part of every model file; the number changes when older programs cannot read the file.
FORMAT = 'fer_ros model 2'

# Limits far above any useful value but still safe, since a file of any origin may contain a
# configuration.
_LARGEST = {
    'crop_px': 1024,
    'mobilenet_blocks': 13,
    'cnn_channels': 8192,
    'cnn_blocks': 100,
    'hidden_channels': 8192,
    'heads': 256,
}
_MOST_CLASSES, _LONGEST_NAME = 1000, 100

# Keys of the figures that ``PriorCorrection`` uses: how often the training drew each class, what
# is added to the logit of each class for people outside the training data, and the temperature of
# the corrected logits.
FREQUENCIES = 'class_frequencies'
OFFSETS = 'class_offsets'
TEMPERATURE = 'temperature'

STREAMS = ('cnn', 'gat', 'fused')
FUSIONS = ('late', 'concat', 'attention')
CNNS = ('residual', 'mobilenet')


@dataclass(frozen=True)
class ModelConfig:
    """Everything that defines a FerNet except its weights.

    Attributes:
        classes: Names in the order of the logits.
        stream: ``cnn`` or ``gat`` alone, or ``fused``.
        fusion: ``late`` adds the streams' logits, weighted; ``concat`` joins the pooled streams;
            with ``attention`` the landmark nodes also attend to the CNN's feature map around
            their own positions.
        cnn: ``residual``, or ``mobilenet``, which can start from the weights that ``fer-ros
            get-backbone`` downloads.
        mobilenet_blocks: Number of blocks of a ``mobilenet``, at most 13, counted from the first.
            The last two contain half of the weights; without them it is no larger than the
            residual network.
        crop_px: Side S of the aligned crop in pixels.
        cnn_channels: Channels of the residual stages, at 1/2, 1/4, 1/8, ... of the crop's side.
        cnn_blocks: Residual blocks of each stage.
        hidden_channels: Width of a node's state.
        gat_layers: Graph attention layers before the fusion.
        heads: Heads of each graph attention layer, of the pooling and of the fusion.
        dropout: Probability of dropping a value before the classifier in training.
        second_classes: Names, among ``classes``, of the classes of a second classifier on the same
            features, in its order. It is trained on the data's second labels. Empty if there is
            none, as in every finished model.
    """

    classes: tuple[str, ...] = FERPLUS_CLASSES
    stream: str = 'fused'
    fusion: str = 'late'
    cnn: str = 'residual'
    mobilenet_blocks: int = 13
    crop_px: int = 48
    cnn_channels: tuple[int, ...] = (32, 64, 128, 256)
    cnn_blocks: tuple[int, ...] = (1, 2, 2, 1)
    hidden_channels: int = 64
    gat_layers: int = 2
    heads: int = 4
    dropout: float = 0.3
    second_classes: tuple[str, ...] = ()

    @property
    def streams(self) -> tuple[str, ...]:
        """Streams that such a model returns: itself and, if fused, each classifier."""
        return ('fused', 'cnn', 'gat') if self.stream == 'fused' else (self.stream,)

    def __post_init__(self) -> None:
        for name, value, allowed in (
            ('stream', self.stream, STREAMS),
            ('fusion', self.fusion, FUSIONS),
            ('cnn', self.cnn, CNNS),
        ):
            if value not in allowed:
                raise SettingError(f'{name} is {value!r}, expected one of {", ".join(allowed)}')
        self._require_whole_numbers()
        self._require_names()
        if len(self.cnn_channels) < 2 or len(self.cnn_channels) != len(self.cnn_blocks):
            raise SettingError(
                f'cnn_channels are {self.cnn_channels} and cnn_blocks {self.cnn_blocks}, expected '
                'two or more stages with a number in both'
            )
        if self.cnn == 'mobilenet' and self.stream == 'fused' and self.fusion == 'attention':
            raise SettingError(
                "fusion is 'attention', expected late or concat with cnn 'mobilenet'"
            )
        unknown = [name for name in self.second_classes if name not in self.classes]
        if unknown:
            raise SettingError(f'second class {unknown[0]!r} is not one of the classes')
        step = 32 if self.cnn == 'mobilenet' else 2 ** len(self.cnn_channels)
        if self.crop_px % step or self.crop_px < 16:
            raise SettingError(f'crop_px is {self.crop_px}, expected a multiple of {step} from 16')
        if self.hidden_channels % self.heads:
            raise SettingError(
                f'hidden_channels is {self.hidden_channels}, expected a multiple of '
                f'{self.heads}, the number of heads'
            )

    def _require_names(self) -> None:
        for name in self.classes:
            if not isinstance(name, str) or not name.isprintable() or not name.strip():
                raise SettingError(f'class {name!r} is not a printable name')
            if len(name) > _LONGEST_NAME:
                raise SettingError(f'class {name[:20]}… has more than {_LONGEST_NAME} letters')
        if not 2 <= len(set(self.classes)) == len(self.classes) <= _MOST_CLASSES:
            raise SettingError(
                f'classes are {self.classes[:20]}, expected 2 to {_MOST_CLASSES} different ones'
            )

    def _require_whole_numbers(self) -> None:
        for name in _LARGEST:
            value = getattr(self, name)
            for number in value if isinstance(value, tuple) else (value,):
                if type(number) is not int or not 1 <= number <= _LARGEST[name]:
                    raise SettingError(
                        f'{name} is {value!r}, expected whole numbers from 1 to {_LARGEST[name]}'
                    )
        if type(self.gat_layers) is not int or not 0 <= self.gat_layers <= 100:
            raise SettingError(f'gat_layers is {self.gat_layers!r}, expected 0 to 100')
        if not isinstance(self.dropout, int | float) or not 0 <= self.dropout < 1:
            raise SettingError(f'dropout is {self.dropout!r}, expected 0 to below 1')

    def to_dict(self) -> dict[str, Any]:
        """Return the configuration as JSON values."""
        return {
            key: list(value) if isinstance(value, tuple) else value
            for key, value in asdict(self).items()
        }

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> 'ModelConfig':
        """Return the configuration from the result of ``to_dict``.

        Raises:
            SettingError: A key is unknown or a value is not allowed.
        """
        unknown = sorted(set(values) - set(cls.__dataclass_fields__))
        if unknown:
            raise SettingError(
                f'model setting {unknown[0]!r} is unknown, expected '
                f'{", ".join(cls.__dataclass_fields__)}'
            )
        known: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value
            for key, value in values.items()
        }
        return cls(**known)


def read_metadata(path: Path, metadata: Mapping[str, str]) -> tuple[ModelConfig, dict[str, Any]]:
    """Return the configuration and the figures stored in a model file with its weights.

    Args:
        path: Path of the file, for error messages.
        metadata: Result of ``Checkpoint.metadata``, stored alike in safetensors and ONNX.

    Raises:
        ModelFileError: The file is of another kind, damaged, or contains a model that this version
            cannot compute.
    """
    if metadata.get('format') != FORMAT:
        raise ModelFileError(f'{path} is not a model of the format {FORMAT}')
    try:
        config = ModelConfig.from_dict(json.loads(metadata['config']))
        figures = json.loads(metadata.get('figures', '{}'))
        if not isinstance(figures, dict):
            raise TypeError(f'its figures are a {type(figures).__name__}, expected a JSON object')
        _require_answers(config, figures)
        return config, figures
    except SettingError as error:
        raise ModelFileError(
            f'{path} contains a model that this version cannot compute: {error}'
        ) from error
    except (KeyError, ValueError, TypeError, AttributeError, RecursionError) as error:
        raise ModelFileError(f'model {path} is damaged: {error}') from error


def _require_answers(config: ModelConfig, figures: dict[str, Any]) -> None:
    """Raise a ``ValueError`` if the figures are no valid input of ``PriorCorrection``."""
    frequencies, offsets = figures.get(FREQUENCIES), figures.get(OFFSETS)
    for name, values in ((FREQUENCIES, frequencies), (OFFSETS, offsets)):
        if values is not None and set(values) != set(config.classes):
            raise ValueError(f'{name} has the classes {", ".join(values)}')
    for value in (offsets or {}).values():
        if type(value) not in (int, float) or not -10 <= value <= 10:
            raise ValueError(f'{OFFSETS} contains {value!r}, expected -10 to 10')
    for value in (*(frequencies or {}).values(), figures.get(TEMPERATURE, 1.0)):
        if type(value) not in (int, float) or not 1e-6 <= value <= 1e3:
            raise ValueError(
                f'{FREQUENCIES} or {TEMPERATURE} contains {value!r}, expected 1e-6 to 1000'
            )
