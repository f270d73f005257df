"""``fer-ros train``: trains a model."""

import argparse
from pathlib import Path

from fer_ros.commands.command import Command
from fer_ros.commands.options import add_data
from fer_ros.config_files import find_training_config, training_configs


def _add_options(parser: argparse.ArgumentParser) -> None:
    add_data(parser, 'repeat for several data sets')
    parser.add_argument(
        '--out', type=Path, required=True, help='folder of the run; an existing run is resumed'
    )
    parser.add_argument(
        '--config',
        type=Path,
        help=f'YAML file, or the name of one that is shipped: {", ".join(training_configs())}',
    )
    parser.add_argument('--device', default='', help='cpu or cuda; default: cuda if available')
    parser.add_argument(
        '--threads', type=int, default=0, help='number of torch threads; default: measured'
    )


def _train(options: argparse.Namespace) -> None:
    from fer_ros.training.config import read_train_config
    from fer_ros.training.train import train

    config = find_training_config(options.config) if options.config else None
    train(
        read_train_config(config),
        options.data,
        options.out,
        options.device,
        options.threads,
    )


TRAIN = Command(
    'train',
    help='train a model',
    description='Train a model on labelled faces. The state of the run is kept in a folder, '
    'so that an interrupted run can be resumed. Needs the extra "train".',
    example='train --config train --data FERPLUS --out runs/ferplus',
    add_options=_add_options,
    run=_train,
)
