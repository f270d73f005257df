"""Training on several GPUs, as torchrun starts it."""

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
    """Which of how many processes this one is.

    Attributes:
        index: From 0; the first one validates, reports and saves.
        count: Number of processes.
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


def together(module: nn.Module, rank: Rank) -> nn.Module:
    """Return the module as all processes train it: gradients are averaged between them."""
    return DistributedDataParallel(module) if rank.count > 1 else module
