"""What a stopped training needs in order to go on, in one safetensors file."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import safe_open
from safetensors.torch import save
from torch import Tensor, nn, optim

from fer_ros.atomic_file import atomic_file
from fer_ros.data.cache import cache_key
from fer_ros.data.face_set import FaceSet
from fer_ros.errors import SettingError
from fer_ros.training.config import TrainConfig


def run_identity(
    config: TrainConfig, processes: int, mixed: bool, *faces: FaceSet
) -> dict[str, str]:
    """Return what has to be the same when a stopped training goes on.

    Args:
        config: The settings; those that do not change the result are left out.
        processes: Of a parallel training; else 1.
        mixed: Whether the device computes in bfloat16.
        faces: All that is learned from and judged by.
    """
    values: dict[str, Any] = {**asdict(config), 'model': config.model.to_dict()}
    del values['workers']
    arrays = (
        array
        for part in faces
        for array in (part.images, part.landmarks_px, part.targets, part.second_labels)
    )
    checkpoints = (source.read_bytes() for source in config.sources)
    return {
        'settings': json.dumps({**values, 'processes': processes, 'mixed': mixed}, sort_keys=True),
        'data': cache_key('training data', *(np.ascontiguousarray(a).tobytes() for a in arrays)),
        'checkpoints': cache_key('checkpoints', *checkpoints),
    }


@dataclass(frozen=True, eq=False)
class TrainingState:
    """All tensors that the next epoch depends on.

    Attributes:
        learner: What is trained.
        average: The moving average of the model.
        optimizer: Its moments; learning rates follow from the step.
    """

    learner: nn.Module
    average: nn.Module
    optimizer: optim.Optimizer

    def save(self, path: Path, identity: Mapping[str, str], progress: Mapping[str, Any]) -> None:
        """Write the state; an existing file is replaced only by a whole one.

        Args:
            path: Of the file.
            identity: By what it is, what has to be the same when the training goes on.
            progress: JSON values that ``load`` gives back.
        """
        tensors = {f'learner.{key}': value for key, value in self.learner.state_dict().items()}
        tensors |= {f'average.{key}': value for key, value in self.average.state_dict().items()}
        for index, state in self.optimizer.state_dict()['state'].items():
            tensors |= {f'optimizer.{index}.{key}': value for key, value in state.items()}
        whole = {key: value.clone().contiguous() for key, value in tensors.items()}
        with atomic_file(path) as aside:
            aside.write_bytes(save(whole, {**identity, 'progress': json.dumps(progress)}))

    def load(self, path: Path, identity: Mapping[str, str]) -> dict[str, Any]:
        """Take over what ``save`` wrote and return its ``progress``.

        Raises:
            SettingError: The file is of a training with another identity.
        """
        with safe_open(path, framework='pt') as file:
            metadata = file.metadata()
            tensors = {key: file.get_tensor(key) for key in list(file.keys())}
        for name, wanted in identity.items():
            if metadata.get(name) != wanted:
                raise SettingError(
                    f'{path.parent} holds a training with other {name}: choose another folder, or '
                    'remove it to start again'
                )
        self.learner.load_state_dict(_with_prefix(tensors, 'learner.'))
        self.average.load_state_dict(_with_prefix(tensors, 'average.'))
        state: dict[int, dict[str, Tensor]] = {}
        for key, value in _with_prefix(tensors, 'optimizer.').items():
            index, moment = key.split('.')
            state.setdefault(int(index), {})[moment] = value
        groups = self.optimizer.state_dict()['param_groups']
        self.optimizer.load_state_dict({'state': state, 'param_groups': groups})
        progress: dict[str, Any] = json.loads(metadata['progress'])
        return progress


def _with_prefix(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {
        key.removeprefix(prefix): value for key, value in tensors.items() if key.startswith(prefix)
    }
