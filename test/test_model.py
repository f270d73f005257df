import pytest

torch = pytest.importorskip('torch')
pytest.importorskip('torch_geometric')

from torch.nn import functional  # noqa: E402

from fer_ros.errors import SettingError  # noqa: E402
from fer_ros.model import FerNet  # noqa: E402
from fer_ros.model_config import ModelConfig  # noqa: E402

VARIANTS = [
    {'stream': 'cnn'},
    {'stream': 'gat'},
    {'stream': 'fused', 'fusion': 'concat'},
    {'stream': 'fused', 'fusion': 'attention'},
]


@pytest.fixture(params=VARIANTS, ids=lambda v: '-'.join(v.values()))
def model(request):
    torch.manual_seed(3)
    return FerNet(ModelConfig(cnn_channels=(8, 16, 24), **request.param)).eval()


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
    model.gat.edge_index = number[model.gat.edge_index]
    after = model(inputs[0], inputs[1][:, order])
    torch.testing.assert_close(before, after, rtol=1e-4, atol=1e-5)


def test_other_edges_give_other_logits(model, inputs):
    if model.config.stream == 'cnn':
        pytest.skip('has no graph')
    before = model(*inputs)
    # Loops alone: no landmark sees another.
    model.gat.edge_index = torch.arange(68).repeat(2, 1)
    assert (before - model(*inputs)).abs().max() > 1e-3


def test_gradients_reach_every_parameter(model, inputs):
    model.train()
    model(*inputs).logsumexp(-1).sum().backward()
    without = [name for name, p in model.named_parameters() if p.grad is None or not p.grad.any()]
    # A shift of all scores of a softmax cancels out.
    assert [name for name in without if not name.endswith(('score.bias', 'key.bias'))] == []


def test_one_batch_can_be_learned_by_heart(model, inputs):
    model.train()
    labels = torch.tensor([0, 3, 7, 1, 2])
    optimizer = torch.optim.Adam(model.parameters(), 5e-3)
    for _ in range(80):
        loss = functional.cross_entropy(model(*inputs), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert loss < 0.1


def test_single_stream_does_not_read_the_other_input(inputs):
    crops, nodes = inputs
    cnn = FerNet(ModelConfig(stream='cnn')).eval()
    gat = FerNet(ModelConfig(stream='gat')).eval()
    assert (cnn(crops, nodes) == cnn(crops, nodes * 0)).all()
    assert (gat(crops, nodes) == gat(crops * 0, nodes)).all()


def test_fused_model_works_without_one_of_its_streams(inputs):
    crops, nodes = inputs
    model = FerNet(ModelConfig()).eval()
    none, every = torch.zeros(5), torch.ones(5)
    assert (model(crops, nodes, none, every) == model(crops * 2, nodes, none, every)).all()
    assert (model(crops, nodes, every, none) == model(crops, nodes * 2, every, none)).all()


@pytest.mark.parametrize(
    ('settings', 'sentence'),
    [
        ({'stream': 'rnn'}, "stream is 'rnn', allowed are cnn, gat, fused"),
        ({'fusion': 'sum'}, "fusion is 'sum', allowed are concat, attention"),
        ({'crop_px': 50}, 'crop_px is 50, allowed are multiples of 8 from 16'),
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
