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
from fer_ros.network.mobilenet import MobileNetStream
from fer_ros.structures import NUM_LANDMARKS


class GatStream(nn.Module):
    """Landmark graph → node states.

    Shapes:
        - nodes: ``(B, 68, F)``, the first two features being the aligned x, y
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

    Training the weights does not change the streams: if these were trained through their sum, the
    faster one would leave the slower one nothing to learn (Wang et al. 2020, "What makes training
    multi-modal classification networks hard?").

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
        logits: Logits of the model.
        cnn: Logits from the CNN's features alone; ``None`` in a single-stream model.
        gat: Logits from the landmark graph alone; ``None`` in a single-stream model.
        second: ``(B, len(second_classes))`` logits of the second classifier, if there is one.
    """

    logits: Tensor
    cnn: Tensor | None
    gat: Tensor | None
    second: Tensor | None

    def by_name(self, config: ModelConfig) -> dict[str, Tensor]:
        """Return the logits by stream; the model's own have the name of its own stream."""
        named: dict[str, Tensor | None] = {config.stream: self.logits}
        if config.stream == 'fused':
            named |= {'cnn': self.cnn, 'gat': self.gat}
        return {name: logits for name, logits in named.items() if logits is not None}


class FerNet(nn.Module):
    """Facial expression from the aligned crop, from the landmark graph, or from both.

    In a fused model each stream has its own classifier. Late fusion adds their logits; the other
    fusions train a common classifier besides them (deep supervision, Lee et al. 2015), so that
    each stream also works alone and its contribution can be measured.

    A second classifier, for other labels of the same faces, has the same input as the last layer
    of the model's classifier, or of the CNN's in late fusion; ``weight_transfer.without_second``
    merges both into one layer.

    Shapes:
        - crops: ``(B, 1, S, S)``, nodes: ``(B, 68, F)``, from ``inputs.make_batch``
        - logits: ``(B, num_classes)``
    """

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        pooled = config.hidden_channels * config.heads
        features = 0
        if config.stream != 'gat':
            self.cnn = _cnn(config)
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
        if self.adds_logits:
            self.vote = LateFusion(len(config.classes))
            features = self.cnn.out_channels
        else:
            self.classifier = _classifier(features, config)
        if config.second_classes:
            self.second_classifier = nn.Linear(features, len(config.second_classes))

    @property
    def adds_logits(self) -> bool:
        """Whether the model's logits are the weighted sum of its two streams' logits."""
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
            crops: Aligned crops; unused by the ``gat`` stream.
            nodes: Node features; unused by the ``cnn`` stream.
            keep_cnn: ``(B,)``, 0 where the fused model must do without the CNN, 1 elsewhere
                (modality dropout: Neverova et al. 2016).
            keep_gat: ``(B,)``, 0 where the fused model must do without the graph, 1 elsewhere.
        """
        if self.config.stream == 'cnn':
            _, features = self.cnn(crops)
            logits, second = self._answer(self.classifier, features)
            return StreamLogits(logits, None, None, second)
        relations = self.gat.graph.relations(nodes)
        states = self.gat(nodes, relations)
        geometry = self.pool(states)
        if self.config.stream == 'gat':
            logits, second = self._answer(self.classifier, geometry)
            return StreamLogits(logits, None, None, second)
        maps, appearance = self.cnn(crops)
        parts = [_kept(appearance, keep_cnn), _kept(geometry, keep_gat)]
        if self._attends:
            states = self.attend(states, nodes[..., :2], _kept(maps[1], keep_cnn))
            states = self.mix(states, self.gat.graph, relations)
            parts.append(_kept(self.pool_attended(states), keep_gat))
        gat = self.gat_classifier(geometry)
        if self.adds_logits:
            cnn, second = self._answer(self.cnn_classifier, appearance)
            logits = self.vote(_kept(cnn, keep_cnn), _kept(gat, keep_gat))
        else:
            cnn = self.cnn_classifier(appearance)
            logits, second = self._answer(self.classifier, torch.cat(parts, -1))
        return StreamLogits(logits, cnn, gat, second)

    def _answer(self, head: nn.Sequential, features: Tensor) -> tuple[Tensor, Tensor | None]:
        """Return the logits of a classifier, and those of the second one from the same layer
        input.
        """
        read = head[:-1](features)
        second = self.second_classifier(read) if self.config.second_classes else None
        return head[-1](read), second


def _cnn(config: ModelConfig) -> CnnStream | MobileNetStream:
    if config.cnn == 'mobilenet':
        return MobileNetStream(config.mobilenet_blocks)
    return CnnStream(config)


def _classifier(features: int, config: ModelConfig) -> nn.Sequential:
    return nn.Sequential(
        nn.LayerNorm(features),
        nn.Dropout(config.dropout),
        nn.Linear(features, len(config.classes)),
    )


def _kept(features: Tensor, keep: Tensor | None) -> Tensor:
    return features if keep is None else features * keep.view(-1, *[1] * (features.ndim - 1))
