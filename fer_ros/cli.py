"""The command fer-ros: train, evaluate, export, video, bag, bench, info,
get-detector and get-backbone.
"""

import argparse
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from fer_ros import __version__
from fer_ros.bench.command import add_model
from fer_ros.bench.command import add_options as add_bench_options
from fer_ros.config_files import find_config
from fer_ros.data.face_set import ALL, SPLITS
from fer_ros.errors import FerError, os_reason
from fer_ros.inference.classifier import BACKENDS, INT8_SUFFIX, SHIPPED_MODEL
from fer_ros.offline.options import add_options

# Heavy modules are imported in the functions that need them: `fer-ros info` stays quick, and only
# training needs torch.

# For each module that plain `pip install .` does not install, the extra that does.
EXTRA_OF = {
    'onnx': 'train',
    'safetensors': 'train',
    'tensorboard': 'train',
    'torch': 'train',
    'torch_geometric': 'train',
    'pyarrow': 'tables',
    'dask': 'cluster',
    'distributed': 'cluster',
}

_DATA = (
    'folder of FER+ (fer2013.csv and fer2013new.csv, or fer2013plus.npz), RAF-DB, AffectNet, CK+, '
    'KDEF, JAFFE or CREMA-D as published, or of your own images (<class>/*.jpg or manifest.csv)'
)


class Terminated(KeyboardInterrupt):
    """SIGTERM was received; handled like Ctrl-C."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command.

    A ``FerError``, an error of the operating system or a missing extra ends it with one sentence
    and exit code 1, SIGINT and SIGTERM with the exit code that a shell expects.
    """
    options = parser().parse_args(arguments)
    told: list[int] = []
    try:
        with _noting_signals(told):
            options.run(options)
    except BaseException as error:
        # A library that is being imported may turn it into another error.
        if told or isinstance(error, KeyboardInterrupt):
            number = told[0] if told else signal.SIGINT
            how = 'terminated' if number == signal.SIGTERM else 'interrupted'
            print(f'fer-ros: {how}', file=sys.stderr)
            sys.exit(128 + number)
        if isinstance(error, FerError | OSError | ModuleNotFoundError):
            sys.exit(_sentence(error, options.command))
        raise


def _sentence(error: Exception, command: str) -> str:
    if isinstance(error, OSError):
        # Partial output is in a temporary file, which is removed.
        place = f'{error.filename}: ' if error.filename else ''
        return f'fer-ros: {place}{os_reason(error)}'
    if isinstance(error, ModuleNotFoundError):
        module = (error.name or '').partition('.')[0]
        if module not in EXTRA_OF:
            raise error
        return (
            f'fer-ros {command}: {module} is not installed: '
            f"pip install 'fer_ros[{EXTRA_OF[module]}]'"
        )
    return f'fer-ros: {error}'


@contextmanager
def _noting_signals(told: list[int]) -> Iterator[None]:
    """Record SIGINT and SIGTERM, and raise an exception that ends the program tidily."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def end(signum: int, frame: FrameType | None) -> NoReturn:
        told.append(signum)
        raise Terminated if signum == signal.SIGTERM else KeyboardInterrupt

    def end_again(signum: int, frame: FrameType | None) -> NoReturn:
        end(told[-1], frame)

    def on_unraisable(unraisable: Any) -> None:
        # Python drops what is raised while it calls back about a deleted object.
        if isinstance(unraisable.exc_value, KeyboardInterrupt):
            signal.setitimer(signal.ITIMER_REAL, 0.01)
        else:
            hook(unraisable)

    handlers = {signal.SIGINT: end, signal.SIGTERM: end, signal.SIGALRM: end_again}
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    hook, sys.unraisablehook = sys.unraisablehook, on_unraisable
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        sys.unraisablehook = hook
        for number, handler in before.items():
            signal.signal(number, handler)


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    command = argparse.ArgumentParser(
        prog='fer-ros',
        description='Facial expressions for robots, without ROS.',
        epilog='"fer-ros COMMAND --help" shows the options of a command and an example.',
    )
    command.add_argument('--version', action='version', version=f'fer-ros {__version__}')
    commands = command.add_subparsers(required=True, dest='command', metavar='COMMAND')

    train = commands.add_parser(
        'train',
        help='train a model',
        description='Train a model on labelled faces. The state of the run is kept in a folder, '
        'so that an interrupted run can be resumed. Needs the extra "train".',
        epilog='example: fer-ros train --config train --data FERPLUS --out runs/ferplus',
    )
    train.add_argument(
        '--data',
        type=Path,
        action='append',
        required=True,
        help=f'{_DATA}; repeat for several data sets',
    )
    train.add_argument(
        '--out', type=Path, required=True, help='folder of the run, which is resumed'
    )
    train.add_argument(
        '--config',
        type=Path,
        help='YAML file, or the name of one that ships with the package: train, teacher, '
        'backbone, refine',
    )
    train.add_argument('--device', default='', help='cpu or cuda; default: cuda if available')
    train.add_argument(
        '--threads', type=int, default=0, help='number of torch threads; default: measured'
    )
    train.set_defaults(run=_train)

    evaluate = commands.add_parser(
        'evaluate',
        help='evaluate a model: figures, tables, pictures',
        description='Evaluate a model on labelled faces: print and write accuracy, recall, '
        'calibration and confusion, with confidence intervals.',
        epilog='example: fer-ros evaluate --data FERPLUS --split test --out report',
    )
    evaluate.add_argument(
        '--data',
        type=Path,
        action='append',
        required=True,
        help=f'{_DATA}; repeat for figures side by side',
    )
    evaluate.add_argument(
        '--model',
        type=Path,
        action='append',
        help='.onnx or .safetensors file; for CREMA-D, "runs/{fold}/model.safetensors" names one '
        'model per fold; repeat to compare several; default: the shipped model',
    )
    evaluate.add_argument(
        '--backend', choices=BACKENDS, default='', help='default: onnx where possible, else torch'
    )
    evaluate.add_argument(
        '--dataset', default='', help='name of the data set; default: recognised by its layout'
    )
    evaluate.add_argument(
        '--split',
        action='append',
        choices=(*SPLITS, ALL),
        help='all: every face, for data that the model was not trained on; default: all for your '
        'own pictures without splits, if the model learned from published data only; otherwise '
        'validation; repeat to give one split per --data',
    )
    evaluate.add_argument(
        '--fold',
        type=int,
        default=0,
        help='fold of CREMA-D (0: all five), CK+, JAFFE or KDEF',
    )
    evaluate.add_argument(
        '--seen',
        type=Path,
        action='append',
        default=[],
        help='other data that the model was trained on; faces of its photographs count as seen',
    )
    evaluate.add_argument(
        '--streams',
        default='',
        help='streams to evaluate, from cnn,gat,fused,smoothed; default: the whole model',
    )
    evaluate.add_argument('--smoother', default='following', help='following or average')
    evaluate.add_argument(
        '--time-constant', type=float, help='time constant of the smoothing in seconds'
    )
    evaluate.add_argument(
        '--changes',
        action='store_true',
        help='evaluate the smoothing on faces whose expression changes, at three severities',
    )
    evaluate.add_argument(
        '--severity',
        type=float,
        help='severity of the disturbances in clips made from stills, 0 to 3',
    )
    evaluate.add_argument(
        '--robustness',
        action='store_true',
        help='add curves over blur, light, size, noise and cover',
    )
    evaluate.add_argument(
        '--mirror', action='store_true', help='average over each face and its mirror image'
    )
    evaluate.add_argument(
        '--prior-correction',
        type=float,
        metavar='S',
        help="the node's parameter prior_correction, 0 to 1; default: the node's default",
    )
    evaluate.add_argument(
        '--min-quality',
        type=float,
        default=0.0,
        metavar='Q',
        help='faces of less quality are not judged: coverage beside accuracy',
    )
    evaluate.add_argument('--out', type=Path, help='folder for report, figures and pictures')
    evaluate.set_defaults(run=_evaluate)

    export = commands.add_parser(
        'export',
        help='convert a checkpoint to ONNX',
        description='Convert a checkpoint to the ONNX file that a robot runs, written beside it, '
        'and to its 8-bit form if there are faces to calibrate it. Needs the extra "train".',
        epilog='example: fer-ros export runs/ferplus/model.safetensors --data FERPLUS',
    )
    export.add_argument('checkpoint', type=Path, help='.safetensors file')
    export.add_argument(
        '--data',
        type=Path,
        help='faces, as for train, to calibrate the 8-bit form of a model with a CNN; without '
        'them no 8-bit form is written',
    )
    export.set_defaults(run=_export)

    video = commands.add_parser(
        'video',
        help='process a video, images or a webcam',
        description="Run the node's pipeline on a video, an image, a folder of images or a webcam "
        'and write a report, an annotated video, tables and a bag.',
        epilog='example: fer-ros video clip.mp4 --out clip_emotion --min-face-px 40',
    )
    bag = commands.add_parser(
        'bag',
        help='process the images in rosbags',
        description="Run the node's pipeline on the images of rosbags, without a ROS graph, and "
        'write a report, annotated videos, tables and a bag of estimates for each.',
        epilog='example: fer-ros bag monday tuesday.mcap --out judged --labels labels.csv',
    )
    add_options(bag, video)

    bench = commands.add_parser(
        'bench',
        help='measure speed',
        description='Measure speed on this machine; each benchmark takes about two minutes.',
        epilog='example: fer-ros bench pipeline --json speed.json',
    )
    add_bench_options(bench)

    get_detector = commands.add_parser(
        'get-detector',
        help='download YuNet, the best face detector',
        description='Download YuNet, the face detector that finds the most faces, and verify its '
        'checksum. From then on, the detector "auto" is YuNet.',
        epilog='example: fer-ros get-detector',
    )
    get_detector.add_argument('--url', default='', help='alternative address of the file')
    get_detector.set_defaults(run=_get_detector)

    get_backbone = commands.add_parser(
        'get-backbone',
        help='download the network that a teacher starts from',
        description='Download MobileNet v1 with weights trained for face recognition (VGGFace2; '
        'Apache-2.0, 14 MB), verify its checksums, and write it as a checkpoint that a training '
        'can start from.',
        epilog='example: fer-ros get-backbone && fer-ros train --config backbone --data FERPLUS '
        '--out runs/backbone',
    )
    get_backbone.set_defaults(run=_get_backbone)

    info = commands.add_parser(
        'info',
        help='describe a model and show where files are',
        description='Print a description of a model, its figures, and the paths of the model and '
        'the landmark model.',
        epilog='example: fer-ros info --model runs/ferplus/model.onnx',
    )
    add_model(info)
    info.set_defaults(run=_info)
    return command


def _train(options: argparse.Namespace) -> None:
    from fer_ros.training.config import read_train_config
    from fer_ros.training.train import train

    config = find_config(options.config) if options.config else None
    train(
        read_train_config(config),
        options.data,
        options.out,
        options.device,
        options.threads,
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


def _export(options: argparse.Namespace) -> None:
    from fer_ros.atomic_file import sole_writer
    from fer_ros.network.checkpoint import load_checkpoint
    from fer_ros.training.export import export_onnx

    checkpoint = load_checkpoint(options.checkpoint)
    target, quick = (options.checkpoint.with_suffix(s) for s in ('.onnx', INT8_SUFFIX))
    with sole_writer(target, target.with_name(f'.{target.name}.lock')):
        export_onnx(checkpoint, target)
        # An old 8-bit form would not match the new weights.
        quick.unlink(missing_ok=True)
        print(f'wrote {target}')
        if options.data and checkpoint.model.config.stream != 'gat':
            from fer_ros.data.cache import CACHE
            from fer_ros.data.datasets import load_faces
            from fer_ros.data.lineage import seen_by
            from fer_ros.training.export import quantize_onnx

            folds = (entry['fold'] for entry in seen_by(checkpoint.figures) if 'fold' in entry)
            faces = load_faces(options.data, 'validation', CACHE, next(folds, 1))
            quantize_onnx(target, quick, faces, checkpoint.model.config.crop_px)
            print(f'wrote {quick}')


def _get_detector(options: argparse.Namespace) -> None:
    from fer_ros.face.detectors.yunet_file import YUNET

    print(f'{YUNET.fetch(options.url)} is installed; the detector auto uses it')


def _get_backbone(_: argparse.Namespace) -> None:
    from fer_ros.network.backbone import get_backbone

    print(f'{get_backbone()} is installed; a training with init: vggface2 starts from it')


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


if __name__ == '__main__':
    main()
