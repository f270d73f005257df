"""Two processes, started as by torchrun, train one model."""

import os
import subprocess
import sys

import cv2
import numpy as np
import pytest

pytest.importorskip('torch_geometric')

from face_clips import face_picture

from fer_ros.network.checkpoint import load_checkpoint

# Without batch norm and dropout, which depend on the faces of each process.
CONFIG = """
epochs: 2
batch_size: 6
mixed_precision: false
model: {stream: gat, hidden_channels: 8, gat_layers: 1, heads: 2, dropout: 0}
"""


@pytest.fixture
def data(tmp_path):
    for split in ('train', 'validation'):
        for number, name in enumerate(('happiness', 'neutral', 'neutral') * 3):
            file = tmp_path / 'data' / split / name / f'{number}.png'
            file.parent.mkdir(parents=True, exist_ok=True)
            # Half noise, so that no photograph is in both splits.
            noise = np.random.default_rng((number, split == 'train')).integers(0, 256, (8, 8))
            large = cv2.resize(noise.astype(np.uint8), (240, 240), interpolation=cv2.INTER_NEAREST)
            cv2.imwrite(str(file), face_picture(0) // 2 + large[:, :, None] // 2)
    (tmp_path / 'c.yaml').write_text(CONFIG)
    return tmp_path


def run(data, name, *start):
    command = [
        *(sys.executable, '-W', 'ignore', *start, '-m', 'fer_ros', 'train'),
        *('--data', str(data / 'data'), '--config', str(data / 'c.yaml')),
        *('--out', str(data / name), '--device', 'cpu', '--threads', '1'),
    ]
    result = subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=300,
        env={**os.environ, 'HOME': str(data)},
    )
    assert result.returncode == 0, result.stderr


def test_two_processes_train_the_same_model_as_one(data):
    torchrun = ('-m', 'torch.distributed.run', '--nproc-per-node=2', '--standalone')
    run(data, 'one')
    run(data, 'two', *torchrun)
    one, two = (
        load_checkpoint(data / name / 'best.safetensors').model.state_dict()
        for name in ('one', 'two')
    )
    for key, value in one.items():
        # A shift of all logits cancels out in a softmax: such a bias learns only rounding.
        if not key.endswith('score.bias'):
            # Sums are computed in another order.
            assert (value - two[key]).abs().max() < 2e-4, key
