"""The options of ``fer-ros bag`` and ``fer-ros video``, without what these import."""

import argparse
from pathlib import Path

from fer_ros.offline.output_folder import PARTS


def add_options(bag: argparse.ArgumentParser, video: argparse.ArgumentParser) -> None:
    """Add the options of both commands."""
    _add_to_bag(bag)
    _add_to_video(video)
    for parser in (bag, video):
        parser.add_argument(
            '--labels', type=Path, help='CSV file: start_s,end_s,emotion[,face_id]'
        )
        parser.add_argument('--model', default='', help='.onnx or .safetensors file')
        parser.add_argument(
            '--params', type=Path, help='parameter file of the node; fer: the one in the package'
        )
        parser.add_argument(
            '--node',
            default='/fer_node',
            metavar='NAME',
            help='name of the node in the parameter file, with its namespace; default: /fer_node',
        )
        parser.add_argument(
            '--min-face-px',
            type=int,
            metavar='PX',
            help="smallest face to be found, in pixels wide; overrides the node's parameter",
        )
        parser.add_argument(
            '--min-quality',
            type=float,
            metavar='Q',
            help='quality that a face needs to be judged; as the parameter of the node',
        )
        parser.add_argument(
            '--mirror',
            action='store_true',
            default=None,
            help="average over each face and its mirror image; overrides the node's parameter",
        )
        parser.add_argument(
            '--prior-correction',
            type=float,
            metavar='S',
            help='how much of the class frequencies of the training data is removed from the '
            "model's answers, 0 to 1; overrides the node's parameter",
        )
        parser.add_argument(
            '--rotate-deg',
            type=int,
            metavar='DEG',
            help='rotate images clockwise before faces are detected: 90, 180 or 270; overrides '
            "the node's parameter",
        )
        parser.add_argument(
            '--annotate',
            metavar='LIST',
            help="comma-separated: what is drawn on the video; overrides the node's parameter",
        )
        parser.add_argument(
            '--foxglove',
            action='store_true',
            help='also write the images and face boxes into the bag, for Foxglove with the layout '
            'config/foxglove.json',
        )
        for part, what in PARTS.items():
            parser.add_argument(f'--no-{part}', action='store_true', help=f'without {what}')


def _add_to_bag(bag: argparse.ArgumentParser) -> None:
    bag.add_argument(
        'bags', type=Path, nargs='+', metavar='RUN', help='rosbag2 folder, .mcap or .db3 file'
    )
    bag.add_argument('--out', type=Path, required=True, help='folder, with one folder per bag')
    bag.add_argument(
        '--topic', action='append', help='image topic, may be repeated; default: all image topics'
    )
    bag.add_argument(
        '--label-topic', default='', help='topic with labels: String or FaceEmotionArray'
    )
    bag.add_argument('--force', action='store_true', help='also process bags already done')
    bag.add_argument(
        '--processes',
        type=int,
        default=0,
        help='bags processed at a time; default: half the processors',
    )
    bag.add_argument('--scheduler', default='', help='address of a Dask scheduler')
    bag.set_defaults(run=_bag)


def _add_to_video(video: argparse.ArgumentParser) -> None:
    video.add_argument(
        'source',
        help='video; picture or folder of pictures, each analysed on its own; webcam index or '
        'device; rtsp:// or http:// stream',
    )
    video.add_argument('--out', type=Path, help='folder; default: the source name plus _emotion')
    video.add_argument(
        '--rate-hz',
        type=float,
        default=0.0,
        help='images per second; turns pictures into a film; default: the timing of the video',
    )
    video.add_argument(
        '--seconds', type=float, default=0.0, help='stop a webcam after this time; 0: at Ctrl-C'
    )
    video.add_argument(
        '--no-cuts', action='store_true', help='follow faces across the cuts of a film'
    )
    video.set_defaults(run=_video)


def _bag(options: argparse.Namespace) -> None:
    from fer_ros.offline.command import run_bag

    run_bag(options)


def _video(options: argparse.Namespace) -> None:
    from fer_ros.offline.command import run_video

    run_video(options)
