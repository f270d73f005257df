"""A command that is stopped at any moment, even by SIGKILL, leaves nothing half-written under a
final name, and the next start works; it ends within two seconds of the signal.

FER_ROS_KILLS says how often each command is stopped in each way.
"""

import csv
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import cv2
import pytest
from bag_files import write_images
from face_files import write_splits

from fer_ros.bags.reader import BagReader
from fer_ros.models import load_classifier
from fer_ros.report.json_record import read_record
from fer_ros.report.report import Report

pytestmark = pytest.mark.long

KILLS = int(os.environ.get('FER_ROS_KILLS', '50'))


END_WITHIN_S = 2.0
# Exit codes of a stopped command by signal: its own, or the kernel's if it was still being
# imported.
CODES = {signal.SIGKILL: {-9}, signal.SIGINT: {130, -2}, signal.SIGTERM: {143, -15}}


@pytest.fixture(params=['killed', 'told'])
def signals(request):
    """Return the signals that stop a command."""
    return [signal.SIGKILL] if request.param == 'killed' else [signal.SIGINT, signal.SIGTERM]


def code_of(code, said):
    """Return an exit code, or that of SIGINT for a Python that was interrupted while it started.

    That takes some 20 ms, before the first line of the command. Python then ends with a traceback
    and exit code 1.
    """
    starting = 'Fatal Python error: init_' in said or 'Could not import runpy module' in said
    return -signal.SIGINT if code == 1 and starting else code


class Command:
    """A command that is run to its end, or stopped somewhere on the way."""

    def __init__(self, tmp_path, *arguments):
        self.name = arguments[0]
        self._arguments = [sys.executable, '-m', 'fer_ros', *map(str, arguments)]
        self._environment = {**os.environ, 'XDG_CACHE_HOME': str(tmp_path / 'cache')}

    def run(self):
        """Run it to its end and return how long that took."""
        start_s = time.monotonic()
        ended = self._start(stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        said, _ = ended.communicate()
        assert ended.returncode == 0, said
        return time.monotonic() - start_s

    def stop_after(self, delay_s, number):
        """Send a signal after some time.

        Return the exit code, how long the command ran, and how much of that after the signal.
        """
        start_s = time.monotonic()
        with tempfile.TemporaryFile('w+') as said:
            process = self._start(stdout=subprocess.DEVNULL, stderr=said)
            with suppress(subprocess.TimeoutExpired):
                process.wait(delay_s)
            sent_s = time.monotonic()
            process.send_signal(number)
            process.wait()
            end_s = time.monotonic()
            said.seek(0)
            code = code_of(process.returncode, said.read())
        return code, end_s - start_s, end_s - sent_s

    def _start(self, **streams):
        return subprocess.Popen(self._arguments, env=self._environment, **streams)


def stop_often(command, check, signals, before_each=lambda: None):
    """Stop a command at random moments, check what it leaves each time, and let it end once."""
    moments = random.Random(command.name)
    duration_s = command.run()
    check(whole=True)
    ends_s = []
    for _ in range(KILLS):
        before_each()
        number = moments.choice(signals)
        code, ran_s, end_s = command.stop_after(moments.uniform(0.0, duration_s), number)
        assert code in CODES[number] | {0}
        if code:
            ends_s.append(end_s)
        else:
            # The first run was slower: files were not in memory yet, or the processors were busy.
            duration_s = min(duration_s, ran_s)
        check(whole=False)
    print(f'{command.name}: stopped {len(ends_s)} times, ended after at most {max(ends_s):.2f} s')
    assert len(ends_s) > KILLS // 3
    assert max(ends_s) < END_WITHIN_S
    command.run()
    check(whole=True)


def seen(folder):
    """The visible files of a folder; names that start with a dot are unfinished."""
    if not folder.exists():
        return []
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith('.'))


def check_judged(folder, whole):
    """Check that a folder of outputs is complete or, unless whole, does not exist."""
    if not whole and not folder.exists():
        return
    report = read_record(Report, folder / 'report.json')
    assert report.behaviour.images == 20
    assert (folder / 'report.html').read_text().rstrip().endswith('</html>')
    with (folder / 'emotion.csv').open() as stream:
        assert len({row['stamp_s'] for row in csv.DictReader(stream)}) > 1
    with BagReader(folder / 'emotion') as bag:
        assert len(list(bag.messages(['/emotion']))) == 20
        assert bag.problems == []


def test_stopped_bag_leaves_only_complete_outputs(clip, tmp_path, signals):
    bags = [write_images(tmp_path / name, clip[:20], 10) for name in ('one', 'two')]
    out = tmp_path / 'out'
    command = Command(tmp_path, 'bag', *bags, '--out', out, '--processes', '2', '--force')

    def check(whole):
        for name in ('one', 'two'):
            check_judged(out / name, whole)
        if whole or (out / 'summary.json').exists():
            assert json.loads((out / 'summary.json').read_text())['images'] == 40
        assert set(seen(out)) <= {'one', 'two', 'summary.html', 'summary.json'}
        if whole:
            assert not [path for path in out.iterdir() if path.name.startswith('.')]

    stop_often(command, check, signals)


def test_stopped_video_leaves_only_complete_outputs(clip, tmp_path, signals):
    folder = tmp_path / 'film'
    folder.mkdir()
    for index, bgr in enumerate(clip[:20]):
        cv2.imwrite(str(folder / f'{index}.png'), bgr)
    out = tmp_path / 'o' / 'out'
    command = Command(tmp_path, 'video', folder, '--rate-hz', '10', '--out', out)
    stop_often(command, lambda whole: check_judged(out, whole), signals)


@pytest.fixture
def pictures(tmp_path):
    return write_splits(tmp_path / 'data')


SMALL = """
epochs: 3
batch_size: 4
model:
  cnn_channels: [4, 8, 8]
  cnn_blocks: [1, 1, 1]
  hidden_channels: 8
  gat_layers: 1
  heads: 2
"""


def test_stopped_train_leaves_only_complete_files(pictures, tmp_path, signals):
    pytest.importorskip('torch_geometric')
    from fer_ros.network.checkpoint import load_checkpoint

    (tmp_path / 'c.yaml').write_text(SMALL)
    out = tmp_path / 'run'
    options = ['--config', tmp_path / 'c.yaml', '--threads', '1', '--device', 'cpu']
    command = Command(tmp_path, 'train', '--data', pictures, '--out', out, *options)

    def check(whole):
        for name in ('best.safetensors', 'model.safetensors'):
            if whole or (out / name).exists():
                load_checkpoint(out / name)
        for name in ('model.onnx', 'model.int8.onnx'):
            if whole or (out / name).exists():
                load_classifier(out / 'model.onnx', int8='int8' in name)
        if whole or (out / 'metrics.csv').exists():
            with (out / 'metrics.csv').open() as stream:
                epochs = [row['epoch'] for row in csv.DictReader(stream)]
            assert epochs == ['1', '2', '3'][: len(epochs)]

    def begin_anew():
        # Half of the time; otherwise the run resumes.
        if (out / 'model.int8.onnx').exists():
            for path in sorted(out.rglob('*'), reverse=True):
                path.rmdir() if path.is_dir() else path.unlink()

    stop_often(command, check, signals, begin_anew)


def test_stopped_export_leaves_only_complete_model(tmp_path, signals):
    pytest.importorskip('torch_geometric')
    from fer_ros.inference.config import ModelConfig
    from fer_ros.network.checkpoint import Checkpoint, save_checkpoint
    from fer_ros.network.fer_net import FerNet

    save_checkpoint(Checkpoint(FerNet(ModelConfig()).eval()), tmp_path / 'm.safetensors')

    def check(whole):
        if whole or (tmp_path / 'm.onnx').exists():
            load_classifier(tmp_path / 'm.onnx')
        assert set(seen(tmp_path)) <= {'m.safetensors', 'm.onnx', 'cache'}

    def remove():
        (tmp_path / 'm.onnx').unlink(missing_ok=True)

    command = Command(tmp_path, 'export', tmp_path / 'm.safetensors')
    stop_often(command, check, signals, remove)


def test_stopped_evaluate_leaves_only_complete_files(pictures, tmp_path, signals):
    out = tmp_path / 'report'
    command = Command(tmp_path, 'evaluate', '--data', pictures, '--split', 'test', '--out', out)

    def check(whole):
        for name in seen(out):
            content = (out / name).read_bytes()
            assert content
            if name.endswith('.json'):
                json.loads(content)
            if name.endswith('.png'):
                assert cv2.imread(str(out / name)) is not None
        if whole:
            assert {'report.md', 'figures.json'} <= set(seen(out))

    def forget():
        for path in sorted((tmp_path / 'cache').rglob('*.npz')):
            Path(path).unlink()

    stop_often(command, check, signals, forget)
