"""The parameters that are settings of the pipeline, and the settings that they make."""

from collections.abc import Mapping
from typing import Any

from fer_ros.face.rotation import ROTATIONS_DEG
from fer_ros.face.tracker import TrackerSettings
from fer_ros.parameters.spec import Spec
from fer_ros.pipeline.settings import PipelineSettings
from fer_ros.smoothing import SMOOTHERS, SmoothingSettings

# The node has the same defaults as a pipeline without a node.
_DEFAULTS = PipelineSettings()

PIPELINE: tuple[Spec, ...] = (
    Spec(
        'rotate_deg',
        _DEFAULTS.rotate_deg,
        'Degrees by which images are rotated clockwise before faces are detected, for a camera '
        'mounted upside down (180) or on its side. Results refer to the image as it was received.',
        choices=ROTATIONS_DEG,
    ),
    Spec(
        'max_faces',
        _DEFAULTS.tracker.max_faces,
        'Largest number of faces tracked in one image.',
        low=1,
        high=1000,
        live=True,
    ),
    Spec(
        'detect_interval_s',
        _DEFAULTS.tracker.detect_interval_s,
        'Time between face detections in seconds; in between, faces are tracked. 0: detection in '
        'every image.',
        low=0.0,
        high=10.0,
        live=True,
    ),
    Spec(
        'detect_delay_s',
        _DEFAULTS.tracker.detect_delay_s,
        'Time in seconds after which the result of a detection, which runs in parallel, is '
        'applied to the images. 0: images wait for the detection.',
        low=0.0,
        high=10.0,
        live=True,
    ),
    Spec(
        'smoother',
        _DEFAULTS.smoothing.smoother,
        'following: an average that drops the past when an expression changes; average: a plain '
        'exponential average.',
        choices=SMOOTHERS,
        live=True,
    ),
    Spec(
        'smoothing_time_constant_s',
        _DEFAULTS.smoothing.time_constant_s,
        'Time in seconds after which the average has followed 63 % of a change. 0: no smoothing.',
        low=0.0,
        high=60.0,
        live=True,
    ),
    Spec(
        'smoothing_recent_time_constant_s',
        _DEFAULTS.smoothing.recent_time_constant_s,
        'Time constant in seconds of a second, shorter average, with which the smoother '
        '"following" notices a change.',
        low=0.0,
        high=60.0,
        live=True,
    ),
    Spec(
        'smoothing_change_threshold',
        _DEFAULTS.smoothing.change_threshold,
        'Probability mass by which the shorter average must differ to count as a change. 1: '
        'never.',
        low=0.0,
        high=1.0,
        live=True,
    ),
    Spec(
        'prior_correction',
        _DEFAULTS.prior_correction,
        "How strongly the model's answers are adapted to people outside its training data: the "
        'share of the class frequencies of the training that is removed. Class offsets in the '
        'model file count in full from 0.4 on, and less below. 0: as trained. A model whose file '
        'does not record these frequencies allows only 0.',
        low=0.0,
        high=1.0,
        live=True,
    ),
    Spec(
        'adapt_to_person',
        _DEFAULTS.adapt_to_person,
        'For people who look sad or angry at rest: the share of the mean of the logits of a face '
        'over time that is subtracted from them, once the face has been seen for 20 s. A lasting '
        'smile is lowered as well. 0: all people are judged alike.',
        low=0.0,
        high=1.0,
        live=True,
    ),
    Spec(
        'confidence_threshold',
        _DEFAULTS.confidence_threshold,
        'Smoothed probability that a class needs to be named; below it, emotion is empty.',
        low=0.0,
        high=1.0,
        live=True,
    ),
    Spec(
        'min_quality',
        _DEFAULTS.min_quality,
        'Quality that a face needs to be judged; below, emotion is empty and judgement says why. '
        '0: every face is judged.',
        low=0.0,
        high=1.0,
        live=True,
    ),
    Spec(
        'hfov_deg',
        _DEFAULTS.hfov_deg,
        'Horizontal field of view in degrees, for head poses where there is no camera_info.',
        low=1.0,
        high=179.0,
        live=True,
    ),
)


def pipeline_settings(chosen: Mapping[str, Any]) -> PipelineSettings:
    """Return the pipeline's settings from the values of ``PIPELINE``."""
    return PipelineSettings(
        tracker=TrackerSettings(
            detect_interval_s=chosen['detect_interval_s'],
            detect_delay_s=chosen['detect_delay_s'],
            max_faces=chosen['max_faces'],
        ),
        smoothing=SmoothingSettings(
            smoother=chosen['smoother'],
            time_constant_s=chosen['smoothing_time_constant_s'],
            recent_time_constant_s=chosen['smoothing_recent_time_constant_s'],
            change_threshold=chosen['smoothing_change_threshold'],
        ),
        confidence_threshold=chosen['confidence_threshold'],
        min_quality=chosen['min_quality'],
        hfov_deg=chosen['hfov_deg'],
        rotate_deg=chosen['rotate_deg'],
        prior_correction=chosen['prior_correction'],
        adapt_to_person=chosen['adapt_to_person'],
    )
