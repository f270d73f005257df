"""``fer-ros bag``: processes the images in rosbags."""

import argparse
from pathlib import Path

from fer_ros.commands.command import Command
from fer_ros.commands.options import add_recording_options


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        'bags', type=Path, nargs='+', metavar='RUN', help='rosbag2 folder, .mcap or .db3 file'
    )
    parser.add_argument(
        '--out', type=Path, required=True, help='folder for the outputs, with a folder per bag'
    )
    parser.add_argument(
        '--topic', action='append', help='image topic, may be repeated; default: all image topics'
    )
    parser.add_argument(
        '--label-topic', default='', help='topic with labels: String or FaceEmotionArray'
    )
    parser.add_argument(
        '--force', action='store_true', help='process bags again that an earlier run completed'
    )
    parser.add_argument(
        '--processes',
        type=int,
        default=0,
        help='number of bags processed at a time; default: half the number of processors',
    )
    parser.add_argument('--scheduler', default='', help='address of a Dask scheduler')
    add_recording_options(parser)


def _bag(options: argparse.Namespace) -> None:
    from fer_ros.offline.run import run_bag

    run_bag(options)


BAG = Command(
    'bag',
    help='process the images in rosbags',
    description="Run the node's pipeline on the images of rosbags, without a ROS graph, and "
    'write a report, annotated videos, tables and a bag of estimates for each.',
    example='bag monday tuesday.mcap --out judged --labels labels.csv',
    add_options=_add_options,
    run=_bag,
)
