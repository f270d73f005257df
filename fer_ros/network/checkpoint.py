"""Weights, configuration and class order in one file (safetensors); export to ONNX."""

import json
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from fer_ros.atomic_file import atomic_file
from fer_ros.bounded_memory import bounded_memory
from fer_ros.errors import ModelFileError
from fer_ros.inference.config import FORMAT, ModelConfig, read_metadata
from fer_ros.model_file import require_file
from fer_ros.network.fer_net import FerNet


@dataclass(frozen=True)
class Checkpoint:
    """A model with its evaluation results.

    Attributes:
        model: Model in evaluation mode, on the CPU.
        figures: Evaluation results and the data they are from, as JSON values.
    """

    model: FerNet
    figures: dict[str, Any] = field(default_factory=dict)

    def metadata(self) -> dict[str, str]:
        """Return the metadata stored with the weights, in safetensors and ONNX alike."""
        return {
            'format': FORMAT,
            'config': json.dumps(self.model.config.to_dict()),
            'figures': json.dumps(self.figures),
        }


def save_checkpoint(checkpoint: Checkpoint, path: Path, half: bool = False) -> None:
    """Write a safetensors file; an existing file is replaced only by a complete one.

    Args:
        checkpoint: Checkpoint to write.
        path: Path of the file.
        half: Whether to store weights in 16 bits instead of 32; see ``rounded``.
    """
    weights = {key: value.contiguous() for key, value in checkpoint.model.state_dict().items()}
    if half:
        weights = {k: v.half() if v.is_floating_point() else v for k, v in weights.items()}
    with atomic_file(path) as aside:
        # A file written by the library itself would be readable by its owner only.
        aside.write_bytes(save(weights, checkpoint.metadata()))


def rounded(model: FerNet) -> FerNet:
    """Return the model with its weights rounded to 16 bits, as ``save_checkpoint`` stores with
    ``half``.
    """
    # Buffers that are not stored, such as the map's cell positions, are recreated when loading.
    result = deepcopy(model)
    result.load_state_dict(
        {k: v.half() if v.is_floating_point() else v for k, v in model.state_dict().items()}
    )
    return result


def load_checkpoint(path: Path) -> Checkpoint:
    """Read a file written by ``save_checkpoint``.

    Raises:
        ModelFileError: The file is missing, damaged, or not a checkpoint of fer_ros.
    """
    require_file(path, 'checkpoint')
    if path.suffix == '.onnx':
        raise ModelFileError(f'checkpoint {path} is an .onnx file, expected a .safetensors file')
    try:
        # Sizes are checked before anything of that size is allocated.
        with bounded_memory(path), safe_open(path, framework='pt') as file:
            config, figures = read_metadata(path, file.metadata() or {})
            found = {key: tuple(file.get_slice(key).get_shape()) for key in list(file.keys())}
            _require_shapes(path, config, found)
            model = FerNet(config)
            model.load_state_dict({key: file.get_tensor(key) for key in found})
    except (SafetensorError, OSError, RuntimeError, MemoryError) as error:
        raise ModelFileError(f'checkpoint {path} is damaged: {error}') from error
    for name, weights in model.state_dict().items():
        if not torch.isfinite(weights).all():
            raise ModelFileError(
                f'checkpoint {path} is damaged: {name} contains values that are not numbers'
            )
    return Checkpoint(model.eval(), figures)


def _require_shapes(path: Path, config: ModelConfig, found: dict[str, tuple[int, ...]]) -> None:
    """Refuse weights that do not match a configuration, naming the first mismatch."""
    with torch.device('meta'):
        needed = {k: tuple(value.shape) for k, value in FerNet(config).state_dict().items()}
    for name in sorted({*needed, *found}):
        if found.get(name) != needed.get(name):
            raise ModelFileError(
                f'checkpoint {path} is damaged: its configuration needs '
                f'{_described(name, needed)}, but it contains {_described(name, found)}'
            )


def _described(name: str, shapes: dict[str, tuple[int, ...]]) -> str:
    return f'{name} of shape {shapes[name]}' if name in shapes else f'no {name}'
