"""FerNet: a residual network on the aligned crop, a graph attention network on the landmarks,
and their fusion.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from fer_ros.face.graph import NUM_NODE_FEATURES, anatomical_edges
from fer_ros.inference.config import ModelConfig
from fer_ros.network.cnn_stream import CnnStream
from fer_ros.network.landmark_attention import (
    AttentionPooling,
    GraphAttention,
    LandmarkAttention,
    LandmarkGraph,
)
from fer_ros.structures import NUM_LANDMARKS


class GatStream(nn.Module):
    """Landmark graph → node states.

    Shapes:
        - nodes: ``(B, 68, F)``, whose first two features are the aligned x, y
        - states: ``(B, 68, C)``
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        channels = config.hidden_channels
        self.graph = LandmarkGraph(torch.from_numpy(anatomical_edges()), NUM_LANDMARKS)
        self.embed = nn.Sequential(
            nn.Linear(NUM_NODE_FEATURES, channels), nn.GELU(), nn.Linear(channels, channels)
        )
        self.layers = nn.ModuleList(
            GraphAttention(channels, config.heads) for _ in range(config.gat_layers)
        )

    def forward(self, nodes: Tensor, relations: Tensor) -> Tensor:
        states = self.embed(nodes)
        for layer in self.layers:
            states = layer(states, self.graph, relations)
        return states


class LateFusion(nn.Module):
    """Adds the streams' logits, each with a weight (log-linear opinion pool: Heskes 1998).

    The weights learn from the streams' answers without changing them: trained through their sum,
    the quicker stream would leave the slower one nothing to learn (Wang et al. 2020, "What makes
    training multi-modal classification networks hard?").

    Shapes:
        - cnn, gat, output: ``(B, num_classes)``
    """

    STREAMS = ('cnn', 'gat')

    def __init__(self, num_classes: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.full((2,), 0.5))
        self.bias = nn.Parameter(torch.zeros(num_classes))

    def forward(self, cnn: Tensor, gat: Tensor) -> Tensor:
        return self.weight[0] * cnn.detach() + self.weight[1] * gat.detach() + self.bias


class StreamLogits(NamedTuple):
    """``(B, num_classes)`` logits of the model and of each stream by itself.

    Attributes:
        logits: What the model answers.
        cnn: From the CNN's features alone; ``None`` in a model that is one stream.
        gat: From the landmark graph's geometry alone; likewise.
        features: ``(B, F)``, pooled, of all streams.
    """

    logits: Tensor
    cnn: Tensor | None
    gat: Tensor | None
    features: Tensor

    def by_name(self, config: ModelConfig) -> dict[str, Tensor]:
        """Return the logits by stream; the model's own stand under its own stream's name."""
        named: dict[str, Tensor | None] = {config.stream: self.logits}
        if config.stream == 'fused':
            named |= {'cnn': self.cnn, 'gat': self.gat}
        return {name: logits for name, logits in named.items() if logits is not None}


class FerNet(nn.Module):
    """Facial expression from the aligned crop, from the landmark graph, or from both.

    In a fused model each stream has a classifier of its own. Late fusion adds their logits; the
    others train a common classifier beside them (deep supervision, Lee et al. 2015), which keeps
    both streams able to answer and says what each contributes.

    Shapes:
        - crops: ``(B, 1, S, S)``, nodes: ``(B, 68, F)``, as ``inputs.make_batch`` gives them
        - logits: ``(B, num_classes)``
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        pooled = config.hidden_channels * config.heads
        features = 0
        if config.stream != 'gat':
            self.cnn = CnnStream(config)
            features += self.cnn.out_channels
        if config.stream != 'cnn':
            self.gat = GatStream(config)
            self.pool = AttentionPooling(config.hidden_channels, config.heads)
            features += pooled
        if config.stream == 'fused':
            self.cnn_classifier = _classifier(self.cnn.out_channels, config)
            self.gat_classifier = _classifier(pooled, config)
        if self._attends:
            self.attend = LandmarkAttention(
                config.hidden_channels, config.cnn_channels[1], config.crop_px // 4, config.heads
            )
            self.mix = GraphAttention(config.hidden_channels, config.heads)
            self.pool_attended = AttentionPooling(config.hidden_channels, config.heads)
            features += pooled
        self.num_features = features
        if self.adds_logits:
            self.vote = LateFusion(len(config.classes))
        else:
            self.classifier = _classifier(features, config)

    @property
    def adds_logits(self) -> bool:
        """Whether the model's logits are the weighted sum of those of its two streams."""
        return self.config.stream == 'fused' and self.config.fusion == 'late'

    @property
    def _attends(self) -> bool:
        return self.config.stream == 'fused' and self.config.fusion == 'attention'

    def forward(self, crops: Tensor, nodes: Tensor) -> Tensor:
        return self.streams(crops, nodes).logits

    def streams(
        self,
        crops: Tensor,
        nodes: Tensor,
        keep_cnn: Tensor | None = None,
        keep_gat: Tensor | None = None,
    ) -> StreamLogits:
        """Return the logits of the model and of its streams.

        Args:
            crops: Aligned crops; not read by the ``gat`` stream.
            nodes: Node features; not read by the ``cnn`` stream.
            keep_cnn: ``(B,)`` 0 where the fused model has to do without the CNN, 1 elsewhere
                (modality dropout: Neverova et al. 2016).
            keep_gat: Likewise for the graph.
        """
        if self.config.stream == 'cnn':
            _, features = self.cnn(crops)
            return StreamLogits(self.classifier(features), None, None, features)
        relations = self.gat.graph.relations(nodes)
        states = self.gat(nodes, relations)
        geometry = self.pool(states)
        if self.config.stream == 'gat':
            return StreamLogits(self.classifier(geometry), None, None, geometry)
        maps, appearance = self.cnn(crops)
        parts = [_kept(appearance, keep_cnn), _kept(geometry, keep_gat)]
        if self._attends:
            states = self.attend(states, nodes[..., :2], _kept(maps[1], keep_cnn))
            states = self.mix(states, self.gat.graph, relations)
            parts.append(_kept(self.pool_attended(states), keep_gat))
        features = torch.cat(parts, -1)
        cnn, gat = self.cnn_classifier(appearance), self.gat_classifier(geometry)
        if not self.adds_logits:
            return StreamLogits(self.classifier(features), cnn, gat, features)
        logits = self.vote(_kept(cnn, keep_cnn), _kept(gat, keep_gat))
        return StreamLogits(logits, cnn, gat, features)


def _classifier(features: int, config: ModelConfig) -> nn.Sequential:
    return nn.Sequential(
        nn.LayerNorm(features),
        nn.Dropout(config.dropout),
        nn.Linear(features, len(config.classes)),
    )


def _kept(features: Tensor, keep: Tensor | None) -> Tensor:
    return features if keep is None else features * keep.view(-1, *[1] * (features.ndim - 1))
