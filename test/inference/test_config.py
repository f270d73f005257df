import pytest

from fer_ros.errors import SettingError
from fer_ros.inference.config import ModelConfig


@pytest.mark.parametrize(
    ('settings', 'sentence'),
    [
        ({'stream': 'rnn'}, "stream is 'rnn', expected one of cnn, gat, fused"),
        ({'fusion': 'sum'}, "fusion is 'sum', expected one of late, concat, attention"),
        ({'crop_px': 50}, 'crop_px is 50, expected a multiple of 16 from 16'),
        ({'cnn_blocks': (1, 1)}, 'expected two or more stages with a number in both'),
        ({'classes': ('a',)}, 'expected 2 to 1000 different ones'),
        ({'hidden_channels': 30}, 'hidden_channels is 30, expected a multiple of 4'),
    ],
)
def test_invalid_setting_is_refused(settings, sentence):
    with pytest.raises(SettingError, match=sentence):
        ModelConfig(**settings)


def test_unknown_setting_is_refused():
    with pytest.raises(SettingError, match="model setting 'depth' is unknown"):
        ModelConfig.from_dict({'depth': 3})
