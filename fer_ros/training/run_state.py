"""The state from which an interrupted training resumes, in one safetensors file."""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy.typing as npt
from safetensors import safe_open
from safetensors.torch import save
from torch import Tensor, nn, optim

from fer_ros.atomic_file import atomic_file
from fer_ros.data.cache import cache_key
from fer_ros.data.face_set import FaceSet
from fer_ros.errors import SettingError
from fer_ros.training.config import TrainConfig
from fer_ros.training.log import EpochFigures

# Raised when a training could no longer resume from the state of earlier versions.
_PROCEDURE = 3


@dataclass
class Course:
    """Progress of a training.

    Attributes:
        epoch: Number of finished epochs.
        best_loss: Lowest loss on the validation faces.
        threads: Number of torch threads, on which rounding depends; 0 before it has been chosen.
        history: Figures of each finished epoch.
    """

    epoch: int = 0
    best_loss: float = math.inf
    threads: int = 0
    history: list[EpochFigures] = field(default_factory=list)


def run_identity(
    config: TrainConfig, processes: int, mixed: bool, checkpoints: str, *faces: FaceSet
) -> dict[str, str]:
    """Return the values that must not change when an interrupted training resumes.

    Args:
        config: Settings of the training; those that do not change the result are left out.
        processes: Number of processes of a parallel training, otherwise 1.
        mixed: Whether the device computes in bfloat16.
        checkpoints: Digest of the checkpoints that the training starts from and learns from.
        faces: Training and validation faces.
    """
    values: dict[str, Any] = {**asdict(config), 'model': config.model.to_dict()}
    values |= {'processes': processes, 'mixed': mixed, 'procedure': _PROCEDURE}
    # workers changes nothing, and second_share only the kept model, which is quickly rebuilt.
    del values['workers'], values['second_share']
    # A setting that no longer exists; runs from its time, at this value, can still resume.
    values['logit_adjustment'] = 0.0
    if not config.shares:
        # Runs from before the setting existed can still resume.
        del values['shares']
    arrays: list[npt.NDArray[Any]] = [
        array
        for part in faces
        for array in (part.images, part.landmarks_px, part.targets, part.second_targets)
    ]
    arrays += [a for part in faces for a in (part.known_classes, part.set_numbers) if len(a)]
    return {
        'settings': json.dumps(values, sort_keys=True),
        'data': cache_key('training data', *arrays),
        'checkpoints': checkpoints,
    }


@dataclass(frozen=True, eq=False)
class TrainingState:
    """All tensors that the next epoch depends on.

    Attributes:
        learner: Module in training.
        average: Moving average of the model.
        optimizer: Optimiser, of which the moments are saved; learning rates follow from the step.
    """

    learner: nn.Module
    average: nn.Module
    optimizer: optim.Optimizer

    def save(self, path: Path, identity: Mapping[str, str], course: Course) -> None:
        """Write the state; an existing file is replaced only once the new one is complete.

        Args:
            path: Path of the file.
            identity: Values that must not change when the training resumes, by name.
            course: Progress, which ``load`` returns.
        """
        tensors = {f'learner.{key}': value for key, value in self.learner.state_dict().items()}
        tensors |= {f'average.{key}': value for key, value in self.average.state_dict().items()}
        for index, state in self.optimizer.state_dict()['state'].items():
            tensors |= {f'optimizer.{index}.{key}': value for key, value in state.items()}
        whole = {key: value.clone().contiguous() for key, value in tensors.items()}
        with atomic_file(path) as aside:
            aside.write_bytes(save(whole, {**identity, 'course': json.dumps(asdict(course))}))

    def load(self, path: Path, identity: Mapping[str, str]) -> Course:
        """Restore the state that ``save`` wrote and return its ``course``.

        Args:
            path: Path of the file.
            identity: Values that must equal those in the file, by name.

        Raises:
            SettingError: The file belongs to a training with another identity.
        """
        with safe_open(path, framework='pt') as file:
            metadata = file.metadata()
            tensors = {key: file.get_tensor(key) for key in list(file.keys())}
        for name, wanted in identity.items():
            if metadata.get(name) != wanted:
                raise SettingError(
                    f'{path.parent} contains a training with other {name}: choose another folder, '
                    'or delete this one to start over'
                )
        self.learner.load_state_dict(_with_prefix(tensors, 'learner.'))
        self.average.load_state_dict(_with_prefix(tensors, 'average.'))
        state: dict[int, dict[str, Tensor]] = {}
        for key, value in _with_prefix(tensors, 'optimizer.').items():
            index, moment = key.split('.')
            state.setdefault(int(index), {})[moment] = value
        groups = self.optimizer.state_dict()['param_groups']
        self.optimizer.load_state_dict({'state': state, 'param_groups': groups})
        values = json.loads(metadata['course'])
        history = [EpochFigures(**row) for row in values.pop('history')]
        return Course(**values, history=history)


def _with_prefix(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {
        key.removeprefix(prefix): value for key, value in tensors.items() if key.startswith(prefix)
    }
