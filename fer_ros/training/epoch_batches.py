"""EpochBatches: the faces of each epoch, drawn and shared out over its steps."""

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
    """Draws as many faces per epoch as there are, rare classes more often by the balance.

    All chance follows from the seed and the number of the epoch: a resumed training repeats the
    unbroken one. The processes of a parallel training draw the same faces and share them out.

    Attributes:
        steps: Steps per epoch.
    """

    def __init__(self, faces: FaceSet, config: TrainConfig, rank: Rank) -> None:
        """Args are as in ``Trainer``."""
        self.steps = step_count(len(faces), config.batch_size, rank.count)
        self._data = AlignedFaces(faces, config.model.crop_px, config.augment, config.seed)
        self._weights = draw_weights(faces, config.balance, config.shares).tolist()
        self._seed, self._workers, self._rank = config.seed, config.workers, rank

    def __len__(self) -> int:
        """Return how many faces an epoch has."""
        return len(self._data)

    def of_epoch(self, epoch: int) -> Iterator[tuple[Batch, float]]:
        """Yield this process's part of each batch, and its weight in the mean of the processes.

        The seed of torch is set for the epoch, in each process another one.
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
        # What is left out of each face's features differs between the processes.
        torch.manual_seed(seed * 1009 + self._rank.index)
        for whole, batch in zip(wholes, batches, strict=True):
            yield batch, len(batch.crops) * self._rank.count / len(whole)


def step_count(faces: int, batch_size: int, processes: int) -> int:
    """Return the fewest steps whose batches have at most ``batch_size`` faces.

    Where a process would then have a batch of one face, which says nothing about how faces
    differ, it is one step fewer.
    """
    return min(-(-faces // batch_size), faces // (2 * processes))


def even_batches(drawn: Sequence[Draw], steps: int) -> list[list[Draw]]:
    """Return ``steps`` batches with all that was drawn, whose sizes differ by one at most.

    A last batch with what is left over could have a single face.
    """
    ends = [len(drawn) * step // steps for step in range(steps + 1)]
    return [list(drawn[start:end]) for start, end in pairwise(ends)]
