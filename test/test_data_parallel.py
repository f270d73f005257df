"""Two processes, as torchrun starts them, train one model."""

import csv
import subprocess
import sys

import cv2
import pytest

pytest.importorskip('torch_geometric')

from face_clips import face_picture

CONFIG = """
epochs: 2
batch_size: 4
modality_dropout: 0
model:
  {cnn_channels: [4, 8, 8], cnn_blocks: [1, 1, 1], hidden_channels: 8, gat_layers: 1, heads: 2,
   dropout: 0}
"""


@pytest.fixture
def data(tmp_path):
    for split in ('train', 'validation'):
        for number, name in enumerate(('happiness', 'neutral') * 4):
            file = tmp_path / 'data' / split / name / f'{number}.png'
            file.parent.mkdir(parents=True, exist_ok=True)
            picture = face_picture(0)
            picture[: 20 * number] = 0
            cv2.imwrite(str(file), picture)
    (tmp_path / 'c.yaml').write_text(CONFIG)
    return tmp_path


def run(data, name, *start):
    command = [
        *(sys.executable, '-W', 'ignore', *start, '-m', 'fer_ros.cli', 'train'),
        *('--data', str(data / 'data'), '--config', str(data / 'c.yaml')),
        *('--out', str(data / name), '--device', 'cpu', '--threads', '1'),
    ]
    result = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert result.returncode == 0, result.stderr
    with (data / name / 'metrics.csv').open() as stream:
        return [float(row['loss']) for row in csv.DictReader(stream)]


def test_two_processes_train_one_model_and_write_it_once(data):
    torchrun = ('-m', 'torch.distributed.run', '--nproc-per-node=2', '--standalone')
    losses = run(data, 'two', *torchrun)
    assert len(losses) == 2
    assert (data / 'two' / 'model.safetensors').is_file()
