"""Training on several GPUs, as torchrun starts it."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

import torch
from torch import distributed, nn
from torch.nn.parallel import DistributedDataParallel

Draw = TypeVar('Draw')

# The first process may prepare a large data set while the others wait.
_PATIENCE = timedelta(days=2)


@dataclass(frozen=True)
class Rank:
    """Which of how many processes this one is.

    Attributes:
        index: From 0; the first one validates, reports and saves.
        count: Of processes.
    """

    index: int = 0
    count: int = 1

    @property
    def first(self) -> bool:
        """Whether this process speaks for all."""
        return self.index == 0


def join(device: str) -> tuple[Rank, str]:
    """Join the processes that torchrun started, if it did.

    Args:
        device: ``cpu`` or ``cuda``.

    Returns:
        This process's rank, and the device that it is to use.
    """
    count = int(os.environ.get('WORLD_SIZE', '1'))
    if count == 1:
        return Rank(), device
    if device == 'cuda':
        device = f'cuda:{os.environ["LOCAL_RANK"]}'
        torch.cuda.set_device(device)
    if not distributed.is_initialized():
        backend = 'gloo' if device == 'cpu' else 'nccl'
        distributed.init_process_group(backend, timeout=_PATIENCE)
    return Rank(distributed.get_rank(), count), device


def wait_for_all() -> None:
    """Go on when every process has come here."""
    if distributed.is_available() and distributed.is_initialized():
        distributed.barrier()


def leave() -> None:
    """End what ``join`` began."""
    if distributed.is_available() and distributed.is_initialized():
        distributed.destroy_process_group()


def shared_out(drawn: Sequence[Draw], batch_size: int, rank: Rank) -> list[list[Draw]]:
    """Return this process's part of each batch; all parts together are the batches of one process.

    Args:
        drawn: The faces of an epoch, the same in every process.
        batch_size: Faces per step, of all processes together.
        rank: This process's.
    """
    starts = range(0, len(drawn), batch_size)
    return [list(drawn[start + rank.index : start + batch_size : rank.count]) for start in starts]


def together(module: nn.Module, rank: Rank) -> nn.Module:
    """Return the module as all processes train it: gradients are averaged between them."""
    return DistributedDataParallel(module) if rank.count > 1 else module
