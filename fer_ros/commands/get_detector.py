"""``fer-ros get-detector``: downloads the best face detector."""

import argparse

from fer_ros.commands.command import Command


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('--url', default='', help='alternative address of the file')


def _get_detector(options: argparse.Namespace) -> None:
    from fer_ros.face.detectors.yunet_file import YUNET

    print(f'{YUNET.fetch(options.url)} is installed; the detector auto uses it')


GET_DETECTOR = Command(
    'get-detector',
    help='download YuNet, the best face detector',
    description='Download YuNet, the face detector that finds the most faces, and verify its '
    'checksum. From then on, the detector "auto" is YuNet.',
    example='get-detector',
    add_options=_add_options,
    run=_get_detector,
)
