"""Every command in the documentation is run as written, on small files of the names it uses.

Blocks marked ``hardware`` (a robot, a camera, several GPUs or a ROS distribution) or ``network``
(installs or downloads) after ``sh`` are not run. Those marked ``long`` run in make test-all.
"""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from shutil import copy, copytree

import cv2
import numpy as np
import pytest
from bag_files import write_images
from documents import PAGES, ROOT, blocks
from portrait_clip import frames_at
from video_files import write_video

from fer_ros.inference.classifier import SHIPPED_MODEL
from fer_ros.inference.config import ModelConfig
from fer_ros.labels import FERPLUS_CLASSES
from fer_ros.network.backbone_file import backbone_file

NOT_RUN = {'hardware', 'network'}
BLOCKS = [
    pytest.param(code, id=f'{path.stem}-{number}', marks=[pytest.mark.long] * ('long' in marks))
    for path in PAGES
    for number, (marks, code) in enumerate(blocks(path.read_text(), 'sh'), 1)
    if not NOT_RUN & set(marks)
]


def test_marks_of_code_blocks_are_known():
    marks = {mark for path in PAGES for said, _ in blocks(path.read_text(), 'sh') for mark in said}
    assert marks <= NOT_RUN | {'long'}


def faces(count, seed=0):
    """Return gray pictures that differ enough not to count as copies of one photograph."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, (count, 8, 8), np.uint8)
    return [cv2.resize(image, (48, 48), interpolation=cv2.INTER_CUBIC) for image in coarse]


@pytest.fixture
def folder(tmp_path):
    """A folder with all files that the commands use."""
    images = list(frames_at(k / 10 for k in range(20)))
    for name in ('monday', 'tuesday.mcap'):
        write_images(tmp_path / name, images, 10)
    (tmp_path / 'labels.csv').write_text('start_s,end_s,emotion\n0.0,1.0,happiness\n')
    (tmp_path / 'fer_ros').mkdir()
    copytree(ROOT / 'fer_ros' / 'assets', tmp_path / 'fer_ros' / 'assets')
    write_video(tmp_path / 'clip.mp4', [(k / 10, image) for k, image in enumerate(images)])
    (tmp_path / 'PICTURE_OR_FOLDER').mkdir()
    cv2.imwrite(str(tmp_path / 'PICTURE_OR_FOLDER' / 'one.png'), images[0])
    for k, face in enumerate(faces(16)):
        split, name = ('train', 'validation')[k // 8], ('calm', 'glad')[k % 2]
        place = tmp_path / 'my_pictures' / split / name
        place.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(place / f'{k}.png'), face)
    write_ferplus(tmp_path / 'FERPLUS')
    write_backbone(tmp_path / 'data' / 'fer_ros' / backbone_file().name)
    write_crema_d(tmp_path / 'VideoFlash')
    write_raf_db(tmp_path / 'RAF-DB')
    write_ck_plus(tmp_path / 'CK+')
    write_jaffe(tmp_path / 'JAFFE')
    # Models that earlier commands would have trained.
    for name in ('raf', 'three'):
        (tmp_path / 'runs' / name).mkdir(parents=True)
        copy(SHIPPED_MODEL, tmp_path / 'runs' / name / 'model.onnx')
    return tmp_path


def write_raf_db(path):
    (path / 'Image' / 'aligned').mkdir(parents=True)
    lines = []
    for k, face in enumerate(faces(48, seed=1)):
        name = f'{"train" if k < 40 else "test"}_{k:05}'
        cv2.imwrite(str(path / 'Image' / 'aligned' / f'{name}_aligned.jpg'), face)
        lines.append(f'{name}.jpg {1 + k % 7}')
    (path / 'EmoLabel').mkdir()
    (path / 'EmoLabel' / 'list_patition_label.txt').write_text('\n'.join(lines))


def write_ck_plus(path):
    for k, face in enumerate(faces(20, seed=2)):
        place = Path(f'S{k:03}') / '001'
        images, labels = path / 'cohn-kanade-images' / place, path / 'Emotion' / place
        images.mkdir(parents=True)
        labels.mkdir(parents=True)
        for number in range(1, 6):
            cv2.imwrite(str(images / f'S{k:03}_001_{number:08}.png'), face)
        (labels / f'S{k:03}_001_00000005_emotion.txt').write_text(f'   {1 + k % 7}.0000000e+00')


def write_jaffe(path):
    path.mkdir()
    for k, face in enumerate(faces(20, seed=3)):
        woman, code = ('KA', 'KL', 'KM', 'KR')[k % 4], ('AN', 'HA', 'NE', 'SA', 'SU')[k // 4]
        cv2.imwrite(str(path / f'{woman}.{code}1.{k}.tiff'), face)


def write_ferplus(path):
    path.mkdir()
    pixels, votes = ['emotion,pixels,Usage'], [','.join((*FERPLUS_CLASSES, 'unknown', 'NF'))]
    for k, face in enumerate(faces(48)):
        usage = ('Training', 'PublicTest', 'PrivateTest')[max(0, k // 8 - 3)]
        pixels.append(f'{k % 7},{" ".join(map(str, face.ravel()))},{usage}')
        votes.append(','.join('10' if c == k % 8 else '0' for c in range(10)))
    (path / 'fer2013.csv').write_text('\n'.join(pixels))
    (path / 'fer2013new.csv').write_text('\n'.join(votes))


def write_backbone(path):
    """Write a network in place of the published one, if torch is installed."""
    if find_spec('torch') is None:
        return
    from fer_ros.network.checkpoint import Checkpoint, save_checkpoint
    from fer_ros.network.fer_net import FerNet

    path.parent.mkdir(parents=True)
    network = FerNet(ModelConfig(stream='cnn', cnn='mobilenet', crop_px=96))
    save_checkpoint(Checkpoint(network), path)


def write_crema_d(path):
    path.mkdir()
    image = next(frames_at([1.0]))
    for actor in range(1001, 1092, 9):
        for emotion in ('ANG', 'DIS', 'FEA', 'HAP', 'NEU', 'SAD'):
            write_video(path / f'{actor}_DFA_{emotion}_XX.mp4', [(0.0, image), (0.1, image)])


@pytest.mark.parametrize('code', BLOCKS)
def test_documented_commands_succeed(code, folder, tmp_path):
    own = {f'XDG_{name.upper()}_HOME': str(tmp_path / name) for name in ('cache', 'data')}
    own['OMP_NUM_THREADS'] = '1'
    bin_folder = tmp_path / 'bin'
    bin_folder.mkdir()
    # A stand-in for the installed command that runs the code under test.
    (bin_folder / 'fer-ros').write_text(f'#!/bin/sh\nexec {sys.executable} -m fer_ros "$@"\n')
    (bin_folder / 'fer-ros').chmod(0o755)
    path = f'{bin_folder}:{os.environ["PATH"]}'
    result = subprocess.run(
        ['bash', '-ec', code],
        cwd=folder,
        env={**os.environ, **own, 'PATH': path},
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stdout[-2000:] + result.stderr[-2000:]


def test_code_blocks_are_found():
    assert len(BLOCKS) > 5
    assert Path(ROOT / 'README.md') in PAGES
