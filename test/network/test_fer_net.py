import pytest

torch = pytest.importorskip('torch')
pytest.importorskip('torch_geometric')

from torch.nn import functional

from fer_ros.face.graph import anatomical_edges
from fer_ros.inference.config import FUSIONS, ModelConfig
from fer_ros.network.fer_net import FerNet
from fer_ros.network.landmark_attention import GraphAttention, LandmarkGraph

VARIANTS = [
    {'stream': 'cnn'},
    {'stream': 'gat'},
    {'stream': 'fused', 'fusion': 'late'},
    {'stream': 'fused', 'fusion': 'concat'},
    {'stream': 'fused', 'fusion': 'attention'},
]


@pytest.fixture(params=VARIANTS, ids=lambda v: '-'.join(v.values()))
def model(request):
    torch.manual_seed(3)
    return FerNet(
        ModelConfig(cnn_channels=(8, 16, 24), cnn_blocks=(1, 1, 1), **request.param)
    ).eval()


@pytest.fixture
def inputs():
    generator = torch.Generator().manual_seed(5)
    crops = torch.randn(5, 1, 48, 48, generator=generator)
    return crops, torch.randn(5, 68, 16, generator=generator) * 0.3


def test_batch_gives_same_logits_as_single_faces(model, inputs):
    together = model(*inputs)
    alone = torch.cat(
        [model(crop[None], nodes[None]) for crop, nodes in zip(*inputs, strict=True)]
    )
    assert together.shape == (5, 8)
    torch.testing.assert_close(together, alone, rtol=1e-4, atol=1e-5)


def test_relabelled_nodes_and_edges_give_the_same_logits(model, inputs):
    if model.config.stream == 'cnn':
        pytest.skip('has no graph')
    before = model(*inputs)
    order = torch.randperm(68, generator=torch.Generator().manual_seed(7))
    number = torch.argsort(order)
    model.gat.graph = LandmarkGraph(number[model.gat.graph.edge_index], 68)
    after = model(inputs[0], inputs[1][:, order])
    torch.testing.assert_close(before, after, rtol=1e-4, atol=1e-5)


def test_different_edges_give_different_logits(model, inputs):
    if model.config.stream == 'cnn':
        pytest.skip('has no graph')
    before = model(*inputs)
    # Only self-loops: no landmark sees another.
    model.gat.graph = LandmarkGraph(torch.arange(68).repeat(2, 1), 68)
    assert (before - model(*inputs)).abs().max() > 1e-3


def test_attention_over_fixed_graph_equals_that_of_pytorch_geometric(inputs):
    torch.manual_seed(4)
    graph = LandmarkGraph(torch.from_numpy(anatomical_edges()), 68)
    layer = GraphAttention(channels=12, heads=3)
    states = torch.randn(5, 68, 12)
    relations = graph.relations(inputs[1])
    edges = graph.batched(5)
    expected = layer.conv(states.flatten(0, 1), edges, relations.flatten(0, 1)).view(5, 68, 12)
    torch.testing.assert_close(
        layer.attend_fixed(states, graph, relations), expected, rtol=1e-4, atol=1e-5
    )


def test_gradients_reach_every_parameter(model, inputs):
    model.train()
    answer = model.streams(*inputs)
    sum(logits.logsumexp(-1).sum() for logits in answer.by_name(model.config).values()).backward()
    without = [name for name, p in model.named_parameters() if p.grad is None or not p.grad.any()]
    # A shift of all scores of a softmax cancels out.
    assert [name for name in without if not name.endswith(('score.bias', 'key.bias'))] == []


def test_model_can_overfit_one_batch(model, inputs):
    model.train()
    labels = torch.tensor([0, 3, 7, 1, 2])
    optimizer = torch.optim.Adam(model.parameters(), 5e-3)
    for _ in range(80):
        answers = model.streams(*inputs).by_name(model.config).values()
        loss = sum(functional.cross_entropy(logits, labels) for logits in answers)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert loss < 0.3


def test_single_stream_model_ignores_other_input(inputs):
    crops, nodes = inputs
    cnn = FerNet(ModelConfig(stream='cnn')).eval()
    gat = FerNet(ModelConfig(stream='gat')).eval()
    assert (cnn(crops, nodes) == cnn(crops, nodes * 0)).all()
    assert (gat(crops, nodes) == gat(crops * 0, nodes)).all()


@pytest.mark.parametrize('fusion', FUSIONS)
def test_input_of_dropped_stream_does_not_affect_fused_logits(inputs, fusion):
    crops, nodes = inputs
    model = FerNet(ModelConfig(fusion=fusion)).eval()
    none, every = torch.zeros(5), torch.ones(5)

    def logits(*arguments):
        return model.streams(*arguments).logits

    assert (logits(crops, nodes, none, every) == logits(crops * 2, nodes, none, every)).all()
    assert (logits(crops, nodes, every, none) == logits(crops, nodes * 2, every, none)).all()


@pytest.mark.parametrize('fusion', FUSIONS)
def test_streams_of_fused_model_depend_only_on_their_own_input(inputs, fusion):
    crops, nodes = inputs
    model = FerNet(ModelConfig(fusion=fusion)).eval()
    before, after = model.streams(crops, nodes), model.streams(crops * 0, nodes * 2)
    assert (before.gat == model.streams(crops * 0, nodes).gat).all()
    assert (before.cnn == model.streams(crops, nodes * 2).cnn).all()
    assert (before.cnn != after.cnn).any()
    assert (before.gat != after.gat).any()


def test_gradient_of_late_fusion_reaches_only_fusion_weights(inputs):
    model = FerNet(ModelConfig())
    model(*inputs).square().sum().backward()
    learned = {name for name, p in model.named_parameters() if p.grad is not None}
    assert learned == {'vote.weight', 'vote.bias'}
