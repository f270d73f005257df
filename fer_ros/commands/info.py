"""``fer-ros info``: describes a model."""

import argparse

from fer_ros.commands.command import Command
from fer_ros.commands.options import add_model
from fer_ros.inference.classifier import INT8_SUFFIX


def _info(options: argparse.Namespace) -> None:
    from fer_ros.face.detectors.choice import load_detector
    from fer_ros.face.landmarks import find_landmark_model
    from fer_ros.models import load_classifier, whole_model

    classifier = load_classifier(options.model, options.backend)
    config = classifier.config
    quick = whole_model(classifier.path).with_suffix(INT8_SUFFIX)
    rows = {
        'model': classifier.path,
        'classes': ', '.join(config.classes),
        'stream': f'{config.stream}, fusion {config.fusion}',
        **{name.replace('_', ' '): value for name, value in classifier.figures.items()},
        '8-bit form': quick if quick.is_file() else 'none',
        'face detector': load_detector().description,
        'landmark model': find_landmark_model(),
    }
    for name, value in rows.items():
        print(f'{name:<30}{value}')


INFO = Command(
    'info',
    help='describe a model and show where files are',
    description='Print a description of a model, its figures, and the paths of the model and '
    'the landmark model.',
    example='info --model runs/ferplus/model.onnx',
    add_options=add_model,
    run=_info,
)
