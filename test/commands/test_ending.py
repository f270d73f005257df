"""SIGINT and SIGTERM end every command at once, with nothing half-written left; errors are told in
a sentence.
"""

import os
import re
import select
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


def start(tmp_path, *arguments, **environment):
    command = [sys.executable, '-m', 'fer_ros', *map(str, arguments)]
    environment = {'XDG_CACHE_HOME': str(tmp_path / 'cache'), **environment}
    return started(command, env={**os.environ, **environment})


def run_program(text, *arguments):
    return started([sys.executable, '-c', text, *map(str, arguments)])


def started(command, **options):
    pipes = {'stdout': subprocess.PIPE, 'stderr': subprocess.STDOUT, 'text': True}
    return subprocess.Popen(command, **pipes, **options)


def before_others(folder):
    return os.pathsep.join([str(folder), os.environ.get('PYTHONPATH', '')])


def wait_for_words(words, process):
    said = ''
    end = time.monotonic() + 120
    while words not in said:
        ready, _, _ = select.select([process.stdout], [], [], 1.0)
        assert time.monotonic() < end, said
        if ready:
            text = os.read(process.stdout.fileno(), 10_000).decode()
            assert text, said
            said += text


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


@pytest.mark.parametrize(
    ('words', 'number', 'end'),
    [
        ('pictures', *ENDS[0]),
        ('photographs', *ENDS[1]),
        ('epoch 1/1', *ENDS[0]),
        # What follows is to calibrate the model and to write its forms.
        ('epoch 1: loss', *ENDS[1]),
    ],
)
def test_train_ends_in_every_phase(pictures, tmp_path, words, number, end):
    pytest.importorskip('torch_geometric')
    (tmp_path / 'c.yaml').write_text('epochs: 1\nbatch_size: 4\n')
    out = tmp_path / 'run'
    command = ['train', '--data', pictures, '--out', out, '--config', tmp_path / 'c.yaml']
    process = start(tmp_path, *command, '--threads', '1', '--device', 'cpu')
    wait_for_words(words, process)
    assert end_of(process, number) == end
    assert [path.name for path in tmp_path.rglob('.*') if 'partial' in path.name] == []


@pytest.mark.parametrize(('number', 'end'), ENDS)
def test_export_ends_and_leaves_nothing(tmp_path, number, end):
    pytest.importorskip('torch_geometric')
    from fer_ros.inference.config import ModelConfig
    from fer_ros.network.checkpoint import Checkpoint, save_checkpoint
    from fer_ros.network.fer_net import FerNet

    folder = tmp_path / 'model'
    folder.mkdir()
    save_checkpoint(Checkpoint(FerNet(ModelConfig()).eval()), folder / 'm.safetensors')
    process = start(tmp_path, 'export', folder / 'm.safetensors')
    wait_for(folder / '.m.onnx.lock', process)
    assert end_of(process, number) == end
    assert [path.name for path in folder.iterdir()] == ['m.safetensors']


@pytest.mark.parametrize(('number', 'end'), ENDS)
def test_bench_ends_with_the_command_that_it_runs(tmp_path, number, end):
    process = start(tmp_path, 'bench', 'pipeline', '--json', tmp_path / 'speed.json')
    wait_for_words('\n', process)
    assert end_of(process, number) == end
    assert not (tmp_path / 'speed.json').exists()


def hanging(tmp_path, module):
    """Make a module that never comes to the end of its import; return what tells of its begin."""
    begun = tmp_path / 'begun'
    text = f'import pathlib, time\npathlib.Path({str(begun)!r}).touch()\ntime.sleep(300)\n'
    (tmp_path / 'modules').mkdir()
    (tmp_path / 'modules' / f'{module}.py').write_text(text)
    return begun


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM])
def test_signal_while_the_program_is_imported_ends_it_without_a_word(tmp_path, number):
    begun = hanging(tmp_path, 'numpy')
    process = start(tmp_path, 'info', PYTHONPATH=before_others(tmp_path / 'modules'))
    wait_for(begun, process)
    process.send_signal(number)
    said, _ = process.communicate(timeout=DEADLINE_S)
    assert (process.returncode, said) == (-number, '')


@pytest.mark.parametrize(('number', 'end'), ENDS)
def test_signal_while_a_command_is_imported_ends_it(tmp_path, number, end):
    begun = hanging(tmp_path, 'torch')
    arguments = ['train', '--data', tmp_path, '--out', tmp_path / 'run']
    process = start(tmp_path, *arguments, PYTHONPATH=before_others(tmp_path / 'modules'))
    wait_for(begun, process)
    assert end_of(process, number) == end


STUCK = """
import ctypes, sys
from pathlib import Path
from fer_ros.atomic_file import atomic_file, atomic_folder, sole_writer
from fer_ros.commands.ending import end_in_time, ending_well

end_in_time()
out, begun = map(Path, sys.argv[1:])
with (
    ending_well('info'),
    sole_writer(out),
    atomic_folder(out / 'run') as run,
    atomic_file(out / 'a.txt') as aside,
):
    (run / 'b.txt').write_text('half')
    aside.write_text('half')
    begun.touch()
    mutex = ctypes.create_string_buffer(64)
    lock = ctypes.CDLL(None).pthread_mutex_lock
    lock(mutex)
    lock(mutex)
"""


@pytest.mark.parametrize(('number', 'end'), ENDS)
def test_library_that_never_returns_does_not_keep_a_command_from_ending(tmp_path, number, end):
    process = run_program(STUCK, tmp_path / 'out', tmp_path / 'begun')
    wait_for(tmp_path / 'begun', process)
    assert end_of(process, number) == end
    assert [path.name for path in tmp_path.iterdir()] == ['begun']


THREAD_THAT_GOES_ON = """
import os, signal, threading, time
from fer_ros.commands.ending import end_in_time, ending_well

end_in_time()
threading.Thread(target=time.sleep, args=(300,)).start()
with ending_well('info'):
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(300)
"""


def test_thread_that_goes_on_does_not_keep_a_command_from_ending():
    said, _ = (process := run_program(THREAD_THAT_GOES_ON)).communicate(timeout=DEADLINE_S)
    assert (process.returncode, said) == (130, 'fer-ros: interrupted\n')


TERMINATED_WHILE_AN_OBJECT_GOES = """
import os, signal, time, weakref
from fer_ros.commands.ending import end_in_time, ending_well

class Object:
    pass

end_in_time()
with ending_well('info'):
    thing = Object()
    watched = weakref.ref(thing, lambda _: os.kill(os.getpid(), signal.SIGTERM))
    del thing
    time.sleep(300)
"""


def test_signal_in_a_callback_that_drops_exceptions_still_ends_the_command():
    process = run_program(TERMINATED_WHILE_AN_OBJECT_GOES)
    said, _ = process.communicate(timeout=DEADLINE_S)
    assert (process.returncode, said) == (143, 'fer-ros: terminated\n')


TOLD_TWICE = """
import os, signal, sys, time
from pathlib import Path
from fer_ros.commands.ending import ending_well

with ending_well('info'):
    try:
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(300)
    finally:
        os.kill(os.getpid(), signal.SIGTERM)
        Path(sys.argv[1]).touch()
"""


def test_second_signal_does_not_cut_short_what_the_first_one_began(tmp_path):
    process = run_program(TOLD_TWICE, tmp_path / 'tidied')
    said, _ = process.communicate(timeout=DEADLINE_S)
    assert (process.returncode, said) == (130, 'fer-ros: interrupted\n')
    assert (tmp_path / 'tidied').exists()


FORKED = """
import os, signal, time
from fer_ros.commands.ending import end_in_time, ending_well

end_in_time()
with ending_well('info'):
    if not (child := os.fork()):
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(300)
    os.waitpid(child, 0)
    # Longer than a program has that is told to end.
    time.sleep(3)
print('went on')
"""


def test_signal_of_a_forked_process_is_not_its_parents():
    process = run_program(FORKED)
    said, _ = process.communicate(timeout=DEADLINE_S)
    assert (process.returncode, said) == (0, 'fer-ros: terminated\nwent on\n')


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
