import pytest

torch = pytest.importorskip('torch')
pytest.importorskip('torch_geometric')

from fer_ros.inference.config import ModelConfig
from fer_ros.network.fer_net import FerNet
from fer_ros.training.weight_average import WeightAverage

SMALL = ModelConfig(stream='gat', hidden_channels=8, gat_layers=1, heads=2)


def bias_after(average, values):
    """Return the averaged bias of a layer after steps that set it to the given values."""
    model = FerNet(SMALL)
    for step, value in enumerate(values):
        torch.nn.init.constant_(model.classifier[-1].bias, value)
        average.update(model, step)
    return float(average.model.classifier[-1].bias[0])


def test_average_follows_its_decay_after_many_steps():
    average = WeightAverage(FerNet(SMALL), decay=0.5)
    assert bias_after(average, [0.0] * 100 + [1.0]) == pytest.approx(0.5)


def test_average_of_few_steps_forgets_the_random_start():
    model = FerNet(SMALL)
    torch.nn.init.constant_(model.classifier[-1].bias, 100.0)
    assert bias_after(WeightAverage(model, decay=0.999), [0.0] * 20) < 0.1


def test_average_has_no_trainable_parameters():
    average = WeightAverage(FerNet(SMALL), decay=0.5)
    assert not any(parameter.requires_grad for parameter in average.model.parameters())
