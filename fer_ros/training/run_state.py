"""What a stopped training needs in order to go on, in one safetensors file."""

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

# Another one cannot go on with what this one left.
_PROCEDURE = 3


@dataclass
class Course:
    """How far a training has come.

    Attributes:
        epoch: Epochs that are done.
        best_loss: Lowest loss on the validation faces.
        threads: Of torch, with another number of which sums are rounded otherwise; 0 before it
            has been chosen.
        history: Figures of each epoch.
    """

    epoch: int = 0
    best_loss: float = math.inf
    threads: int = 0
    history: list[EpochFigures] = field(default_factory=list)


def run_identity(
    config: TrainConfig, processes: int, mixed: bool, checkpoints: str, *faces: FaceSet
) -> dict[str, str]:
    """Return what has to be the same when a stopped training goes on.

    Args:
        config: The settings; those that do not change the result are left out.
        processes: Number of processes of a parallel training, otherwise 1.
        mixed: Whether the device computes in bfloat16.
        checkpoints: Digest of those that are started from and learned from.
        faces: All that is learned from and judged by.
    """
    values: dict[str, Any] = {**asdict(config), 'model': config.model.to_dict()}
    values |= {'processes': processes, 'mixed': mixed, 'procedure': _PROCEDURE}
    # Of these only the kept model is made otherwise, once more in a moment.
    del values['workers'], values['second_share']
    # A setting that is gone; runs that began with it, at this value, go on.
    values['logit_adjustment'] = 0.0
    if not config.shares:
        # Begun before there were any, a training of one data set goes on.
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
        learner: What is trained.
        average: The moving average of the model.
        optimizer: Its moments; learning rates follow from the step.
    """

    learner: nn.Module
    average: nn.Module
    optimizer: optim.Optimizer

    def save(self, path: Path, identity: Mapping[str, str], course: Course) -> None:
        """Write the state; an existing file is replaced only by a whole one.

        Args:
            path: Path of the file.
            identity: By what it is, what has to be the same when the training goes on.
            course: What ``load`` gives back.
        """
        tensors = {f'learner.{key}': value for key, value in self.learner.state_dict().items()}
        tensors |= {f'average.{key}': value for key, value in self.average.state_dict().items()}
        for index, state in self.optimizer.state_dict()['state'].items():
            tensors |= {f'optimizer.{index}.{key}': value for key, value in state.items()}
        whole = {key: value.clone().contiguous() for key, value in tensors.items()}
        with atomic_file(path) as aside:
            aside.write_bytes(save(whole, {**identity, 'course': json.dumps(asdict(course))}))

    def load(self, path: Path, identity: Mapping[str, str]) -> Course:
        """Take over what ``save`` wrote and return its ``course``.

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
        values = json.loads(metadata['course'])
        history = [EpochFigures(**row) for row in values.pop('history')]
        return Course(**values, history=history)


def _with_prefix(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {
        key.removeprefix(prefix): value for key, value in tensors.items() if key.startswith(prefix)
    }
