"""Command: a command of the command line, described before what it runs is imported."""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Command:
    """A command with what its help says.

    Heavy modules are imported by ``run``: help is shown at once, and only training needs torch.

    Attributes:
        name: Word that is typed for it.
        help: What it does in a few words, for the list of commands.
        description: What it does in sentences.
        example: How it may be called, without ``fer-ros``.
        add_options: Adds its options to its parser; None if it has none.
        run: Runs it with its parsed options; None if it has commands of its own, which do.
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
    """Have a parser take one of several commands.

    Args:
        parser: Parser of what stands before the command.
        commands: Commands, in the order in which they are listed.
        dest: Attribute of the parsed options that holds the command's name.
        metavar: Word for the command in the help.
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
