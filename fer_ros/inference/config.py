"""ModelConfig: what defines a FerNet but its weights, readable without torch."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from fer_ros.errors import ModelFileError, SettingError
from fer_ros.labels import FERPLUS_CLASSES

# Stands in every model file; another number means that older programs cannot read it.
FORMAT = 'fer_ros model 2'

STREAMS = ('cnn', 'gat', 'fused')
FUSIONS = ('late', 'concat', 'attention')


@dataclass(frozen=True)
class ModelConfig:
    """Everything that defines a FerNet but its weights.

    Attributes:
        classes: Names in the order of the logits.
        stream: ``cnn`` or ``gat`` alone, or ``fused``.
        fusion: ``late`` adds the streams' logits, weighted; ``concat`` joins the pooled streams;
            with ``attention`` the landmark nodes also attend to the CNN's feature map around
            their own positions.
        crop_px: Side S of the aligned crop.
        cnn_channels: Channels of the stages, at 1/2, 1/4, 1/8 ... of the crop's side.
        cnn_blocks: Residual blocks of each stage.
        hidden_channels: Width of a node's state.
        gat_layers: Graph attention layers before the fusion.
        heads: Heads of each graph attention layer, of the pooling and of the fusion.
        dropout: Probability with which a value before the classifier is left out in training.
    """

    classes: tuple[str, ...] = FERPLUS_CLASSES
    stream: str = 'fused'
    fusion: str = 'late'
    crop_px: int = 48
    cnn_channels: tuple[int, ...] = (32, 64, 128, 256)
    cnn_blocks: tuple[int, ...] = (1, 2, 2, 1)
    hidden_channels: int = 64
    gat_layers: int = 2
    heads: int = 4
    dropout: float = 0.3

    @property
    def streams(self) -> tuple[str, ...]:
        """What a model of this kind answers for: itself, and in a fused one each classifier."""
        return ('fused', 'cnn', 'gat') if self.stream == 'fused' else (self.stream,)

    def __post_init__(self) -> None:
        for name, value, allowed in (
            ('stream', self.stream, STREAMS),
            ('fusion', self.fusion, FUSIONS),
        ):
            if value not in allowed:
                raise SettingError(f'{name} is {value!r}, allowed are {", ".join(allowed)}')
        self._require_whole_numbers()
        if len(set(self.classes)) != len(self.classes) or len(self.classes) < 2:
            raise SettingError(
                f'classes are {self.classes}, needed are two or more different ones'
            )
        if len(self.cnn_channels) < 2 or len(self.cnn_channels) != len(self.cnn_blocks):
            raise SettingError(
                f'cnn_channels are {self.cnn_channels} and cnn_blocks {self.cnn_blocks}, needed '
                'are two or more stages with a number in both'
            )
        step = 2 ** len(self.cnn_channels)
        if self.crop_px % step or self.crop_px < 16:
            raise SettingError(
                f'crop_px is {self.crop_px}, allowed are multiples of {step} from 16'
            )
        if self.hidden_channels % self.heads:
            raise SettingError(
                f'hidden_channels is {self.hidden_channels}, which {self.heads} heads '
                'do not divide'
            )

    def _require_whole_numbers(self) -> None:
        for name in ('crop_px', 'cnn_channels', 'cnn_blocks', 'hidden_channels', 'heads'):
            value = getattr(self, name)
            for number in value if isinstance(value, tuple) else (value,):
                if isinstance(number, bool) or not isinstance(number, int) or number < 1:
                    raise SettingError(f'{name} is {value!r}, needed are whole numbers from 1')
        if not isinstance(self.gat_layers, int) or not 0 <= self.gat_layers <= 100:
            raise SettingError(f'gat_layers is {self.gat_layers!r}, allowed are 0 to 100')
        if not isinstance(self.dropout, int | float) or not 0 <= self.dropout < 1:
            raise SettingError(f'dropout is {self.dropout!r}, allowed are 0 to below 1')

    def to_dict(self) -> dict[str, Any]:
        """Return the configuration as values that JSON can hold."""
        return {
            key: list(value) if isinstance(value, tuple) else value
            for key, value in asdict(self).items()
        }

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> 'ModelConfig':
        """Return the configuration that ``to_dict`` made.

        Raises:
            SettingError: A key is unknown or a value is not allowed.
        """
        unknown = sorted(set(values) - set(cls.__dataclass_fields__))
        if unknown:
            raise SettingError(
                f'model setting {unknown[0]!r} is unknown, known are '
                f'{", ".join(cls.__dataclass_fields__)}'
            )
        known: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value
            for key, value in values.items()
        }
        return cls(**known)


def read_metadata(path: Path, metadata: Mapping[str, str]) -> tuple[ModelConfig, dict[str, Any]]:
    """Return the configuration and the figures that a model file holds beside its weights.

    Args:
        path: Path of the file, for error messages.
        metadata: As ``Checkpoint.metadata`` made it, in safetensors and ONNX alike.

    Raises:
        ModelFileError: The file is of another kind, damaged, or of a model that this version
            cannot compute.
    """
    if metadata.get('format') != FORMAT:
        raise ModelFileError(f'{path} is not a model of the kind {FORMAT}')
    try:
        config = ModelConfig.from_dict(json.loads(metadata['config']))
        return config, json.loads(metadata.get('figures', '{}'))
    except SettingError as error:
        raise ModelFileError(
            f'{path} holds a model that this version cannot compute: {error}'
        ) from error
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise ModelFileError(f'model {path} is damaged: {error}') from error
