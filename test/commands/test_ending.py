"""SIGINT and SIGTERM end every command at once, with nothing half-written left; errors are told in
a sentence.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import time

import cv2
import pytest
from bag_files import write_images
from face_files import write_splits

from fer_ros.cli import main

# For a busy machine; on an idle one, a command ends within two seconds.
DEADLINE_S = 30.0


@pytest.fixture
def long_bag(clip, tmp_path):
    return write_images(tmp_path / 'run', clip * 20, 10)


@pytest.fixture
def pictures(tmp_path):
    return write_splits(tmp_path / 'data')


def start(tmp_path, *arguments):
    command = [sys.executable, '-m', 'fer_ros', *map(str, arguments)]
    return subprocess.Popen(
        command,
        env={**os.environ, 'XDG_CACHE_HOME': str(tmp_path / 'cache')},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def wait_for(path, process):
    end = time.monotonic() + 60
    while not path.exists():
        assert process.poll() is None, process.stdout.read()
        assert time.monotonic() < end
        time.sleep(0.01)


def end_of(process, number):
    """Return exit code and last line of a command that is signalled to end."""
    process.send_signal(number)
    said, _ = process.communicate(timeout=DEADLINE_S)
    assert 'Traceback' not in said, said
    return process.returncode, said.splitlines()[-1].rpartition('\r')[2]


ENDS = [
    (signal.SIGINT, (130, 'fer-ros: interrupted')),
    (signal.SIGTERM, (143, 'fer-ros: terminated')),
]


@pytest.mark.parametrize(('number', 'end'), ENDS)
def test_video_ends_and_leaves_nothing(long_bag, clip, tmp_path, number, end):
    folder = tmp_path / 'film'
    folder.mkdir()
    for index, bgr in enumerate(clip):
        cv2.imwrite(str(folder / f'{index}.png'), bgr)
    out = tmp_path / 'o' / 'out'
    process = start(tmp_path, 'video', folder, '--rate-hz', '1', '--out', out)
    wait_for(out.with_name('.out.partial') / 'emotion.csv', process)
    assert end_of(process, number) == end
    assert not out.parent.exists()


@pytest.mark.parametrize(('number', 'end'), ENDS)
@pytest.mark.parametrize('processes', [1, 2])
def test_bag_ends_with_its_processes_and_leaves_nothing(
    long_bag, tmp_path, number, end, processes
):
    other = tmp_path / 'other'
    shutil.copytree(long_bag, other)
    out = tmp_path / 'out'
    process = start(tmp_path, 'bag', long_bag, other, '--out', out, '--processes', processes)
    wait_for(out / '.run.partial' / 'emotion.csv', process)
    assert end_of(process, number) == end
    assert not out.exists()


@pytest.mark.parametrize(('number', 'end'), ENDS)
def test_train_ends_and_goes_on_from_where_it_was(pictures, tmp_path, number, end):
    pytest.importorskip('torch_geometric')
    (tmp_path / 'c.yaml').write_text('epochs: 500\nbatch_size: 4\n')
    out = tmp_path / 'run'
    command = ['train', '--data', pictures, '--out', out, '--config', tmp_path / 'c.yaml']
    process = start(tmp_path, *command, '--threads', '1', '--device', 'cpu')
    wait_for(out / 'last.safetensors', process)
    assert end_of(process, number) == end
    assert [path.name for path in out.iterdir() if path.name.startswith('.')] == []


@pytest.mark.parametrize(('number', 'end'), ENDS)
def test_evaluate_ends_while_its_processes_prepare_the_data(pictures, tmp_path, number, end):
    out = tmp_path / 'report'
    process = start(tmp_path, 'evaluate', '--data', pictures, '--split', 'test', '--out', out)
    wait_for(tmp_path / 'cache' / 'fer_ros', process)
    assert end_of(process, number) == end
    assert not out.exists()


TERMINATED_WHILE_AN_OBJECT_GOES = """
import os, signal, time, weakref
from fer_ros.commands.ending import ending_well

class Object:
    pass

with ending_well('info'):
    thing = Object()
    watched = weakref.ref(thing, lambda _: os.kill(os.getpid(), signal.SIGTERM))
    del thing
    time.sleep(30)
"""


def test_signal_in_a_callback_that_drops_exceptions_still_ends_the_command():
    result = subprocess.run(
        [sys.executable, '-c', TERMINATED_WHILE_AN_OBJECT_GOES],
        capture_output=True,
        text=True,
        timeout=25,
    )
    assert (result.returncode, result.stderr) == (143, 'fer-ros: terminated\n')


WITHOUT_EXTRAS = """
import sys

class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name in {'torch', 'torch_geometric', 'safetensors', 'onnx', 'tensorboard'}:
            raise ModuleNotFoundError(f'No module named {name!r}', name=name)

sys.meta_path.insert(0, Refuse())
from fer_ros.cli import main
main()
"""


@pytest.mark.parametrize(
    ('arguments', 'sentence'),
    [
        (['train', '--data', 'd', '--out', 'o'], r'fer-ros train: \w+ is not installed: '),
        (['export', 'm.safetensors'], r'fer-ros export: \w+ is not installed: '),
        (['info', '--backend', 'torch'], r'fer-ros: the torch backend needs .*; '),
    ],
)
def test_command_without_its_extra_says_which_one_it_needs(arguments, sentence, tmp_path):
    result = subprocess.run(
        [sys.executable, '-c', WITHOUT_EXTRAS, *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 1
    assert re.match(sentence + r"pip install 'fer_ros\[train\]'", result.stderr), result.stderr
    assert result.stderr.count('\n') == 1


def test_missing_data_ends_with_a_sentence(tmp_path):
    with pytest.raises(SystemExit, match=r'data .*nothing\.npz does not exist'):
        main(['evaluate', '--data', str(tmp_path / 'nothing.npz')])
