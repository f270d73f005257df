import pytest

torch = pytest.importorskip('torch')
pytest.importorskip('torch_geometric')

from fer_ros.errors import SettingError
from fer_ros.inference.config import ModelConfig
from fer_ros.network.fer_net import FerNet
from fer_ros.network.mobilenet import MobileNetStream, NormalisedConvolution
from fer_ros.network.weight_transfer import copy_weights


@pytest.fixture(scope='module')
def stream():
    torch.manual_seed(3)
    return MobileNetStream().eval()


def test_feature_maps_halve_in_size_and_last_one_is_pooled(stream):
    maps, pooled = stream(torch.randn(2, 1, 96, 96))
    shapes = [(2, 64, 48, 48), (2, 128, 24, 24), (2, 256, 12, 12), (2, 512, 6, 6), (2, 1024, 3, 3)]
    assert [tuple(part.shape) for part in maps] == shapes
    torch.testing.assert_close(pooled, maps[-1].mean(dim=(2, 3)))


def test_layers_that_halve_pad_right_and_bottom_as_in_tensorflow():
    layers = [
        layer
        for layer in MobileNetStream().eval().modules()
        if isinstance(layer, NormalisedConvolution) and layer.conv.stride == (2, 2)
    ]
    assert [layer.conv.in_channels for layer in layers] == [1, 64, 128, 256, 512]
    for layer in layers:
        with torch.no_grad():
            layer.conv.weight.zero_()
            layer.conv.weight[:, :, 0, 0] = 1
        maps = torch.zeros(1, layer.conv.in_channels, 16, 16)
        maps[..., 6, 10] = 1
        halved = layer(maps)
        assert halved.shape[2:] == (8, 8)
        assert halved[0, 0].nonzero().tolist() == [[3, 5]]


def test_normalized_network_gives_same_output_for_faces_that_normalized_it():
    stream = MobileNetStream(blocks=5)
    with torch.no_grad():
        for block in stream.blocks:
            block[0].conv.weight *= 30
    crops = torch.randn(64, 1, 64, 64)
    before = stream.eval()(crops)[1]
    assert not stream.is_normalised
    stream.normalise(crops)
    torch.testing.assert_close(stream(crops)[1], before, rtol=1e-3, atol=1e-3)
    # As in training, when the batch norms use the statistics of the batch.
    torch.testing.assert_close(stream.train()(crops)[1], before, rtol=1e-2, atol=1e-2)
    assert stream.is_normalised
    lengths = stream.blocks[0][0].conv.weight.flatten(1).norm(dim=1)
    torch.testing.assert_close(lengths, torch.full_like(lengths, 2**0.5))


@pytest.mark.parametrize('fusion', ['late', 'concat'])
def test_fused_model_accepts_mobilenet_as_cnn(fusion):
    config = ModelConfig(cnn='mobilenet', crop_px=64, fusion=fusion)
    assert FerNet(config).eval()(torch.randn(3, 1, 64, 64), torch.randn(3, 68, 16)).shape == (3, 8)


@pytest.mark.parametrize(
    ('values', 'match'),
    [
        ({'crop_px': 48}, 'crop_px is 48, expected a multiple of 32'),
        ({'crop_px': 64, 'mobilenet_blocks': 14}, 'mobilenet_blocks is 14, expected whole'),
        ({'crop_px': 64, 'fusion': 'attention'}, 'expected late or concat with cnn .mobilenet.'),
    ],
)
def test_settings_unsupported_by_mobilenet_are_refused(values, match):
    with pytest.raises(SettingError, match=match):
        ModelConfig(cnn='mobilenet', **values)


def test_shorter_network_computes_first_blocks_of_whole_one(stream):
    short = MobileNetStream(blocks=11).eval()
    short.load_state_dict({key: stream.state_dict()[key] for key in short.state_dict()})
    crops = torch.randn(2, 1, 64, 64)
    maps, pooled = short(crops)
    torch.testing.assert_close(pooled, stream(crops)[0][3].mean(dim=(2, 3)))
    assert (len(maps), short.out_channels) == (4, 512)


def test_shorter_fused_model_takes_weights_of_whole_cnn_for_larger_crops():
    whole = FerNet(ModelConfig(stream='cnn', cnn='mobilenet', crop_px=96))
    short = FerNet(ModelConfig(cnn='mobilenet', mobilenet_blocks=11, crop_px=64))
    own = short.gat_classifier[-1].weight.clone()
    copy_weights(whole, short)
    assert (short.cnn.blocks[10][1].conv.weight == whole.cnn.blocks[10][1].conv.weight).all()
    assert (short.gat_classifier[-1].weight == own).all()
