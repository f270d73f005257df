"""A failed write ends the command with an error message and keeps existing files."""

import resource
import subprocess
import sys

import cv2
import pytest
from bag_files import write_images
from uncounted import uncounted

from fer_ros.atomic_file import atomic_folder, sole_writer
from fer_ros.cli import main


@pytest.fixture(scope='module')
def film(clip, tmp_path_factory):
    folder = tmp_path_factory.mktemp('film') / 'film'
    folder.mkdir()
    for index, bgr in enumerate(clip[:10]):
        cv2.imwrite(str(folder / f'{index}.png'), bgr)
    return folder


def exit_of(*arguments):
    with pytest.raises(SystemExit) as ended:
        main([str(argument) for argument in arguments])
    return ended.value.code


def limit_files():
    """Limit the size of files, so that a write fails as on a full disk."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))


def error_on_full_disk(*arguments):
    ended = subprocess.run(
        [sys.executable, '-m', 'fer_ros', *map(str, arguments)],
        preexec_fn=limit_files,
        env=uncounted(),
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 1
    assert 'Traceback' not in ended.stderr
    return ended.stderr.strip().splitlines()[-1]


@pytest.mark.parametrize('rate', [[], ['--rate-hz', '10']], ids=['pictures', 'film'])
def test_output_folder_that_cannot_be_created_is_reported(film, rate):
    error = exit_of('video', film, '--out', '/proc/o', *rate)
    assert error == 'fer-ros: outputs /proc/o cannot be written: No such file or directory'


def test_bag_output_folder_that_cannot_be_created_is_reported(clip, tmp_path):
    bag = write_images(tmp_path / 'run', clip[:2], 10)
    assert exit_of('bag', bag, '--out', '/proc/o').startswith('fer-ros: /proc/o: No such file')


def test_bag_run_into_folder_in_use_is_refused(clip, tmp_path):
    bag = write_images(tmp_path / 'run', clip[:2], 10)
    with sole_writer(tmp_path / 'out'):
        error = exit_of('bag', bag, '--out', tmp_path / 'out')
    assert error == (
        f'fer-ros: another program is writing to {tmp_path}/out: wait until it ends, or choose '
        'another folder'
    )


def test_video_run_into_folder_in_use_is_refused_and_first_run_is_intact(film, tmp_path):
    with atomic_folder(tmp_path / 'out') as aside:
        error = exit_of('video', film, '--out', tmp_path / 'out')
        (aside / 'report.json').write_text('of the first')
    assert error.startswith(f'fer-ros: another program is writing to {tmp_path}/out')
    assert [path.name for path in (tmp_path / 'out').iterdir()] == ['report.json']


@pytest.mark.parametrize('rate', [[], ['--rate-hz', '10']], ids=['pictures', 'film'])
def test_full_disk_is_reported_and_existing_outputs_are_kept(film, tmp_path, rate):
    out = tmp_path / 'o'
    main(['video', str(film), '--out', str(out), '--no-video', '--no-page', '--no-timeline'])
    before = sorted(path.name for path in out.iterdir())
    error = error_on_full_disk('video', film, '--out', out, *rate)
    assert error.startswith('fer-ros: ')
    assert str(tmp_path) in error
    assert error.endswith('File too large')
    assert [path.name for path in tmp_path.iterdir()] == ['o']
    assert sorted(path.name for path in out.iterdir()) == before


def test_output_name_that_is_too_long_is_reported(film, tmp_path):
    error = exit_of('video', film, '--out', tmp_path / ('o' * 300))
    assert 'cannot be written: File name too long' in error
