import re
import shlex

import pytest

import fer_ros
from fer_ros.cli import main, parser


def help_of(capsys, *command):
    with pytest.raises(SystemExit, match=r'^0$'):
        main([*command, '--help'])
    return capsys.readouterr().out


def commands_in(text):
    return re.findall(r'^    ([a-z][a-z-]*) ', text, re.M)


def test_help_of_every_command_has_description_and_valid_example(capsys, monkeypatch):
    # Keeps long examples from being wrapped.
    monkeypatch.setenv('COLUMNS', '200')
    names = commands_in(help_of(capsys))
    assert names[:6] == ['video', 'bag', 'info', 'evaluate', 'train', 'export']
    commands = [(name,) for name in names]
    commands += [('bench', what) for what in commands_in(help_of(capsys, 'bench'))]
    for command in commands:
        usage, description, *_, example = help_of(capsys, *command).strip().split('\n\n')
        assert usage.startswith('usage: fer-ros ' + ' '.join(command))
        assert description.endswith('.')
        words = shlex.split(example.removeprefix('example: fer-ros '))
        assert tuple(words[: len(command)]) == command
        assert parser().parse_args(words).command == command[0]


def test_version_option_prints_package_version(capsys):
    with pytest.raises(SystemExit, match=r'^0$'):
        main(['--version'])
    assert capsys.readouterr().out == f'fer-ros {fer_ros.__version__}\n'
