"""Attention over the landmarks: along the edges, which all faces share; over all landmarks, for
pooling; and over the CNN's feature map around them.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch_geometric.nn import GATv2Conv


class LandmarkGraph(nn.Module):
    """The fixed edges between landmarks, as a list and as a matrix.

    Every face has the same graph, so the sum over the edges that end at a node is a product with a
    constant matrix, which is several times faster for one face than scattered writes. Training,
    with its large batches, is faster with the list.

    Shapes:
        - edge_index: ``(2, E)``, source and target of each edge
        - incidence: ``(N, E)``, 1 where the edge ends at the node
        - slots: ``(N, K)`` edges that end at each node, the first repeated to fill the row
    """

    edge_index: Tensor
    incidence: Tensor
    slots: Tensor

    def __init__(self, edge_index: Tensor, num_nodes: int) -> None:
        super().__init__()
        into = [(edge_index[1] == node).nonzero().flatten() for node in range(num_nodes)]
        longest = max(len(edges) for edges in into)
        slots = torch.stack([torch.cat([e, e[:1].expand(longest - len(e))]) for e in into])
        incidence = torch.eye(num_nodes)[edge_index[1]].T.contiguous()
        self.register_buffer('edge_index', edge_index, persistent=False)
        self.register_buffer('incidence', incidence, persistent=False)
        self.register_buffer('slots', slots, persistent=False)

    def at_sources(self, values: Tensor) -> Tensor:
        """Return ``(B, E, …)``: for each edge the value of ``(B, N, …)`` at its source."""
        return values.index_select(1, self.edge_index[0])

    def at_targets(self, values: Tensor) -> Tensor:
        """Return ``(B, E, …)``: for each edge the value of ``(B, N, …)`` at its target."""
        return values.index_select(1, self.edge_index[1])

    def relations(self, nodes: Tensor) -> Tensor:
        """Return ``(B, E, 3)`` offset and distance along each edge of ``(B, N, F)`` nodes."""
        offset = self.at_sources(nodes[..., :2]) - self.at_targets(nodes[..., :2])
        distance = (offset.square().sum(-1, keepdim=True) + 1e-6).sqrt()
        return torch.cat([offset, distance], -1)

    def batched(self, batch: int) -> Tensor:
        """Return the ``(2, B*E)`` edges of a batch whose nodes are numbered consecutively."""
        num_nodes = len(self.slots)
        first = torch.arange(batch, device=self.edge_index.device) * num_nodes
        return (self.edge_index[:, None, :] + first[:, None]).flatten(1)

    def softmax(self, scores: Tensor) -> Tensor:
        """Return ``(B, E, H)`` weights that sum to 1 over the edges that end at the same node."""
        highest = scores[:, self.slots].amax(2)  # (B, N, H)
        weights = (scores - self.at_targets(highest)).exp()
        return weights / self.at_targets(self.incidence @ weights)


class GraphAttention(nn.Module):
    """A residual graph attention layer over a batch of equal graphs.

    GATv2 (Brody et al. 2022, eq. 7) with the relative position of two landmarks as edge feature:
    e(i, j) = aᵀ LeakyReLU(W_s h_j + W_t h_i + W_e r_ij), weights by softmax over the neighbours j.
    Deviation: a residual connection and layer norm around it.

    Shapes:
        - states: ``(B, N, C)`` → ``(B, N, C)``
        - relations: ``(B, E, 3)``
    """

    belongs: Tensor

    def __init__(self, channels: int, heads: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(channels)
        self.conv = GATv2Conv(
            channels, channels // heads, heads=heads, edge_dim=3, add_self_loops=False
        )
        # (H, C), 1 where the channel belongs to the head: products with it are cheaper than
        # splitting the channels by head.
        belongs = torch.eye(heads).repeat_interleave(channels // heads, 1)
        self.register_buffer('belongs', belongs, persistent=False)

    def forward(self, states: Tensor, graph: LandmarkGraph, relations: Tensor) -> Tensor:
        inward = self.norm(states)
        if torch.onnx.is_in_onnx_export():
            return states + functional.gelu(self.attend_fixed(inward, graph, relations))
        edges = graph.batched(len(states))
        update = self.conv(inward.flatten(0, 1), edges, relations.flatten(0, 1))
        return states + functional.gelu(update).view_as(states)

    def attend_fixed(self, states: Tensor, graph: LandmarkGraph, relations: Tensor) -> Tensor:
        """Return the result of ``conv``, computed for the one graph that all faces share."""
        conv = self.conv
        sent = graph.at_sources(conv.lin_l(states))  # (B, E, C)
        received = graph.at_targets(conv.lin_r(states))
        mixed = sent + received + conv.lin_edge(relations)
        mixed = functional.leaky_relu(mixed, conv.negative_slope)
        scores = mixed @ (conv.att.flatten() * self.belongs).T  # (B, E, H)
        weighted = sent * (graph.softmax(scores) @ self.belongs)  # (B, E, C)
        return graph.incidence @ weighted + conv.bias


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


class LandmarkAttention(nn.Module):
    """Each landmark node attends to the CNN's feature map around its own position.

    Scaled dot-product attention (Vaswani et al. 2017, eq. 1) of the nodes over the map's cells
    with a Gaussian bias towards nearby cells (after Yang et al. 2018, "Modeling localness"): −|p_i
    − c_j|² / (2 σ²) is added to the score of node i and cell j; each head learns its σ. |p_i|² is
    the same for all cells and cancels in the softmax; the rest is the product of (p_i, 1) / σ²
    with (c_j, −|c_j|² / 2).

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
        # From about one cell to a quarter of the face, so that heads start with different ranges.
        self.log_sigma = nn.Parameter(torch.linspace(0.1, 0.4, heads).log())
        center = (torch.arange(map_size) + 0.5) * (2 / map_size) - 1
        y, x = torch.meshgrid(center, center, indexing='ij')
        place = torch.stack([x, y, -0.5 * (x.square() + y.square())], -1).flatten(0, 1)
        self.register_buffer('cells', place, persistent=False)  # (H*W, 3)

    def forward(self, states: Tensor, positions: Tensor, feature_map: Tensor) -> Tensor:
        map_cells = feature_map.flatten(2).transpose(1, 2)  # (B, H*W, M)
        query = self._split(self.query(self.norm(states))) / (states.shape[-1] / self.heads) ** 0.5
        key, value = self._split(self.key(map_cells)), self._split(self.value(map_cells))
        place = functional.pad(positions, (0, 1), value=1.0)[:, None]  # (B, 1, N, 3)
        nearness = (place * (-2 * self.log_sigma).exp()[:, None, None]) @ self.cells.T
        scores = query @ key.transpose(-1, -2) + nearness  # (B, heads, N, H*W)
        attended = scores.softmax(-1) @ value  # (B, heads, N, D)
        return states + self.out(attended.transpose(1, 2).flatten(2))

    def _split(self, x: Tensor) -> Tensor:
        return x.unflatten(-1, (self.heads, x.shape[-1] // self.heads)).transpose(1, 2)
