"""``fer-ros bench``: measures speed."""

import argparse
import math
from importlib import import_module
from pathlib import Path

from fer_ros.commands.command import Command, add_commands
from fer_ros.commands.options import add_model
from fer_ros.errors import FerError

SIZES_WH = [(640, 480), (1280, 720)]


def add_rounds(parser: argparse.ArgumentParser, rounds: int) -> None:
    """Add the options that all benchmarks share to a command."""
    parser.add_argument('--rounds', type=_count, default=rounds, help='number of rounds')
    parser.add_argument('--json', type=Path, help='file to write the figures to')


def add_sizes(parser: argparse.ArgumentParser) -> None:
    """Add the option for image sizes to a command."""
    parser.add_argument(
        '--size',
        type=_size_wh,
        action='append',
        metavar='WxH',
        help='size of the images, may be repeated; default: 640x480 and 1280x720',
    )


def _size_wh(text: str) -> tuple[int, int]:
    width, _, height = text.partition('x')
    if not (width.isdecimal() and height.isdecimal() and int(width) and int(height)):
        raise argparse.ArgumentTypeError(f'{text} is not a size such as 640x480')
    return int(width), int(height)


def _count(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f'{text} is not a whole number of 1 or more')
    return int(text)


def _length(text: str) -> float:
    try:
        length = float(text)
    except ValueError:
        length = math.nan
    if not 0 < length < math.inf:
        raise argparse.ArgumentTypeError(f'{text} is not a number above 0')
    return length


def _add_to_pipeline(parser: argparse.ArgumentParser) -> None:
    add_rounds(parser, 3)
    add_sizes(parser)
    parser.add_argument(
        '--images', type=_count, default=0, help='largest number of images; default: all'
    )
    add_model(parser)


def _add_to_faces(parser: argparse.ArgumentParser) -> None:
    add_rounds(parser, 5)
    parser.add_argument(
        '--images', type=_count, default=60, help='images per round and number of faces or cameras'
    )
    add_model(parser)


def _add_to_node(parser: argparse.ArgumentParser) -> None:
    add_rounds(parser, 3)
    add_sizes(parser)
    parser.add_argument(
        '--seconds', type=_length, default=10, help='duration of each part of a round in seconds'
    )


def _add_to_bag(parser: argparse.ArgumentParser) -> None:
    add_rounds(parser, 3)
    parser.add_argument(
        '--seconds', type=_length, default=12, help='length in seconds of the bag for speed'
    )
    parser.add_argument(
        '--minutes',
        type=_length,
        nargs='*',
        default=[1, 4],
        help='lengths in minutes of the bags for memory',
    )


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


_BENCHMARKS = (
    Command(
        'pipeline',
        help='image array in, estimates out',
        description='Measure images per second with one face in view, and the time of each stage.',
        example='bench pipeline --size 640x480',
        add_options=_add_to_pipeline,
        run=_pipeline,
    ),
    Command(
        'faces',
        help='1 to 16 faces in view, 1 to 4 cameras in one process',
        description='Measure the cost of more faces in view, and of more cameras in one process.',
        example='bench faces --json faces.json',
        add_options=_add_to_faces,
        run=_faces,
    ),
    Command(
        'node',
        help='camera_node, fer_node and a subscriber; needs ROS',
        description='Measure the time from the stamp of an image to the arrival of its message, '
        'processor load and memory, with the nodes in separate processes at 30 images per second.',
        example='bench node --rounds 1 --size 640x480',
        add_options=_add_to_node,
        run=_node,
    ),
    Command(
        'bag',
        help='bag in, outputs out; memory by length of the bag',
        description='Measure images per second of "fer-ros bag" and of the bare pipeline, and the '
        'memory of the command by length of the bag.',
        example='bench bag --minutes 1 10',
        add_options=_add_to_bag,
        run=_bag,
    ),
)


def _add_options(parser: argparse.ArgumentParser) -> None:
    add_commands(parser, _BENCHMARKS, dest='benchmark', metavar='WHAT')


BENCH = Command(
    'bench',
    help='measure speed',
    description='Measure speed on this machine; each benchmark takes about two minutes.',
    example='bench pipeline --json speed.json',
    add_options=_add_options,
)
