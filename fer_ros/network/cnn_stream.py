"""CnnStream: a residual network on the aligned crop."""

from torch import Tensor, nn
from torch.nn import functional

from fer_ros.inference.config import ModelConfig


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions with a shortcut around them (He et al. 2016)."""

    def __init__(self, in_channels: int, out_channels: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride, 1, bias=False)
        self.norm1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, 1, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(out_channels)
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or in_channels != out_channels:
            self.shortcut = nn.Sequential(
                nn.AvgPool2d(stride) if stride != 1 else nn.Identity(),
                nn.Conv2d(in_channels, out_channels, 1, bias=False),
                nn.BatchNorm2d(out_channels),
            )

    def forward(self, x: Tensor) -> Tensor:
        y = functional.relu(self.norm1(self.conv1(x)))
        return functional.relu(self.norm2(self.conv2(y)) + self.shortcut(x))


class CnnStream(nn.Module):
    """Aligned crop → feature maps and pooled features.

    Shapes:
        - input: ``(B, 1, S, S)``
        - feature maps: one per stage, ``(B, C1, S/2, S/2)``, ``(B, C2, S/4, S/4)``, ...
        - pooled features: ``(B, Cn)``, from the last stage
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        channels = config.cnn_channels[0]
        # Each block of 2 x 2 pixels becomes four channels: a quarter of the positions, and no
        # information is lost.
        self.stem = nn.Sequential(
            nn.PixelUnshuffle(2),
            nn.Conv2d(4, channels, 3, 1, 1, bias=False),
            nn.BatchNorm2d(channels),
            nn.ReLU(),
        )
        self.stages = nn.ModuleList()
        for number, out_channels in enumerate(config.cnn_channels):
            blocks = [ResidualBlock(channels, out_channels, stride=2 if number else 1)]
            for _ in range(config.cnn_blocks[number] - 1):
                blocks.append(ResidualBlock(out_channels, out_channels, stride=1))
            self.stages.append(nn.Sequential(*blocks))
            channels = out_channels
        self.out_channels = channels

    def forward(self, crops: Tensor) -> tuple[list[Tensor], Tensor]:
        maps = [self.stem(crops)]
        for stage in self.stages:
            maps.append(stage(maps[-1]))
        return maps[1:], maps[-1].mean(dim=(2, 3))
