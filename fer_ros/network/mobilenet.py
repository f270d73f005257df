"""MobileNetStream: a CNN with published weights, trained for face recognition."""

import torch
from torch import Tensor, nn
from torch.nn import functional

# Channels after the first convolution and each block, and the blocks that halve the sides (Howard
# et al. 2017, table 1).
CHANNELS = (32, 64, 128, 128, 256, 256, 512, 512, 512, 512, 512, 512, 1024, 1024)
_HALVING = (2, 4, 6, 12)


# Length of each kernel after ``MobileNetStream.normalise``; for one with n weights, this is the
# length that He et al. (2015) initialise it with.
_KERNEL_LENGTH = 2**0.5


class NormalisedConvolution(nn.Module):
    """A convolution, batch norm and ReLU6."""

    def __init__(
        self, in_channels: int, out_channels: int, side: int, stride: int = 1, groups: int = 1
    ) -> None:
        super().__init__()
        padding = side // 2 if stride == 1 else 0
        self.conv = nn.Conv2d(
            in_channels, out_channels, side, stride, padding, groups=groups, bias=False
        )
        self.norm = nn.BatchNorm2d(out_channels)

    def forward(self, x: Tensor) -> Tensor:
        return functional.relu6(self.norm(self._convolved(x)))

    def _convolved(self, x: Tensor) -> Tensor:
        # TensorFlow pads even sides on the right and below only.
        return self.conv(functional.pad(x, (0, 1, 0, 1)) if self.conv.stride[0] == 2 else x)

    @torch.no_grad()
    def normalise(self, x: Tensor) -> None:
        """See ``MobileNetStream.normalise``."""
        conv, norm = self.conv, self.norm
        known_mean, known_variance = map(norm.get_buffer, ('running_mean', 'running_var'))
        maps = self._convolved(x)
        mean, deviation = maps.mean(dim=(0, 2, 3)), maps.std(dim=(0, 2, 3))
        slope = norm.weight / (known_variance + norm.eps).sqrt()
        norm.bias.add_(slope * (mean - known_mean))
        norm.weight.copy_(slope * deviation)
        longer = _KERNEL_LENGTH / conv.weight.flatten(1).norm(dim=1).clamp(min=1e-8)
        conv.weight.mul_(longer[:, None, None, None])
        known_mean.copy_(longer * mean)
        known_variance.copy_((longer * deviation) ** 2)


class SeparableBlock(nn.Sequential):
    """A 3x3 convolution within each channel, then a 1x1 convolution across them."""

    def __init__(self, in_channels: int, out_channels: int, stride: int) -> None:
        super().__init__(
            NormalisedConvolution(in_channels, in_channels, 3, stride, groups=in_channels),
            NormalisedConvolution(in_channels, out_channels, 1),
        )


class MobileNetStream(nn.Module):
    """Aligned crop → feature maps and pooled features: MobileNet v1 for gray images.

    Howard et al. 2017, "MobileNets: Efficient convolutional neural networks for mobile vision
    applications". Deviation: the input has one channel instead of three equal ones.

    Shapes:
        - input: ``(B, 1, S, S)``, S a multiple of 32
        - feature maps: from the last block at each size, ``(B, 64, S/2, S/2)`` etc.; with all
          blocks down to ``(B, 1024, S/32, S/32)``
        - pooled features: ``(B, C)``, from the last map
    """

    def __init__(self, blocks: int = len(CHANNELS) - 1) -> None:
        super().__init__()
        self.stem = NormalisedConvolution(1, CHANNELS[0], 3, 2)
        self.blocks = nn.ModuleList(
            SeparableBlock(CHANNELS[block - 1], CHANNELS[block], 2 if block in _HALVING else 1)
            for block in range(1, blocks + 1)
        )
        self.out_channels = CHANNELS[blocks]

    def forward(self, crops: Tensor) -> tuple[list[Tensor], Tensor]:
        x = self.stem(crops)
        maps = []
        for block, layer in enumerate(self.blocks, 1):
            if block in _HALVING:
                maps.append(x)
            x = layer(x)
        return [*maps, x], x.mean(dim=(2, 3))

    @property
    def is_normalised(self) -> bool:
        """Whether its batch norms have seen any faces."""
        return bool(self.stem.norm.get_buffer('num_batches_tracked'))

    @torch.no_grad()
    def normalise(self, crops: Tensor) -> None:
        """Fit all batch norms to faces, without changing what the network computes for these.

        The published weights have their batch norms folded into the kernels. A network without
        them learns slowly, because the lengths of its kernels, and with them the effects of equal
        steps, differ by orders of magnitude. So each kernel gets the same length, and the batch
        norm behind it makes up for the change.

        Args:
            crops: ``(B, 1, S, S)`` aligned crops of typical faces.
        """
        x, training = crops, self.training
        self.eval()
        for layer in self.modules():
            if isinstance(layer, NormalisedConvolution):
                layer.normalise(x)
                x = layer(x)
        self.train(training)
