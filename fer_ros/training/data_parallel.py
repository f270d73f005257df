"""Training in several processes, one per GPU, started by torchrun."""

import os
from dataclasses import dataclass
from datetime import timedelta

import torch
from torch import distributed, nn
from torch.nn.parallel import DistributedDataParallel

# The first process may prepare a large data set while the others wait.
_PATIENCE = timedelta(days=2)


@dataclass(frozen=True)
class Rank:
    """Position of this process among those of a training.

    Attributes:
        index: Number of this process, from 0; process 0 validates, reports and saves.
        count: Number of processes.
    """

    index: int = 0
    count: int = 1

    @property
    def first(self) -> bool:
        """Whether this is process 0."""
        return self.index == 0


def join(device: str) -> tuple[Rank, str]:
    """Join the other processes if torchrun has started this one.

    Args:
        device: ``cpu`` or ``cuda``.

    Returns:
        Rank and device of this process.
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
    """Wait until every process has called this."""
    if distributed.is_available() and distributed.is_initialized():
        distributed.barrier()


def leave() -> None:
    """Leave the group of processes, if ``join`` has joined one."""
    if distributed.is_available() and distributed.is_initialized():
        distributed.destroy_process_group()


def together(module: nn.Module, rank: Rank) -> nn.Module:
    """Return the module wrapped so that gradients are averaged over the processes."""
    return DistributedDataParallel(module) if rank.count > 1 else module
