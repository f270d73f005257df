import pytest

torch = pytest.importorskip('torch')
pytest.importorskip('torch_geometric')

from torch.nn import functional

from fer_ros.errors import ModelFileError, SettingError
from fer_ros.face.graph import anatomical_edges
from fer_ros.inference.config import FUSIONS, ModelConfig
from fer_ros.network.fer_net import FerNet
from fer_ros.network.landmark_attention import GraphAttention, LandmarkGraph, read_at

VARIANTS = [
    {'stream': 'cnn'},
    {'stream': 'gat'},
    {'stream': 'fused', 'fusion': 'late'},
    {'stream': 'fused', 'fusion': 'sampled'},
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


def test_batch_equals_batches_of_one(model, inputs):
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


def test_other_edges_give_other_logits(model, inputs):
    if model.config.stream == 'cnn':
        pytest.skip('has no graph')
    before = model(*inputs)
    # Loops alone: no landmark sees another.
    model.gat.graph = LandmarkGraph(torch.arange(68).repeat(2, 1), 68)
    assert (before - model(*inputs)).abs().max() > 1e-3


def test_attention_over_the_fixed_graph_is_that_of_pytorch_geometric(inputs):
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


def test_one_batch_can_be_learned_by_heart(model, inputs):
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


def test_single_stream_does_not_read_the_other_input(inputs):
    crops, nodes = inputs
    cnn = FerNet(ModelConfig(stream='cnn')).eval()
    gat = FerNet(ModelConfig(stream='gat')).eval()
    assert (cnn(crops, nodes) == cnn(crops, nodes * 0)).all()
    assert (gat(crops, nodes) == gat(crops * 0, nodes)).all()


@pytest.mark.parametrize('fusion', FUSIONS)
def test_fused_model_works_without_one_of_its_streams(inputs, fusion):
    crops, nodes = inputs
    model = FerNet(ModelConfig(fusion=fusion)).eval()
    none, every = torch.zeros(5), torch.ones(5)

    def logits(*arguments):
        return model.streams(*arguments).logits

    assert (logits(crops, nodes, none, every) == logits(crops * 2, nodes, none, every)).all()
    assert (logits(crops, nodes, every, none) == logits(crops, nodes * 2, every, none)).all()


@pytest.mark.parametrize('fusion', FUSIONS)
def test_streams_of_a_fused_model_answer_from_their_own_input_alone(inputs, fusion):
    crops, nodes = inputs
    model = FerNet(ModelConfig(fusion=fusion)).eval()
    before, after = model.streams(crops, nodes), model.streams(crops * 0, nodes * 2)
    assert (before.gat == model.streams(crops * 0, nodes).gat).all()
    assert (before.cnn == model.streams(crops, nodes * 2).cnn).all()
    assert (before.cnn != after.cnn).any()
    assert (before.gat != after.gat).any()


@pytest.mark.parametrize('stream', ['cnn', 'gat', 'fused'])
@pytest.mark.parametrize('fusion', ['late', 'sampled', 'concat'])
def test_calibrated_stream_gives_the_calibrated_logits_and_the_others_stay(inputs, fusion, stream):
    torch.manual_seed(2)
    model = FerNet(ModelConfig(fusion=fusion)).eval()
    expected = model.streams(*inputs).by_name(model.config)
    offsets = torch.linspace(-0.3, 0.4, 8)
    model.calibrate(stream, offsets, 1.7)
    expected[stream] = (expected[stream] + offsets) / 1.7
    torch.testing.assert_close(model.streams(*inputs).by_name(model.config), expected)


def test_calibrating_the_graph_that_sees_changes_no_other_logits(inputs):
    torch.manual_seed(2)
    model = FerNet(ModelConfig(fusion='sampled')).eval()
    expected = model.streams(*inputs).by_name(model.config)
    model.calibrate('graph', torch.linspace(-0.3, 0.4, 8), 1.7)
    expected['graph'] = (expected['graph'] + torch.linspace(-0.3, 0.4, 8)) / 1.7
    torch.testing.assert_close(model.streams(*inputs).by_name(model.config), expected)


def test_graph_sees_the_crop_around_its_landmarks_and_the_cnn_learns_nothing_from_it(inputs):
    crops, nodes = inputs
    # Two stages: with more, every cell of the map sees the whole crop.
    config = ModelConfig(fusion='sampled', cnn_channels=(8, 16), cnn_blocks=(1, 1))
    model = FerNet(config).eval()
    upper = nodes.clone()
    upper[..., :2] = upper[..., :2].clamp(-1, -0.8)  # All landmarks in the upper left corner.
    lower = crops.clone()
    lower[:, :, 44:, 44:] += 1
    changed = crops.clone()
    changed[:, :, :4, :4] += 1
    before = model.streams(crops, upper).graph
    assert (before != model.streams(changed, upper).graph).any()
    assert (before == model.streams(lower, upper).graph).all()
    before.square().sum().backward()
    assert all(p.grad is None for p in model.cnn.parameters())


def test_map_is_read_between_its_cells_as_torch_samples_it():
    torch.manual_seed(6)
    feature_map, positions = torch.randn(3, 5, 12, 6), torch.randn(3, 68, 2) * 0.7
    expected = functional.grid_sample(
        feature_map, positions[:, :, None], padding_mode='border', align_corners=False
    )
    torch.testing.assert_close(
        read_at(feature_map, positions), expected.squeeze(-1).transpose(1, 2), rtol=1e-4, atol=1e-5
    )


def test_streams_of_late_fusion_learn_nothing_from_their_sum(inputs):
    model = FerNet(ModelConfig())
    model(*inputs).square().sum().backward()
    learned = {name for name, p in model.named_parameters() if p.grad is not None}
    assert learned == {'vote.weight', 'vote.bias'}


def test_model_that_starts_from_another_takes_its_weights_and_common_classes():
    torch.manual_seed(1)
    other = FerNet(ModelConfig(classes=('a', 'b', 'c')))
    model = FerNet(ModelConfig(classes=('c', 'new')))
    own = model.cnn_classifier[-1].weight[1].clone()
    model.start_from(other)
    assert (model.cnn.stem[1].weight == other.cnn.stem[1].weight).all()
    assert (model.cnn_classifier[-1].weight[0] == other.cnn_classifier[-1].weight[2]).all()
    assert (model.cnn_classifier[-1].weight[1] == own).all()


def test_model_that_starts_from_another_fusion_takes_what_both_have():
    torch.manual_seed(1)
    other = FerNet(ModelConfig(fusion='attention'))
    model = FerNet(ModelConfig(fusion='concat'))
    own = model.classifier[-1].weight.clone()
    model.start_from(other)
    assert (model.gat.embed[0].weight == other.gat.embed[0].weight).all()
    assert (model.gat_classifier[-1].bias == other.gat_classifier[-1].bias).all()
    assert (model.classifier[-1].weight == own).all()


def test_model_that_moves_towards_another_lies_between_both():
    torch.manual_seed(1)
    other, model = FerNet(ModelConfig(fusion='sampled')), FerNet(ModelConfig())
    a, b = model.cnn.stem[1].weight.clone(), other.cnn.stem[1].weight
    model.move_towards(other, 0.25)
    torch.testing.assert_close(model.cnn.stem[1].weight, 0.75 * a + 0.25 * b)
    with pytest.raises(ModelFileError, match='has the classes a, b, needed are neutral'):
        model.move_towards(FerNet(ModelConfig(classes=('a', 'b'))), 0.25)


def test_model_does_not_start_from_another_architecture():
    with pytest.raises(ModelFileError, match='the model to start from is built as'):
        FerNet(ModelConfig()).start_from(FerNet(ModelConfig(hidden_channels=32)))


@pytest.mark.parametrize(
    ('settings', 'sentence'),
    [
        ({'stream': 'rnn'}, "stream is 'rnn', allowed are cnn, gat, fused"),
        ({'fusion': 'sum'}, "fusion is 'sum', allowed are late, concat, attention"),
        ({'crop_px': 50}, 'crop_px is 50, allowed are multiples of 16 from 16'),
        ({'cnn_blocks': (1, 1)}, 'needed are two or more stages with a number in both'),
        ({'classes': ('a',)}, 'needed are two or more different ones'),
        ({'hidden_channels': 30}, 'hidden_channels is 30, which 4 heads do not divide'),
    ],
)
def test_wrong_setting_is_refused(settings, sentence):
    with pytest.raises(SettingError, match=sentence):
        ModelConfig(**settings)


def test_unknown_setting_is_refused():
    with pytest.raises(SettingError, match="model setting 'depth' is unknown"):
        ModelConfig.from_dict({'depth': 3})
