"""Compute: the device, processes and threads of a training."""

import os
from dataclasses import dataclass, field

import torch

from fer_ros.errors import SettingError
from fer_ros.training.data_parallel import Rank


@dataclass(frozen=True)
class Compute:
    """The device, rank and threads of a training.

    Attributes:
        device: Torch name of the device.
        rank: Rank in a parallel training.
        threads: Number of torch threads; 0 chooses it by timing a few steps.
    """

    device: str = 'cpu'
    rank: Rank = field(default_factory=Rank)
    threads: int = 0

    def __post_init__(self) -> None:
        if self.threads < 0:
            raise SettingError(f'threads is {self.threads}, expected 0 or more')

    @property
    def has_bfloat16(self) -> bool:
        """Whether the device multiplies bfloat16 natively rather than through float32."""
        if self.device.startswith('cuda'):
            return torch.cuda.is_bf16_supported(including_emulation=False)
        # Only since PyTorch 2.11; with an earlier one, a training on the CPU stays in float32.
        known = getattr(torch.cpu, 'get_capabilities', None)
        able = known() if known is not None else {}
        return bool(able.get('amx_bf16') or able.get('avx512_bf16'))


def choose_device(name: str) -> str:
    """Return ``cpu`` or ``cuda``, and allow only deterministic operations on a GPU.

    Args:
        name: ``cpu`` or ``cuda``; empty for ``cuda`` if there is a GPU, otherwise ``cpu``.

    Raises:
        SettingError: The device is unknown or not available.
    """
    has_gpu = torch.cuda.is_available()
    device = name or ('cuda' if has_gpu else 'cpu')
    if device not in ('cpu', 'cuda') or (device == 'cuda' and not has_gpu):
        raise SettingError(
            f'device is {device!r}, expected cpu' + (' or cuda' if has_gpu else ' here')
        )
    if device == 'cuda':
        # So that the same command gives the same model on the same machine.
        os.environ.setdefault('CUBLAS_WORKSPACE_CONFIG', ':4096:8')
        torch.use_deterministic_algorithms(True)
    return device
