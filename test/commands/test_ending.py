"""SIGINT and SIGTERM end every command at once, with nothing half-written left, except that the
first one completes the recording of a camera; errors are reported in a sentence.
"""

import os
import re
import select
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import cv2
import pytest
from bag_files import write_images
from face_files import write_splits
from web_server import served

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
    return said


def wait_for(path, process):
    end = time.monotonic() + 60
    while not path.exists():
        assert process.poll() is None, process.stdout.read()
        assert time.monotonic() < end
        time.sleep(0.01)


def end_of(process, number):
    """Send a signal to a command and return its exit code and last line."""
    process.send_signal(number)
    said, _ = process.communicate(timeout=DEADLINE_S)
    assert 'Traceback' not in said, said
    return process.returncode, said.splitlines()[-1].rpartition('\r')[2]


ENDS = [
    (signal.SIGINT, (130, 'fer-ros: interrupted')),
    (signal.SIGTERM, (143, 'fer-ros: terminated')),
]


@pytest.mark.parametrize(('number', 'end'), ENDS)
def test_video_stopped_by_signal_leaves_no_output(long_bag, clip, tmp_path, number, end):
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
def test_bag_stopped_by_signal_ends_its_processes_and_leaves_no_output(
    long_bag, tmp_path, number, end, processes
):
    other = tmp_path / 'other'
    shutil.copytree(long_bag, other)
    out = tmp_path / 'out'
    process = start(tmp_path, 'bag', long_bag, other, '--out', out, '--processes', processes)
    wait_for(out / '.run.partial' / 'emotion.csv', process)
    assert end_of(process, number) == end
    assert not out.exists()


# It would take minutes, and its epochs take a moment each.
SMALL = """
epochs: 500
batch_size: 4
model:
  {cnn_channels: [4, 8, 8], cnn_blocks: [1, 1, 1], hidden_channels: 8, gat_layers: 1, heads: 2}
"""


@pytest.mark.parametrize(('number', 'end'), ENDS)
def test_train_stopped_by_signal_leaves_no_hidden_files_and_is_resumed(
    pictures, tmp_path, number, end
):
    pytest.importorskip('torch_geometric')
    (tmp_path / 'c.yaml').write_text(SMALL)
    out = tmp_path / 'run'
    command = ['train', '--data', pictures, '--out', out, '--config', tmp_path / 'c.yaml']
    command += ['--threads', '1', '--device', 'cpu']
    process = start(tmp_path, *command)
    wait_for(out / 'last.safetensors', process)
    assert end_of(process, number) == end
    assert [path.name for path in out.iterdir() if path.name.startswith('.')] == []

    first_rows = (out / 'metrics.csv').read_text()
    done = first_rows.count('\n') - 1
    process = start(tmp_path, *command)
    # The figures of an epoch are written before they are printed.
    said = wait_for_words(f'epoch {done + 1}: loss', process)
    assert end_of(process, number) == end
    assert re.search(r'epoch (\d+)/500', said)[1] == f'{done + 1}'
    rows = (out / 'metrics.csv').read_text()
    assert rows.startswith(f'{first_rows}{done + 1},')


@pytest.mark.parametrize(('number', 'end'), ENDS)
def test_evaluate_stopped_while_preparing_data_leaves_no_output(pictures, tmp_path, number, end):
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
        # What follows: the model is calibrated, and its other forms are written.
        ('epoch 1: loss', *ENDS[1]),
    ],
)
def test_train_stopped_in_any_phase_leaves_no_partial_files(
    pictures, tmp_path, words, number, end
):
    pytest.importorskip('torch_geometric')
    (tmp_path / 'c.yaml').write_text('epochs: 1\nbatch_size: 4\n')
    out = tmp_path / 'run'
    command = ['train', '--data', pictures, '--out', out, '--config', tmp_path / 'c.yaml']
    process = start(tmp_path, *command, '--threads', '1', '--device', 'cpu')
    wait_for_words(words, process)
    assert end_of(process, number) == end
    assert [path.name for path in tmp_path.rglob('.*') if 'partial' in path.name] == []


@pytest.mark.parametrize(('number', 'end'), ENDS)
def test_export_stopped_by_signal_leaves_only_checkpoint(tmp_path, number, end):
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
def test_bench_stopped_by_signal_writes_no_report(tmp_path, number, end):
    process = start(tmp_path, 'bench', 'pipeline', '--json', tmp_path / 'speed.json')
    wait_for_words('\n', process)
    assert end_of(process, number) == end
    assert not (tmp_path / 'speed.json').exists()


def child_with(argument, process):
    """Wait until a process has started a command, and return the folder of that in /proc."""
    children = Path(f'/proc/{process.pid}/task/{process.pid}/children')
    end = time.monotonic() + 120
    while True:
        for number in children.read_text().split():
            with suppress(OSError):
                child = Path('/proc', number)
                if argument in (child / 'cmdline').read_text():
                    return child
        assert process.poll() is None, process.stdout.read()
        assert time.monotonic() < end
        time.sleep(0.01)


def test_bench_stopped_by_signal_ends_command_that_it_measures(tmp_path):
    (tmp_path / 'aside').mkdir()
    tiny = ['--rounds', '1', '--seconds', '1', '--minutes', '0.2']
    process = start(tmp_path, 'bench', 'bag', *tiny, TMPDIR=str(tmp_path / 'aside'))
    child = child_with('0.2min_out', process)
    out = Path((child / 'cmdline').read_text().split('\0')[-2])
    wait_for(out / '.0.2min.partial' / 'emotion.csv', process)
    number, end = ENDS[0]
    assert end_of(process, number) == end
    assert not child.exists()
    assert list((tmp_path / 'aside').iterdir()) == []


def hanging(tmp_path, module):
    """Make a module whose import never ends; return the file that shows that it has begun."""
    begun = tmp_path / 'begun'
    text = f'import pathlib, time\npathlib.Path({str(begun)!r}).touch()\ntime.sleep(300)\n'
    (tmp_path / 'modules').mkdir()
    (tmp_path / 'modules' / f'{module}.py').write_text(text)
    return begun


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM])
def test_signal_during_import_of_program_ends_it_silently(tmp_path, number):
    begun = hanging(tmp_path, 'numpy')
    process = start(tmp_path, 'info', PYTHONPATH=before_others(tmp_path / 'modules'))
    wait_for(begun, process)
    process.send_signal(number)
    said, _ = process.communicate(timeout=DEADLINE_S)
    assert (process.returncode, said) == (-number, '')


@pytest.mark.parametrize(('number', 'end'), ENDS)
def test_signal_during_import_of_command_ends_it_with_message(tmp_path, number, end):
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
def test_command_ends_despite_hanging_library_call_and_leaves_no_files(tmp_path, number, end):
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


def test_command_ends_despite_running_thread():
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


def test_signal_in_callback_that_swallows_exceptions_ends_command():
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


def test_second_signal_does_not_interrupt_cleanup_after_first(tmp_path):
    process = run_program(TOLD_TWICE, tmp_path / 'tidied')
    said, _ = process.communicate(timeout=DEADLINE_S)
    assert (process.returncode, said) == (130, 'fer-ros: interrupted\n')
    assert (tmp_path / 'tidied').exists()


RECORDING = """
import sys, threading, time
from pathlib import Path
from fer_ros.atomic_file import atomic_file
from fer_ros.commands.ending import end_in_time, ending_well
from fer_ros.finished_by_signal import finished_by_signal

end_in_time()
recording, seconds = Path(sys.argv[1]), float(sys.argv[2])
stop = threading.Event()
with ending_well('video'), finished_by_signal(stop), atomic_file(recording) as aside:
    print('recording', flush=True)
    stop.wait()
    time.sleep(seconds)
    aside.touch()
print('recorded')
"""
COMPLETING = 'fer-ros: completing the recording; press Ctrl-C again to discard it\n'


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM])
def test_recording_is_completed_after_first_signal_however_long_that_takes(tmp_path, number):
    # Longer than a program has that is told to end.
    process = run_program(RECORDING, tmp_path / 'recording', 4)
    wait_for_words('recording\n', process)
    # Some programs send a signal twice.
    process.send_signal(number)
    process.send_signal(number)
    said, _ = process.communicate(timeout=DEADLINE_S)
    assert (process.returncode, said) == (0, f'{COMPLETING}recorded\n')
    assert (tmp_path / 'recording').exists()


@pytest.mark.parametrize(('number', 'end'), ENDS)
def test_second_signal_discards_recording_that_is_being_completed(tmp_path, number, end):
    process = run_program(RECORDING, tmp_path / 'recording', 300)
    wait_for_words('recording\n', process)
    process.send_signal(signal.SIGINT)
    wait_for_words(COMPLETING, process)
    # Half a second later it is not the same one any more.
    time.sleep(1)
    assert end_of(process, number) == end
    assert list(tmp_path.iterdir()) == []


def wait_for_rows(table, process):
    end = time.monotonic() + 120
    while not table.exists() or table.read_text().count('\n') < 2:
        assert process.poll() is None, process.stdout.read()
        assert time.monotonic() < end
        time.sleep(0.01)


def test_signal_completes_recording_of_camera_that_delivers_no_more(portrait_bgr, tmp_path):
    out = tmp_path / 'out'
    with served(tmp_path, portrait_bgr, limit=100) as host:
        process = start(tmp_path, 'video', f'http://{host}/live', '--out', out)
        wait_for_rows(out.with_name('.out.partial') / 'emotion.csv', process)
        process.send_signal(signal.SIGTERM)
        said, _ = process.communicate(timeout=120)
    assert process.returncode == 0, said
    assert COMPLETING in said
    assert '1 face' in said
    assert {'annotated.mp4', 'emotion.csv', 'report.html'} <= {path.name for path in out.iterdir()}


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


def test_signal_to_forked_process_does_not_end_its_parent():
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
def test_command_without_its_extra_says_how_to_install_it(arguments, sentence, tmp_path):
    result = subprocess.run(
        [sys.executable, '-c', WITHOUT_EXTRAS, *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 1
    assert re.match(sentence + r"pip install 'fer_ros\[train\]'", result.stderr), result.stderr
    assert result.stderr.count('\n') == 1


def test_missing_data_is_reported(tmp_path):
    with pytest.raises(SystemExit, match=r'data .*nothing\.npz does not exist'):
        main(['evaluate', '--data', str(tmp_path / 'nothing.npz')])
