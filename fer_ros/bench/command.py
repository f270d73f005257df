"""The options of ``fer-ros bench``, without the imports of its benchmarks."""

import argparse
from importlib import import_module
from pathlib import Path

from fer_ros.errors import FerError
from fer_ros.inference.classifier import BACKENDS, SHIPPED_MODEL

SIZES_WH = [(640, 480), (1280, 720)]


def add_options(bench: argparse.ArgumentParser) -> None:
    """Add the benchmarks and their options to the command."""
    what = bench.add_subparsers(required=True, metavar='WHAT')
    pipeline = what.add_parser(
        'pipeline',
        help='image array in, estimates out',
        description='Measure images per second with one face in view, and the time of each stage.',
        epilog='example: fer-ros bench pipeline --size 640x480',
    )
    add_rounds(pipeline, 3)
    add_sizes(pipeline)
    pipeline.add_argument('--images', type=int, default=0, help='most images of the clip; 0: all')
    add_model(pipeline)
    pipeline.set_defaults(run=_pipeline)

    faces = what.add_parser(
        'faces',
        help='1 to 16 faces in view; 1 to 4 cameras in a process',
        description='Measure the cost of more faces in view, and of more cameras in one process.',
        epilog='example: fer-ros bench faces --json faces.json',
    )
    add_rounds(faces, 5)
    faces.add_argument('--images', type=int, default=60, help='images per number and round')
    add_model(faces)
    faces.set_defaults(run=_faces)

    node = what.add_parser(
        'node',
        help='camera_node, fer_node and a subscriber; needs ROS',
        description='Measure the time from the stamp of an image to the arrival of its message, '
        'processor load and memory, with the nodes in separate processes at 30 images per second.',
        epilog='example: fer-ros bench node --rounds 1 --size 640x480',
    )
    add_rounds(node, 3)
    add_sizes(node)
    node.add_argument(
        '--seconds', type=float, default=10, help='measured in each round, without and with images'
    )
    node.set_defaults(run=_node)

    bag = what.add_parser(
        'bag',
        help='bag in, outputs out; memory by length of the bag',
        description='Measure images per second of "fer-ros bag" and of the bare pipeline, and the '
        'memory of the command by length of the bag.',
        epilog='example: fer-ros bench bag --minutes 1 10',
    )
    add_rounds(bag, 3)
    bag.add_argument(
        '--seconds', type=float, default=12, help='length of the bag for measuring speed'
    )
    bag.add_argument(
        '--minutes', type=float, nargs='*', default=[1, 4], help='lengths of the bags for memory'
    )
    bag.set_defaults(run=_bag)


def add_rounds(parser: argparse.ArgumentParser, rounds: int) -> None:
    """Add the options that all benchmarks have to a command."""
    parser.add_argument('--rounds', type=int, default=rounds, help='times each side is measured')
    parser.add_argument('--json', type=Path, help='file for the figures')


def add_sizes(parser: argparse.ArgumentParser) -> None:
    """Add the option for image sizes to a command."""
    parser.add_argument(
        '--size',
        type=_size_wh,
        action='append',
        metavar='WxH',
        help='size of the images, may be repeated; default: 640x480 and 1280x720',
    )


def add_model(parser: argparse.ArgumentParser) -> None:
    """Add the options for the model to a command."""
    parser.add_argument(
        '--model', type=Path, default=SHIPPED_MODEL, help='.onnx or .safetensors file'
    )
    parser.add_argument('--backend', choices=BACKENDS, default='onnx')


def _size_wh(text: str) -> tuple[int, int]:
    width, _, height = text.partition('x')
    if not (width.isdecimal() and height.isdecimal() and int(width) and int(height)):
        raise argparse.ArgumentTypeError(f'{text} is not a size such as 640x480')
    return int(width), int(height)


def _pipeline(options: argparse.Namespace) -> None:
    from fer_ros.bench.pipeline import bench_pipeline
    from fer_ros.bench.pipeline_maker import PipelineMaker

    maker = PipelineMaker(options.model, options.backend)
    sizes_wh = options.size or SIZES_WH
    bench_pipeline(maker, options.rounds, sizes_wh, options.json, options.images)


def _faces(options: argparse.Namespace) -> None:
    from fer_ros.bench.faces import bench_faces
    from fer_ros.bench.pipeline_maker import PipelineMaker

    maker = PipelineMaker(options.model, options.backend)
    bench_faces(maker, options.rounds, options.images, options.json)


def _node(options: argparse.Namespace) -> None:
    # Imported by name: modules outside fer_ros/ros import nothing from there and run without ROS.
    try:
        bench_node = import_module('fer_ros.bench.node').bench_node
    except ImportError as error:
        raise FerError(
            f'bench node needs ROS 2 and the built package in its environment: {error}'
        ) from error
    bench_node(options.rounds, options.seconds, options.size or SIZES_WH, options.json)


def _bag(options: argparse.Namespace) -> None:
    from fer_ros.bench.bag import bench_bag

    bench_bag(options.rounds, options.seconds, options.minutes, options.json)
