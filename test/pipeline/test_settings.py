import pytest

from fer_ros.errors import SettingError
from fer_ros.pipeline.settings import PipelineSettings


def test_minimum_quality_above_one_is_refused():
    with pytest.raises(SettingError, match=r'min_quality is 1\.5, expected 0 to 1'):
        PipelineSettings(min_quality=1.5)


def test_confidence_threshold_above_one_is_refused():
    with pytest.raises(SettingError, match=r'confidence_threshold is 1\.5, expected 0 to 1'):
        PipelineSettings(confidence_threshold=1.5)


def test_rotation_not_a_multiple_of_90_degrees_is_refused():
    with pytest.raises(SettingError, match='rotate_deg is 45, expected one of 0, 90, 180, 270'):
        PipelineSettings(rotate_deg=45)
