"""``fer-ros get-backbone``: downloads the network that trainings on FER+ start from."""

import argparse

from fer_ros.commands.command import Command


def _get_backbone(_: argparse.Namespace) -> None:
    from fer_ros.network.backbone import get_backbone

    print(f'{get_backbone()} is installed; a training with init: vggface2 starts from it')


GET_BACKBONE = Command(
    'get-backbone',
    help='download the network that trainings on FER+ start from',
    description='Download MobileNet v1 with weights trained for face recognition (VGGFace2; '
    'Apache-2.0, 14 MB), verify its checksums, and write it as a checkpoint that a training '
    'can start from.',
    example='get-backbone && fer-ros train --config ferplus --data FERPLUS --out runs/ferplus',
    run=_get_backbone,
)
