"""MobileNetStream: a larger CNN with published weights, trained for face recognition."""

from torch import Tensor, nn
from torch.nn import functional

# Channels after the first convolution and each block, and the blocks that halve the sides (Howard
# et al. 2017, table 1).
CHANNELS = (32, 64, 128, 128, 256, 256, 512, 512, 512, 512, 512, 512, 1024, 1024)
_HALVING = (2, 4, 6, 12)


class SeparableBlock(nn.Module):
    """A 3x3 convolution within each channel, then a 1x1 convolution across them.

    There is no batch norm, since the published weights have it folded in.
    """

    def __init__(self, in_channels: int, out_channels: int, stride: int) -> None:
        super().__init__()
        self.depthwise = nn.Conv2d(
            in_channels, in_channels, 3, stride, 2 - stride, groups=in_channels
        )
        self.pointwise = nn.Conv2d(in_channels, out_channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = functional.relu6(self.depthwise(_edged(x, self.depthwise)))
        return functional.relu6(self.pointwise(x))


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
        self.stem = nn.Conv2d(1, CHANNELS[0], 3, 2)
        self.blocks = nn.ModuleList(
            SeparableBlock(CHANNELS[block - 1], CHANNELS[block], 2 if block in _HALVING else 1)
            for block in range(1, blocks + 1)
        )
        self.out_channels = CHANNELS[blocks]

    def forward(self, crops: Tensor) -> tuple[list[Tensor], Tensor]:
        x = functional.relu6(self.stem(_edged(crops, self.stem)))
        maps = []
        for block, layer in enumerate(self.blocks, 1):
            if block in _HALVING:
                maps.append(x)
            x = layer(x)
        return [*maps, x], x.mean(dim=(2, 3))


def _edged(x: Tensor, layer: nn.Conv2d) -> Tensor:
    """Return maps padded as TensorFlow pads them before a layer that halves even sides."""
    return functional.pad(x, (0, 1, 0, 1)) if layer.stride[0] == 2 else x
