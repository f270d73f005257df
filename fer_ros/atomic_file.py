"""atomic_file, atomic_folder, sole_writer: what is written appears whole or not at all."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from fer_ros.errors import OutputError, SettingError


@contextmanager
def atomic_file(path: Path) -> Iterator[Path]:
    """Yield where to write; what stands there at the end of the block takes the place of ``path``.

    When the block raises, what was written is removed and ``path`` stays as it was. Who writes the
    same file at the same time waits. What a killed program left is written over.

    Args:
        path: File to make or replace. The place to write at has the same suffix and folder.
    """
    aside = path.with_name(f'.partial.{path.name}')
    lock = _locked(aside, wait=True)
    try:
        os.ftruncate(lock, 0)
        yield aside
        aside.replace(path)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise
    finally:
        # Once it was renamed, whatever has its name is another's.
        os.close(lock)


@contextmanager
def atomic_folder(path: Path) -> Iterator[Path]:
    """Yield an empty folder to write into; at the end of the block it takes the place of ``path``.

    When the block raises, what was written is removed and ``path`` stays as it was. What a killed
    program left is removed.

    Args:
        path: Folder to make or replace. The place to write at is beside it.

    Raises:
        OutputError: Another program is writing the same folder.
    """
    aside = path.with_name(f'.{path.name}.partial')
    before = path.with_name(f'.{path.name}.before')
    with sole_writer(path, path.with_name(f'.{path.name}.lock')):
        _restore(path, before)
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir()
        try:
            yield aside
            # A folder cannot replace one that holds something; it is moved out of the way first.
            if path.exists():
                path.replace(before)
            aside.replace(path)
        finally:
            _restore(path, before)
            shutil.rmtree(aside, ignore_errors=True)


@contextmanager
def sole_writer(path: Path, lock_file: Path | None = None) -> Iterator[None]:
    """Keep other programs from writing to a folder during the block.

    Args:
        path: The folder; made if missing, where ``lock_file`` is in it.
        lock_file: What they are kept away by; ``.lock`` in the folder when not given.

    Raises:
        OutputError: Another program is writing to it.
    """
    lock_file = lock_file or path / '.lock'
    folder = lock_file.parent
    is_new = not folder.exists()
    folder.mkdir(parents=True, exist_ok=True)
    try:
        lock = _locked(lock_file, wait=False)
    except BlockingIOError:
        raise OutputError(
            f'another program is writing to {path}: wait for its end, or choose another place'
        ) from None
    try:
        yield
    finally:
        lock_file.unlink(missing_ok=True)
        os.close(lock)
        if is_new:
            # Unless something was written to it.
            with suppress(OSError):
                folder.rmdir()


def require_folder(path: Path) -> None:
    """Refuse a path at which there can be no folder.

    Raises:
        SettingError: It, or what it lies in, is a file.
    """
    for place in (path, *path.parents):
        if place.exists():
            if not place.is_dir():
                raise SettingError(f'{place} is a file, needed is a folder')
            return


def _restore(path: Path, before: Path) -> None:
    """Undo the first of the two moves when the second was not made, else finish the removal."""
    if before.exists() and not path.exists():
        before.replace(path)
    shutil.rmtree(before, ignore_errors=True)


def _locked(path: Path, wait: bool) -> int:
    """Return the descriptor of a file, made if missing, which nobody else has locked.

    The operating system opens the lock of a program that ends, however it does.

    Args:
        path: The file; whoever holds the lock may remove or rename it.
        wait: Whether to wait for it.

    Raises:
        BlockingIOError: Somebody holds the lock, and ``wait`` is false.
    """
    while True:
        lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        try:
            _lock(lock, wait)
            # Else its holder has removed or renamed it in the meantime.
            with suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(lock), path.stat()):
                    return lock
        except BaseException:
            os.close(lock)
            raise
        os.close(lock)


def _lock(lock: int, wait: bool) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        raise
    except OSError:
        # A file system without locks: everybody is let in.
        return
