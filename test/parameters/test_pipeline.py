from fer_ros.parameters.fer_node import FER_NODE
from fer_ros.parameters.pipeline import pipeline_settings
from fer_ros.smoothing import SmoothingSettings


def test_pipeline_settings_come_from_parameters():
    chosen = {spec.name: spec.default for spec in FER_NODE} | {
        'detect_interval_s': 0.0,
        'max_faces': 2,
        'smoother': 'average',
        'smoothing_time_constant_s': 1.5,
        'smoothing_recent_time_constant_s': 0.2,
        'smoothing_change_threshold': 0.7,
        'confidence_threshold': 0.25,
        'min_quality': 0.5,
        'adapt_to_person': 0.3,
        'rotate_deg': 270,
    }
    settings = pipeline_settings(chosen)
    assert (settings.tracker.detect_interval_s, settings.tracker.max_faces) == (0.0, 2)
    assert settings.smoothing == SmoothingSettings('average', 1.5, 0.2, 0.7)
    assert (settings.confidence_threshold, settings.min_quality) == (0.25, 0.5)
    assert (settings.rotate_deg, settings.adapt_to_person) == (270, 0.3)
