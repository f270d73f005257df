"""A disk that is full ends a training, an export and an evaluation with a sentence; what was there
is kept.
"""

import resource
import subprocess
import sys

import pytest
from face_files import write_splits
from uncounted import uncounted

pytest.importorskip('torch_geometric')

from fer_ros.inference.config import ModelConfig
from fer_ros.network.checkpoint import Checkpoint, save_checkpoint
from fer_ros.network.fer_net import FerNet


def said_on_a_full_disk(tmp_path, most_bytes, *arguments):
    """Return the last line of a command whose files may not exceed a size."""
    ended = subprocess.run(
        [sys.executable, '-m', 'fer_ros', *map(str, arguments)],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most_bytes)),
        env={**uncounted(), 'XDG_CACHE_HOME': str(tmp_path / 'cache')},
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 1, ended.stderr
    assert 'Traceback' not in ended.stderr
    return ended.stderr.splitlines()[-1].rpartition('\r')[2]


@pytest.fixture
def pictures(tmp_path):
    return write_splits(tmp_path / 'data')


def hidden(folder):
    return [path.name for path in folder.rglob('.*')]


def test_export_keeps_the_model_that_was_there(tmp_path):
    save_checkpoint(Checkpoint(FerNet(ModelConfig()).eval()), tmp_path / 'm.safetensors')
    (tmp_path / 'm.onnx').write_text('the one before')
    said = said_on_a_full_disk(tmp_path, 20_000, 'export', tmp_path / 'm.safetensors')
    assert said.startswith('fer-ros: ')
    assert (tmp_path / 'm.onnx').read_text() == 'the one before'
    assert hidden(tmp_path) == []


def test_training_keeps_what_it_has_written(pictures, tmp_path):
    out = tmp_path / 'run'
    options = ['--data', pictures, '--out', out, '--threads', '1', '--device', 'cpu']
    # Enough for prepared data, but not for the weights.
    assert said_on_a_full_disk(tmp_path, 300_000, 'train', *options).startswith('fer-ros: ')
    assert not (out / 'model.safetensors').exists()
    assert hidden(out) == []


def test_evaluation_leaves_no_half_report(pictures, tmp_path):
    out = tmp_path / 'report'
    options = ['--data', pictures, '--split', 'test', '--out', out]
    assert said_on_a_full_disk(tmp_path, 30_000, 'evaluate', *options).startswith('fer-ros: ')
    assert hidden(tmp_path) == []
