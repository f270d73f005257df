"""FerNet: a residual network on the aligned crop, a graph attention network on the landmarks,
and their fusion.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch_geometric.nn import GATv2Conv

from fer_ros.face_graph import NUM_NODE_FEATURES, anatomical_edges
from fer_ros.model_config import ModelConfig
from fer_ros.structures import NUM_LANDMARKS


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions around which the input is carried (He et al. 2016)."""

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
    """Aligned crop → feature map and pooled features.

    Shapes:
        - input: ``(B, 1, S, S)``
        - feature map: ``(B, C2, S/4, S/4)``, of the second stage
        - pooled features: ``(B, C3)``, of the third
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        channels = config.cnn_channels[0]
        # Two by two pixels become channels: nothing is lost, at a quarter of the positions.
        self.stem = nn.Sequential(
            nn.PixelUnshuffle(2),
            nn.Conv2d(4, channels, 3, 1, 1, bias=False),
            nn.BatchNorm2d(channels),
            nn.ReLU(),
        )
        self.stages = nn.ModuleList()
        for number, out_channels in enumerate(config.cnn_channels):
            self.stages.append(
                nn.Sequential(
                    ResidualBlock(channels, out_channels, stride=2 if number else 1),
                    ResidualBlock(out_channels, out_channels, stride=1),
                )
            )
            channels = out_channels
        self.out_channels = channels
        self.map_channels = config.cnn_channels[1]

    def forward(self, crops: Tensor) -> tuple[Tensor, Tensor]:
        feature_map = self.stages[1](self.stages[0](self.stem(crops)))
        return feature_map, self.stages[2](feature_map).mean(dim=(2, 3))


class GraphAttention(nn.Module):
    """A residual graph attention layer over a batch of equal graphs.

    GATv2 (Brody et al. 2022, eq. 7) with the relative position of two landmarks as edge feature:
    e(i, j) = aᵀ LeakyReLU(W_s h_j + W_t h_i + W_e r_ij), weights by softmax over the neighbours j.
    Deviation: a residual connection and layer norm around it.

    Shapes:
        - states: ``(B, N, C)`` → ``(B, N, C)``
        - edges: ``(2, B*E)`` node numbers in the flattened batch; relations: ``(B*E, 3)``
    """

    def __init__(self, channels: int, heads: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(channels)
        self.conv = GATv2Conv(
            channels, channels // heads, heads=heads, edge_dim=3, add_self_loops=False
        )

    def forward(self, states: Tensor, edges: Tensor, relations: Tensor) -> Tensor:
        update = self.conv(self.norm(states).flatten(0, 1), edges, relations)
        return states + functional.gelu(update).view_as(states)


class AttentionPooling(nn.Module):
    """Weighted mean of the node states, one set of weights per head (Li et al. 2016, eq. 7).

    Shapes:
        - states: ``(B, N, C)`` → ``(B, heads * C)``
    """

    def __init__(self, channels: int, heads: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(channels)
        self.score = nn.Linear(channels, heads)

    def forward(self, states: Tensor) -> Tensor:
        states = self.norm(states)
        weights = self.score(states).softmax(dim=1)  # (B, N, heads)
        return (weights.transpose(1, 2) @ states).flatten(1)


class GatStream(nn.Module):
    """Landmark graph → node states.

    Shapes:
        - nodes: ``(B, 68, F)``, whose first two features are the aligned x, y
        - states: ``(B, 68, C)``
    """

    edge_index: Tensor

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        channels = config.hidden_channels
        self.register_buffer('edge_index', torch.from_numpy(anatomical_edges()), persistent=False)
        self.embed = nn.Sequential(
            nn.Linear(NUM_NODE_FEATURES, channels), nn.GELU(), nn.Linear(channels, channels)
        )
        self.layers = nn.ModuleList(
            GraphAttention(channels, config.heads) for _ in range(config.gat_layers)
        )

    def edges(self, nodes: Tensor) -> tuple[Tensor, Tensor]:
        """Return the edges of the flattened batch and the relative position along each."""
        batch = nodes.shape[0]
        first = torch.arange(batch, device=nodes.device) * NUM_LANDMARKS  # (B,)
        edges = (self.edge_index[:, None, :] + first[:, None]).flatten(1)  # (2, B*E)
        source, target = self.edge_index
        offset = nodes[:, source, :2] - nodes[:, target, :2]  # (B, E, 2)
        distance = (offset.square().sum(-1, keepdim=True) + 1e-6).sqrt()
        return edges, torch.cat([offset, distance], -1).flatten(0, 1)

    def forward(self, nodes: Tensor, edges: Tensor, relations: Tensor) -> Tensor:
        states = self.embed(nodes)
        for layer in self.layers:
            states = layer(states, edges, relations)
        return states


class LandmarkAttention(nn.Module):
    """Each landmark node attends to the CNN's feature map around its own position.

    Scaled dot-product attention (Vaswani et al. 2017, eq. 1) of the nodes over the map's cells
    with a Gaussian bias towards near cells (after Yang et al. 2018, "Modeling localness"):
    −|p_i − c_j|² / (2 σ²) is added to the score of node i and cell j; each head learns its σ.

    Shapes:
        - states: ``(B, N, C)``, positions: ``(B, N, 2)`` in [-1, 1], feature map ``(B, M, H, W)``
        - output: ``(B, N, C)``
    """

    cells: Tensor

    def __init__(self, channels: int, map_channels: int, map_size: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm = nn.LayerNorm(channels)
        self.query = nn.Linear(channels, channels)
        self.key = nn.Linear(map_channels, channels)
        self.value = nn.Linear(map_channels, channels)
        self.out = nn.Linear(channels, channels)
        # From about one cell to a quarter of the face, so that heads start with different views.
        self.log_sigma = nn.Parameter(torch.linspace(0.1, 0.4, heads).log())
        center = (torch.arange(map_size) + 0.5) * (2 / map_size) - 1
        y, x = torch.meshgrid(center, center, indexing='ij')
        self.register_buffer('cells', torch.stack([x, y], -1).flatten(0, 1), persistent=False)

    def forward(self, states: Tensor, positions: Tensor, feature_map: Tensor) -> Tensor:
        cells = feature_map.flatten(2).transpose(1, 2)  # (B, H*W, M)
        query = self._split(self.query(self.norm(states)))  # (B, heads, N, D)
        key, value = self._split(self.key(cells)), self._split(self.value(cells))
        score = query @ key.transpose(-1, -2) / query.shape[-1] ** 0.5  # (B, heads, N, H*W)
        squared = (positions[:, :, None] - self.cells).square().sum(-1)  # (B, N, H*W)
        closeness = -0.5 * (-2 * self.log_sigma).exp()[:, None, None] * squared[:, None]
        attended = (score + closeness).softmax(-1) @ value  # (B, heads, N, D)
        return states + self.out(attended.transpose(1, 2).flatten(2))

    def _split(self, x: Tensor) -> Tensor:
        return x.unflatten(-1, (self.heads, x.shape[-1] // self.heads)).transpose(1, 2)


class FerNet(nn.Module):
    """Facial expression from the aligned crop, from the landmark graph, or from both.

    Shapes:
        - crops: ``(B, 1, S, S)``, nodes: ``(B, 68, F)``, as ``preprocess.make_batch`` gives them
        - logits: ``(B, num_classes)``
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        features = 0
        if config.stream != 'gat':
            self.cnn = CnnStream(config)
            features += self.cnn.out_channels
        if config.stream != 'cnn':
            self.gat = GatStream(config)
            self.pool = AttentionPooling(config.hidden_channels, config.heads)
            features += config.hidden_channels * config.heads
        if self._attends:
            self.attend = LandmarkAttention(
                config.hidden_channels, self.cnn.map_channels, config.crop_px // 4, config.heads
            )
            self.mix = GraphAttention(config.hidden_channels, config.heads)
        self.classifier = nn.Sequential(
            nn.LayerNorm(features),
            nn.Dropout(config.dropout),
            nn.Linear(features, len(config.classes)),
        )

    @property
    def _attends(self) -> bool:
        return self.config.stream == 'fused' and self.config.fusion == 'attention'

    def forward(
        self,
        crops: Tensor,
        nodes: Tensor,
        keep_cnn: Tensor | None = None,
        keep_gat: Tensor | None = None,
    ) -> Tensor:
        """Return the logits.

        Args:
            crops: Aligned crops; not read by the ``gat`` stream.
            nodes: Node features; not read by the ``cnn`` stream.
            keep_cnn: ``(B,)`` 0 where the fused model has to do without the CNN, 1 elsewhere
                (modality dropout: Neverova et al. 2016).
            keep_gat: Likewise for the graph.
        """
        pooled = []
        if self.config.stream != 'gat':
            feature_map, features = self.cnn(crops)
            if keep_cnn is not None:
                feature_map = feature_map * keep_cnn[:, None, None, None]
                features = features * keep_cnn[:, None]
            pooled.append(features)
        if self.config.stream != 'cnn':
            edges, relations = self.gat.edges(nodes)
            states = self.gat(nodes, edges, relations)
            if self._attends:
                states = self.attend(states, nodes[..., :2], feature_map)
                states = self.mix(states, edges, relations)
            features = self.pool(states)
            if keep_gat is not None:
                features = features * keep_gat[:, None]
            pooled.append(features)
        logits: Tensor = self.classifier(torch.cat(pooled, -1))
        return logits
