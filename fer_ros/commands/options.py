"""Options that several commands share."""

import argparse
from pathlib import Path

from fer_ros.inference.classifier import BACKENDS, SHIPPED_MODEL
from fer_ros.offline.output_folder import PARTS

_DATA = (
    'folder of FER+ (fer2013.csv and fer2013new.csv) or its file fer2013plus.npz, RAF-DB, '
    'AffectNet, CK+, KDEF, JAFFE or CREMA-D as published, or of your own images (<class>/*.jpg or '
    'manifest.csv)'
)


def add_data(parser: argparse.ArgumentParser, repeated: str) -> None:
    """Add the option for labelled faces to a command.

    Args:
        parser: Parser of the command.
        repeated: Last part of its help, which explains its repetition.
    """
    parser.add_argument(
        '--data', type=Path, action='append', required=True, help=f'{_DATA}; {repeated}'
    )


def add_model(parser: argparse.ArgumentParser) -> None:
    """Add the options for the model to a command."""
    parser.add_argument(
        '--model', type=Path, default=SHIPPED_MODEL, help='.onnx or .safetensors file'
    )
    parser.add_argument('--backend', choices=BACKENDS, default='onnx')


def add_recording_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of both ``fer-ros bag`` and ``fer-ros video``."""
    parser.add_argument('--labels', type=Path, help='CSV file: start_s,end_s,emotion[,face_id]')
    parser.add_argument('--model', default='', help='.onnx or .safetensors file')
    parser.add_argument(
        '--params', type=Path, help='parameter file of the node; fer: the shipped one'
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
        help="quality that a face needs to be judged, 0 to 1; overrides the node's parameter",
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
        help="how strongly the model's answers are adapted to people outside its training data, "
        "0 to 1; overrides the node's parameter",
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
        help="what to draw on annotated images, separated by commas; overrides the node's "
        'parameter',
    )
    parser.add_argument(
        '--foxglove',
        action='store_true',
        help='also write the images and face boxes into the bag, for Foxglove with the layout '
        'config/foxglove.json',
    )
    for part, what in PARTS.items():
        parser.add_argument(f'--no-{part}', action='store_true', help=f'without {what}')
