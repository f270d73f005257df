"""Graph attention over the landmarks, whose edges are the same for every face."""

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch_geometric.nn import GATv2Conv


class LandmarkGraph(nn.Module):
    """The fixed edges between landmarks, as a list and as a matrix.

    Every face has the same graph, so the sum over the edges that end at a node is a product with
    a constant matrix: one face is answered several times faster that way than by scattered writes.
    Training, with its large batches, is faster by the list.

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
        """Return ``(B, E, …)``, at each edge what ``(B, N, …)`` has at its source."""
        return values.index_select(1, self.edge_index[0])

    def at_targets(self, values: Tensor) -> Tensor:
        """Return ``(B, E, …)``, at each edge what ``(B, N, …)`` has at its target."""
        return values.index_select(1, self.edge_index[1])

    def relations(self, nodes: Tensor) -> Tensor:
        """Return ``(B, E, 3)``, offset and distance along each edge, of ``(B, N, F)`` nodes."""
        offset = self.at_sources(nodes[..., :2]) - self.at_targets(nodes[..., :2])
        distance = (offset.square().sum(-1, keepdim=True) + 1e-6).sqrt()
        return torch.cat([offset, distance], -1)

    def batched(self, batch: int) -> Tensor:
        """Return ``(2, B*E)``, the edges of a batch whose nodes are numbered through."""
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

    def __init__(self, channels: int, heads: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(channels)
        self.conv = GATv2Conv(
            channels, channels // heads, heads=heads, edge_dim=3, add_self_loops=False
        )

    def forward(self, states: Tensor, graph: LandmarkGraph, relations: Tensor) -> Tensor:
        inward = self.norm(states)
        if torch.onnx.is_in_onnx_export():
            return states + functional.gelu(self.attend_fixed(inward, graph, relations))
        edges = graph.batched(len(states))
        update = self.conv(inward.flatten(0, 1), edges, relations.flatten(0, 1))
        return states + functional.gelu(update).view_as(states)

    def attend_fixed(self, states: Tensor, graph: LandmarkGraph, relations: Tensor) -> Tensor:
        """Return what ``conv`` does, computed for one graph that all faces share."""
        conv = self.conv
        heads = conv.att.shape[1:]
        sent = graph.at_sources(conv.lin_l(states))  # (B, E, C)
        received = graph.at_targets(conv.lin_r(states))
        mixed = sent + received + conv.lin_edge(relations)
        mixed = functional.leaky_relu(mixed, conv.negative_slope)
        scores = (mixed.unflatten(-1, heads) * conv.att).sum(-1)  # (B, E, H)
        weighted = sent.unflatten(-1, heads) * graph.softmax(scores)[..., None]
        return graph.incidence @ weighted.flatten(2) + conv.bias
