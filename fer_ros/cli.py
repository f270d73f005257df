"""The command ``fer-ros``: its commands, and what starts the one that is typed."""

import argparse
import io
import sys
from collections.abc import Sequence

from fer_ros import __version__
from fer_ros.commands.bag import BAG
from fer_ros.commands.bench import BENCH
from fer_ros.commands.command import add_commands
from fer_ros.commands.ending import ending_well
from fer_ros.commands.evaluate import EVALUATE
from fer_ros.commands.export import EXPORT
from fer_ros.commands.get_backbone import GET_BACKBONE
from fer_ros.commands.get_detector import GET_DETECTOR
from fer_ros.commands.info import INFO
from fer_ros.commands.train import TRAIN
from fer_ros.commands.video import VIDEO

# What most people look for comes first.
COMMANDS = (VIDEO, BAG, INFO, EVALUATE, TRAIN, EXPORT, BENCH, GET_DETECTOR, GET_BACKBONE)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command; ``ending_well`` says how it ends."""
    # A terminal's encoding may lack characters of a sentence or of a file's name.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors='backslashreplace')
    options = parser().parse_args(arguments)
    with ending_well(options.command):
        options.run(options)


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    command = argparse.ArgumentParser(
        prog='fer-ros',
        description='Facial expressions for robots, without ROS.',
        epilog='"fer-ros COMMAND --help" shows the options of a command and an example.',
    )
    command.add_argument('--version', action='version', version=f'fer-ros {__version__}')
    add_commands(command, COMMANDS, dest='command', metavar='COMMAND')
    return command
