"""On a full disk, training, export and evaluation end with an error message and leave no temporary
files.
"""

import resource
import subprocess
import sys

import pytest
from face_files import write_splits
from uncounted import uncounted

pytest.importorskip('torch_geometric')

from fer_ros.inference.config import ModelConfig
from fer_ros.network.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from fer_ros.network.fer_net import FerNet


def run(tmp_path, most_bytes, *arguments):
    """Run a command whose files may not exceed a size."""
    return subprocess.run(
        [sys.executable, '-m', 'fer_ros', *map(str, arguments)],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most_bytes)),
        env={**uncounted(), 'XDG_CACHE_HOME': str(tmp_path / 'cache')},
        capture_output=True,
        text=True,
    )


def last_line_on_full_disk(tmp_path, most_bytes, *arguments):
    ended = run(tmp_path, most_bytes, *arguments)
    assert ended.returncode == 1, ended.stderr
    assert 'Traceback' not in ended.stderr
    return ended.stderr.splitlines()[-1].rpartition('\r')[2]


@pytest.fixture
def pictures(tmp_path):
    return write_splits(tmp_path / 'data')


def hidden(folder):
    return [path.name for path in folder.rglob('.*')]


def test_export_on_full_disk_keeps_previous_model(tmp_path):
    save_checkpoint(Checkpoint(FerNet(ModelConfig()).eval()), tmp_path / 'm.safetensors')
    (tmp_path / 'm.onnx').write_text('the one before')
    line = last_line_on_full_disk(tmp_path, 20_000, 'export', tmp_path / 'm.safetensors')
    assert line.startswith('fer-ros: ')
    assert (tmp_path / 'm.onnx').read_text() == 'the one before'
    assert hidden(tmp_path) == []


SMALL = """
epochs: 3
batch_size: 4
model:
  {cnn_channels: [8, 16, 32], cnn_blocks: [1, 1, 1], hidden_channels: 16, gat_layers: 1, heads: 2}
"""


def test_training_on_full_disk_keeps_what_it_has_written_and_leaves_no_partial_file(
    pictures, tmp_path
):
    (tmp_path / 'c.yaml').write_text(SMALL)
    out = tmp_path / 'run'
    options = ['--data', pictures, '--out', out, '--config', tmp_path / 'c.yaml']
    options += ['--threads', '1', '--device', 'cpu']
    # Enough for the weights after the first epoch, but not for the state of the training, which
    # holds them four times.
    assert last_line_on_full_disk(tmp_path, 200_000, 'train', *options).startswith('fer-ros: ')
    left = {path.name for path in out.iterdir()}
    assert left == {'best.safetensors', 'metrics.csv', 'curve.png', 'tensorboard'}
    assert load_checkpoint(out / 'best.safetensors').figures['epoch'] == 1
    assert (out / 'metrics.csv').read_text().splitlines()[1].startswith('1,')
    assert hidden(out) == []


def test_evaluation_on_full_disk_leaves_no_half_report(pictures, tmp_path):
    command = ['evaluate', '--data', pictures, '--split', 'test', '--out']
    # From here on, the prepared data is in the cache.
    assert run(tmp_path, 1_000_000, *command, tmp_path / 'whole').returncode == 0
    largest = (tmp_path / 'whole' / 'confusion_fused.png').stat().st_size
    out = tmp_path / 'report'
    out.mkdir()
    (out / 'report.md').write_text('the one before')
    line = last_line_on_full_disk(tmp_path, largest - 1, *command, out)
    assert line.startswith('fer-ros: ')
    assert [path.name for path in out.iterdir()] == ['report.md']
    assert (out / 'report.md').read_text() == 'the one before'
    assert hidden(tmp_path) == []
