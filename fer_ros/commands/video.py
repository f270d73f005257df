"""``fer-ros video``: processes a video, pictures or a webcam."""

import argparse
from pathlib import Path

from fer_ros.commands.command import Command
from fer_ros.commands.options import add_recording_options


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        'source',
        help='video; picture or folder of pictures, each analysed on its own; webcam index or '
        'device; rtsp:// or http:// stream',
    )
    parser.add_argument(
        '--out', type=Path, help='folder for the outputs; default: the source name plus _emotion'
    )
    parser.add_argument(
        '--rate-hz',
        type=float,
        default=0.0,
        help='images per second: turns pictures into a film, replaces the timing of a video, none '
        'of whose images is left out, and limits a camera; default: the timing of the source',
    )
    parser.add_argument(
        '--seconds',
        type=float,
        default=0.0,
        help='stop a webcam after this number of seconds; 0: at Ctrl-C',
    )
    parser.add_argument(
        '--no-cuts', action='store_true', help='follow faces across the cuts of a film'
    )
    add_recording_options(parser)


def _video(options: argparse.Namespace) -> None:
    from fer_ros.offline.run import run_video

    run_video(options)


VIDEO = Command(
    'video',
    help='process a video, images or a webcam',
    description="Run the node's pipeline on a video, an image, a folder of images or a webcam "
    'and write a report, an annotated video, tables and a bag.',
    example='video clip.mp4 --out clip_emotion --min-face-px 40',
    add_options=_add_options,
    run=_video,
)
