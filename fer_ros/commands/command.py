"""Command: a command of the command line, described without importing what it runs."""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Command:
    """A command and its help texts.

    Heavy modules are imported by ``run``, so that help is shown at once and only training needs
    torch.

    Attributes:
        name: Name of the command.
        help: Short description for the list of commands.
        description: Description in sentences.
        example: Example of a call, without ``fer-ros``.
        add_options: Adds its options to its parser; None if it has none.
        run: Runs it with its parsed options; None if it has subcommands.
    """

    name: str
    help: str
    description: str
    example: str
    add_options: Callable[[argparse.ArgumentParser], None] | None = None
    run: Callable[[argparse.Namespace], None] | None = None


def add_commands(
    parser: argparse.ArgumentParser, commands: Sequence[Command], dest: str, metavar: str
) -> None:
    """Add commands to a parser.

    Args:
        parser: Parser that the commands are added to.
        commands: Commands, in the order in which they are listed.
        dest: Attribute of the parsed options for the name of the command.
        metavar: Placeholder of the command in the help.
    """
    subparsers = parser.add_subparsers(required=True, dest=dest, metavar=metavar)
    for command in commands:
        subparser = subparsers.add_parser(
            command.name,
            help=command.help,
            description=command.description,
            epilog=f'example: fer-ros {command.example}',
        )
        if command.add_options is not None:
            command.add_options(subparser)
        if command.run is not None:
            subparser.set_defaults(run=command.run)
