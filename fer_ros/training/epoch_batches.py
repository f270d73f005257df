"""EpochBatches: the faces of each epoch, drawn at random and divided into batches."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TypeVar

import torch
from torch.utils.data import DataLoader, WeightedRandomSampler

from fer_ros.data.face_set import FaceSet
from fer_ros.training.config import TrainConfig
from fer_ros.training.data_parallel import Rank
from fer_ros.training.face_dataset import AlignedFaces, Batch, draw_weights

Draw = TypeVar('Draw')


class EpochBatches:
    """Draws as many faces per epoch as there are, rare classes more often (``balance``).

    All random numbers follow from the seed and the epoch, so that a resumed training equals an
    uninterrupted one. The processes of a parallel training draw the same faces and divide them.

    Attributes:
        steps: Steps per epoch.
    """

    def __init__(self, faces: FaceSet, config: TrainConfig, rank: Rank) -> None:
        """Args:
        faces: Training faces.
        config: Settings of the training.
        rank: Rank of this process.
        """
        self.steps = step_count(len(faces), config.batch_size, rank.count)
        self._data = AlignedFaces(faces, config.model.crop_px, config.augment, config.seed)
        self._weights = draw_weights(faces, config.balance, config.shares).tolist()
        self._seed, self._workers, self._rank = config.seed, config.workers, rank

    def __len__(self) -> int:
        """Return the number of faces per epoch."""
        return len(self._data)

    def of_epoch(self, epoch: int) -> Iterator[tuple[Batch, float]]:
        """Yield this process's part of each batch, and its weight in the mean over the processes.

        Torch is seeded for the epoch, differently in each process.
        """
        seed = self._seed * 100_003 + epoch
        torch.manual_seed(seed)
        drawn = enumerate(WeightedRandomSampler(self._weights, len(self)))
        wholes = even_batches(list(drawn), self.steps)
        shares = [whole[self._rank.index :: self._rank.count] for whole in wholes]
        self._data.epoch = epoch
        loader = DataLoader(
            self._data,
            batch_sampler=shares,
            collate_fn=self._data.collate,
            num_workers=self._workers,
        )
        batches = iter(loader)
        # Dropout differs between the processes.
        torch.manual_seed(seed * 1009 + self._rank.index)
        for whole, batch in zip(wholes, batches, strict=True):
            yield batch, len(batch.crops) * self._rank.count / len(whole)


def step_count(faces: int, batch_size: int, processes: int) -> int:
    """Return the lowest number of steps whose batches have at most ``batch_size`` faces.

    It is lowered where a process would get a batch of a single face, which batch normalisation
    would normalise by itself.
    """
    return min(-(-faces // batch_size), faces // (2 * processes))


def even_batches(drawn: Sequence[Draw], steps: int) -> list[list[Draw]]:
    """Return everything drawn in ``steps`` batches whose sizes differ by at most one.

    With batches of a fixed size, the last one could be left with a single face.
    """
    ends = [len(drawn) * step // steps for step in range(steps + 1)]
    return [list(drawn[start:end]) for start, end in pairwise(ends)]
