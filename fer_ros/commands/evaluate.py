"""``fer-ros evaluate``: measures how good a model is."""

import argparse
from dataclasses import replace
from pathlib import Path

from fer_ros.commands.command import Command
from fer_ros.commands.options import add_data
from fer_ros.data.face_set import ALL, SPLITS
from fer_ros.inference.classifier import BACKENDS, SHIPPED_MODEL


def _add_options(parser: argparse.ArgumentParser) -> None:
    _add_what(parser)
    _add_clips(parser)
    _add_how(parser)
    parser.add_argument('--out', type=Path, help='folder for report, figures and pictures')


def _add_what(parser: argparse.ArgumentParser) -> None:
    """Add the options for models and faces."""
    add_data(parser, 'repeat to compare several data sets')
    parser.add_argument(
        '--model',
        type=Path,
        action='append',
        help='.onnx or .safetensors file; for CREMA-D, "runs/{fold}/model.safetensors" names one '
        'model per fold; repeat to compare several; default: the shipped model',
    )
    parser.add_argument(
        '--backend', choices=BACKENDS, default='', help='default: onnx if possible, else torch'
    )
    parser.add_argument(
        '--dataset', default='', help='name of the data set; default: recognised by its layout'
    )
    parser.add_argument(
        '--split',
        action='append',
        choices=(*SPLITS, ALL),
        help='all: every face, for data that the model was not trained on; default: all for your '
        'own pictures without splits, if the model learned from published data only; otherwise '
        'validation; repeat to give one split per --data',
    )
    parser.add_argument(
        '--fold',
        type=int,
        default=0,
        help='fold of data that is split by subject; 0: all five of CREMA-D, of other data the '
        'one that the model was trained for',
    )
    parser.add_argument(
        '--seen',
        type=Path,
        action='append',
        default=[],
        help='other data that the model was trained on; faces from its photographs count as seen',
    )
    parser.add_argument(
        '--streams',
        default='',
        help='streams to evaluate, from cnn,gat,fused,smoothed; default: the whole model; cnn and '
        'gat need the backend torch, which is in the extra "train"',
    )


def _add_clips(parser: argparse.ArgumentParser) -> None:
    """Add the options for clips, whose answers are smoothed."""
    parser.add_argument('--smoother', default='following', help='following or average')
    parser.add_argument(
        '--time-constant', type=float, help='time constant of the smoothing in seconds'
    )
    parser.add_argument(
        '--changes',
        action='store_true',
        help='evaluate the smoothing on faces whose expression changes, at three severities',
    )
    parser.add_argument(
        '--severity',
        type=float,
        help='severity of the disturbances in clips made of stills, 0 to 3',
    )


def _add_how(parser: argparse.ArgumentParser) -> None:
    """Add the options for how faces are judged."""
    parser.add_argument(
        '--robustness',
        action='store_true',
        help='add curves over blur, light, size, noise and occlusion',
    )
    parser.add_argument(
        '--mirror', action='store_true', help='average over each face and its mirror image'
    )
    parser.add_argument(
        '--prior-correction',
        type=float,
        metavar='S',
        help="the node's parameter prior_correction, 0 to 1; default: the node's default",
    )
    parser.add_argument(
        '--min-quality',
        type=float,
        default=0.0,
        metavar='Q',
        help='lowest quality of faces that are judged; adds a table of coverage and accuracy',
    )


def _evaluate(options: argparse.Namespace) -> None:
    from fer_ros.evaluation.across import each_with_each, evaluate_across
    from fer_ros.evaluation.evaluate import evaluate
    from fer_ros.evaluation.settings import EvaluateSettings
    from fer_ros.smoothing import SmoothingSettings

    smoothing = SmoothingSettings(options.smoother)
    if options.time_constant is not None:
        smoothing = replace(smoothing, time_constant_s=options.time_constant)
    models, splits = options.model or [SHIPPED_MODEL], options.split or ['']
    first = EvaluateSettings(
        model=models[0],
        data=options.data[0],
        backend=options.backend,
        dataset=options.dataset,
        split=splits[0],
        fold=options.fold,
        streams=tuple(name.strip() for name in options.streams.split(',') if name.strip()),
        robustness=options.robustness,
        mirror=options.mirror,
        prior_correction=options.prior_correction,
        smoothing=smoothing,
        severity=options.severity,
        changes=options.changes,
        seen=tuple(options.seen),
        min_quality=options.min_quality,
    )
    every = each_with_each(first, models, options.data, splits)
    if len(every) == 1:
        evaluate(first, options.out)
    else:
        evaluate_across(every, options.out)


EVALUATE = Command(
    'evaluate',
    help='evaluate a model: figures, tables, pictures',
    description='Evaluate a model on labelled faces: print and write accuracy, recall, '
    'calibration and confusion, with confidence intervals.',
    example='evaluate --data FERPLUS --split test --out report',
    add_options=_add_options,
    run=_evaluate,
)
