import pytest

torch = pytest.importorskip('torch')
pytest.importorskip('torch_geometric')

from fer_ros.errors import ModelFileError
from fer_ros.inference.config import ModelConfig
from fer_ros.network.fer_net import FerNet
from fer_ros.network.weight_transfer import (
    average_weights,
    calibrate_stream,
    copy_weights,
    set_stream_weights,
    without_second,
)


@pytest.fixture
def inputs():
    generator = torch.Generator().manual_seed(5)
    crops = torch.randn(5, 1, 48, 48, generator=generator)
    return crops, torch.randn(5, 68, 16, generator=generator) * 0.3


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(1)


@pytest.mark.parametrize('stream', ['cnn', 'gat', 'fused'])
@pytest.mark.parametrize('fusion', ['late', 'concat'])
def test_calibrating_stream_changes_only_its_logits(inputs, fusion, stream):
    model = FerNet(ModelConfig(fusion=fusion)).eval()
    expected = model.streams(*inputs).by_name(model.config)
    offsets = torch.linspace(-0.3, 0.4, 8)
    calibrate_stream(model, stream, offsets, 1.7)
    expected[stream] = (expected[stream] + offsets) / 1.7
    torch.testing.assert_close(model.streams(*inputs).by_name(model.config), expected)


def test_late_fusion_adds_logits_with_set_weights(inputs):
    model = FerNet(ModelConfig()).eval()
    set_stream_weights(model, torch.tensor([0.9, 0.2]))
    answer = model.streams(*inputs)
    torch.testing.assert_close(answer.logits, 0.9 * answer.cnn + 0.2 * answer.gat)


SECOND = ('anger', 'neutral', 'fear')


@pytest.mark.parametrize(
    'config',
    [
        ModelConfig(stream='cnn', second_classes=SECOND),
        ModelConfig(stream='gat', second_classes=SECOND),
        ModelConfig(fusion='late', second_classes=SECOND),
        ModelConfig(fusion='concat', second_classes=SECOND),
    ],
    ids=lambda config: f'{config.stream} {config.fusion}',
)
def test_two_classifiers_merge_into_one_with_weighted_mean_of_logits(inputs, config):
    model = FerNet(config).eval()
    one = without_second(model, 0.25)
    assert one.config.second_classes == ()
    before, after = model.streams(*inputs), one.streams(*inputs)
    own = 'cnn' if model.adds_logits else 'logits'
    first, mixed = getattr(before, own), getattr(after, own)
    columns = [config.classes.index(name) for name in SECOND]
    torch.testing.assert_close(mixed[:, columns], 0.75 * first[:, columns] + 0.25 * before.second)
    others = [column for column in range(8) if column not in columns]
    for answer in (first, mixed):
        answer -= answer[:, columns].mean(dim=1, keepdim=True)
    torch.testing.assert_close(mixed[:, others], first[:, others])


def test_second_classifier_with_share_0_changes_no_logits(inputs):
    model = FerNet(ModelConfig(second_classes=SECOND)).eval()
    torch.testing.assert_close(without_second(model, 0.0)(*inputs), model(*inputs))


def test_copied_weights_equal_source_except_for_new_classes():
    source = FerNet(ModelConfig(classes=('a', 'b', 'c')))
    target = FerNet(ModelConfig(classes=('c', 'new')))
    own = target.cnn_classifier[-1].weight[1].clone()
    copy_weights(source, target)
    assert (target.cnn.stem[1].weight == source.cnn.stem[1].weight).all()
    assert (target.cnn_classifier[-1].weight[0] == source.cnn_classifier[-1].weight[2]).all()
    assert (target.cnn_classifier[-1].weight[1] == own).all()


def test_only_weights_common_to_both_fusions_are_copied():
    source = FerNet(ModelConfig(fusion='attention'))
    target = FerNet(ModelConfig(fusion='concat'))
    own = target.classifier[-1].weight.clone()
    copy_weights(source, target)
    assert (target.gat.embed[0].weight == source.gat.embed[0].weight).all()
    assert (target.gat_classifier[-1].bias == source.gat_classifier[-1].bias).all()
    assert (target.classifier[-1].weight == own).all()


def test_averaged_weights_are_weighted_mean_of_both_models():
    source, target = FerNet(ModelConfig(fusion='attention')), FerNet(ModelConfig())
    a, b = target.cnn.stem[1].weight.clone(), source.cnn.stem[1].weight
    average_weights(source, target, 0.25)
    torch.testing.assert_close(target.cnn.stem[1].weight, 0.75 * a + 0.25 * b)


def test_averaging_models_of_different_classes_is_refused():
    source, target = FerNet(ModelConfig(classes=('a', 'b'))), FerNet(ModelConfig())
    with pytest.raises(ModelFileError, match='has the classes a, b, expected neutral'):
        average_weights(source, target, 0.25)


def test_copying_weights_of_different_architecture_is_refused():
    source, target = FerNet(ModelConfig(hidden_channels=32)), FerNet(ModelConfig())
    with pytest.raises(ModelFileError, match='channels 32, but the configuration hidden_channels'):
        copy_weights(source, target)
