import fcntl
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from fer_ros.atomic_file import atomic_file, atomic_files, atomic_folder, sole_writer
from fer_ros.errors import OutputError


def test_file_appears_at_end_of_block(tmp_path):
    with atomic_file(tmp_path / 'a.txt') as aside:
        aside.write_text('new')
        assert not (tmp_path / 'a.txt').exists()
    assert [(f.name, f.read_text()) for f in tmp_path.iterdir()] == [('a.txt', 'new')]


def interrupted(path):
    with atomic_file(path) as aside:
        aside.write_text('half')
        raise KeyboardInterrupt


def test_interrupted_write_keeps_previous_file_and_leaves_nothing_else(tmp_path):
    (tmp_path / 'a.txt').write_text('good')
    with pytest.raises(KeyboardInterrupt):
        interrupted(tmp_path / 'a.txt')
    assert [(f.name, f.read_text()) for f in tmp_path.iterdir()] == [('a.txt', 'good')]


def contents(folder):
    return {path.name: path.read_text() for path in folder.iterdir()}


def test_files_appear_together_at_end_of_block_beside_others(tmp_path):
    (tmp_path / 'a.txt').write_text('old')
    (tmp_path / 'of user.txt').write_text('kept')
    with atomic_files(tmp_path) as aside:
        (aside / 'a.txt').write_text('new')
        (aside / 'b.txt').write_text('new')
        assert not (tmp_path / 'b.txt').exists()
    assert contents(tmp_path) == {'a.txt': 'new', 'b.txt': 'new', 'of user.txt': 'kept'}


def interrupted_files(folder):
    with atomic_files(folder) as aside:
        (aside / 'a.txt').write_text('new')
        (aside / 'b.txt').write_text('half')
        raise KeyboardInterrupt


def test_interrupted_write_of_files_keeps_previous_ones_and_leaves_nothing_else(tmp_path):
    (tmp_path / 'a.txt').write_text('good')
    # What a killed program left.
    (tmp_path / '.partial').mkdir()
    (tmp_path / '.partial' / 'c.txt').write_text('half')
    with pytest.raises(KeyboardInterrupt):
        interrupted_files(tmp_path)
    assert contents(tmp_path) == {'a.txt': 'good'}


def test_folder_replaces_previous_one_at_end_of_block(tmp_path):
    (tmp_path / 'run').mkdir()
    (tmp_path / 'run' / 'old').write_text('old')
    with atomic_folder(tmp_path / 'run') as aside:
        (aside / 'new').write_text('new')
        assert (tmp_path / 'run' / 'old').exists()
    assert [path.name for path in tmp_path.iterdir()] == ['run']
    assert [path.name for path in (tmp_path / 'run').iterdir()] == ['new']


def interrupted_folder(path):
    with atomic_folder(path) as aside:
        (aside / 'half').write_text('half')
        raise KeyboardInterrupt


def test_interrupted_write_keeps_previous_folder_and_leaves_nothing_else(tmp_path):
    (tmp_path / 'run').mkdir()
    (tmp_path / 'run' / 'old').write_text('old')
    with pytest.raises(KeyboardInterrupt):
        interrupted_folder(tmp_path / 'run')
    assert [path.name for path in tmp_path.iterdir()] == ['run']
    assert [path.name for path in (tmp_path / 'run').iterdir()] == ['old']


def test_leftovers_of_killed_program_are_overwritten_and_removed(tmp_path):
    for name in ('.partial.a.txt', '.run.lock'):
        (tmp_path / name).write_text('a longer half')
    for name in ('.run.partial', '.run.before'):
        (tmp_path / name).mkdir()
        (tmp_path / name / 'half').write_text('half')
    with atomic_file(tmp_path / 'a.txt') as aside, aside.open('r+') as stream:
        stream.write('new')
    with atomic_folder(tmp_path / 'run') as aside:
        assert list(aside.iterdir()) == []
        # The previous folder is restored until the new one is complete.
        assert (tmp_path / 'run' / 'half').read_text() == 'half'
    assert sorted(path.name for path in tmp_path.iterdir()) == ['a.txt', 'run']
    assert (tmp_path / 'a.txt').read_text() == 'new'
    assert list((tmp_path / 'run').iterdir()) == []


def test_second_writer_of_folder_is_refused_and_first_is_not_disturbed(tmp_path):
    with atomic_folder(tmp_path / 'run') as aside:
        (aside / 'first').write_text('first')
        with (
            pytest.raises(OutputError, match=r'another program is writing to .*/run: wait until'),
            atomic_folder(tmp_path / 'run'),
        ):
            pass
    assert [path.name for path in (tmp_path / 'run').iterdir()] == ['first']
    assert [path.name for path in tmp_path.iterdir()] == ['run']


def test_second_writer_of_file_waits_for_first(tmp_path):
    started = threading.Event()

    def write_second():
        started.set()
        with atomic_file(tmp_path / 'a.txt') as aside:
            seen.append((tmp_path / 'a.txt').read_text())
            aside.write_text('second')

    seen = []
    second = threading.Thread(target=write_second)
    with atomic_file(tmp_path / 'a.txt') as aside:
        second.start()
        started.wait()
        aside.write_text('first')
    second.join()
    assert seen == ['first']
    assert [(f.name, f.read_text()) for f in tmp_path.iterdir()] == [('a.txt', 'second')]


def test_concurrent_writers_leave_one_complete_file(tmp_path):
    def write(number):
        with atomic_file(tmp_path / 'a.txt') as aside:
            aside.write_text(str(number) * 10_000)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, [n % 8 for n in range(200)]))
    (file,) = tmp_path.iterdir()
    text = file.read_text()
    assert (file.name, len(text), len(set(text))) == ('a.txt', 10_000, 1)


def test_sole_writer_leaves_neither_lock_nor_empty_folder(tmp_path):
    with sole_writer(tmp_path / 'out'):
        assert (tmp_path / 'out' / '.lock').exists()
    assert list(tmp_path.iterdir()) == []


def test_lock_left_by_killed_program_does_not_block(tmp_path):
    program = (
        'import os, signal, sys; from pathlib import Path\n'
        'from fer_ros.atomic_file import sole_writer\n'
        'with sole_writer(Path(sys.argv[1])):\n'
        '    os.kill(os.getpid(), signal.SIGKILL)\n'
    )
    killed = subprocess.run([sys.executable, '-c', program, str(tmp_path)], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert (tmp_path / '.lock').exists()
    with sole_writer(tmp_path):
        pass
    assert list(tmp_path.iterdir()) == []


def test_signal_before_file_is_locked_leaves_no_file(tmp_path, monkeypatch):
    lock, calls = fcntl.flock, []

    def interrupted_at_first(descriptor, operation):
        calls.append(operation)
        if len(calls) == 1:
            raise KeyboardInterrupt
        lock(descriptor, operation)

    monkeypatch.setattr('fcntl.flock', interrupted_at_first)
    with pytest.raises(KeyboardInterrupt), atomic_file(tmp_path / 'a.txt'):
        pass
    assert list(tmp_path.iterdir()) == []
