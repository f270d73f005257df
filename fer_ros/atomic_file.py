"""atomic_file, atomic_files, atomic_folder, sole_writer: output appears completely or not."""

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

from fer_ros.errors import OutputError, SettingError

# What undoes each block that has not ended yet.
_unfinished: list[Callable[[], None]] = []


@contextmanager
def atomic_file(path: Path) -> Iterator[Path]:
    """Yield a path to write to; the file written there replaces ``path`` at the end of the block.

    If the block raises, the file written so far is removed and ``path`` stays unchanged. Other
    writers of the same file wait. The remains of a killed program are overwritten.

    Args:
        path: File to create or replace. The yielded path has the same suffix and folder.
    """
    aside = path.with_name(f'.partial.{path.name}')
    lock = _locked(aside, wait=True)
    remove = partial(aside.unlink, missing_ok=True)
    try:
        os.ftruncate(lock, 0)
        with _undone_by(remove):
            yield aside
            aside.replace(path)
    except BaseException:
        remove()
        raise
    finally:
        # After the rename, a file with its name belongs to somebody else.
        os.close(lock)


@contextmanager
def atomic_files(folder: Path) -> Iterator[Path]:
    """Yield an empty folder to write files to, which move to ``folder`` at the end of the block.

    If the block raises, the files written so far are removed and ``folder`` keeps those it had.
    Only files of the same names are replaced. The caller is the ``sole_writer`` of the folder.

    Args:
        folder: Folder of the files; created if missing. The yielded folder is inside it.
    """
    aside = folder / '.partial'
    _remove(aside)
    aside.mkdir(parents=True)
    try:
        with _undone_by(partial(_remove, aside)):
            yield aside
            for file in sorted(aside.iterdir()):
                file.replace(folder / file.name)
    finally:
        _remove(aside)


@contextmanager
def atomic_folder(path: Path) -> Iterator[Path]:
    """Yield an empty folder to write to; it replaces ``path`` at the end of the block.

    If the block raises, the folder written so far is removed and ``path`` stays unchanged. The
    remains of a killed program are removed.

    Args:
        path: Folder to create or replace. The yielded folder is next to it.

    Raises:
        OutputError: Another program is writing the same folder.
    """
    aside = path.with_name(f'.{path.name}.partial')
    before = path.with_name(f'.{path.name}.before')
    with sole_writer(path, path.with_name(f'.{path.name}.lock')):
        _restore(path, before)
        _remove(aside)
        aside.mkdir()
        try:
            with _undone_by(partial(_remove, aside), partial(_restore, path, before)):
                yield aside
                # A folder cannot replace one that is not empty, so that is moved away first.
                if path.exists():
                    path.replace(before)
                aside.replace(path)
        finally:
            _restore(path, before)
            _remove(aside)


@contextmanager
def sole_writer(path: Path, lock_file: Path | None = None) -> Iterator[None]:
    """Keep other programs from writing to a folder during the block.

    Args:
        path: The folder; created if missing and if ``lock_file`` is in it.
        lock_file: File that locks the folder; by default ``.lock`` inside it.

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
            f'another program is writing to {path}: wait until it ends, or choose another folder'
        ) from None

    def release() -> None:
        lock_file.unlink(missing_ok=True)
        if is_new:
            # Fails if something was written to it.
            with suppress(OSError):
                folder.rmdir()

    try:
        with _undone_by(release):
            yield
    finally:
        release()
        os.close(lock)


def undo_unfinished() -> None:
    """Remove what all blocks that have not ended yet have written: for a program that is about to
    end without leaving them.
    """
    for undo in reversed(_unfinished.copy()):
        with suppress(OSError):
            undo()


@contextmanager
def _undone_by(*undo: Callable[[], None]) -> Iterator[None]:
    """Have ``undo_unfinished`` call some functions while the block lasts, the first one first."""
    _unfinished.extend(reversed(undo))
    try:
        yield
    finally:
        for function in undo:
            _unfinished.remove(function)


def require_folder(path: Path) -> None:
    """Refuse a path that cannot be a folder.

    Raises:
        SettingError: The path or one of its parents is a file.
    """
    for place in (path, *path.parents):
        if place.exists():
            if not place.is_dir():
                raise SettingError(f'{place} is a file, expected a folder')
            return


def _remove(folder: Path) -> None:
    """Remove a folder, if there is one, which nobody can rename when half of it is gone."""
    gone = folder.with_name(f'{folder.name}.gone')
    shutil.rmtree(gone, ignore_errors=True)
    with suppress(OSError):
        folder.replace(gone)
    shutil.rmtree(gone, ignore_errors=True)


def _restore(path: Path, before: Path) -> None:
    """Undo the first of the two moves if the second was not made; otherwise finish the removal."""
    if before.exists() and not path.exists():
        before.replace(path)
    shutil.rmtree(before, ignore_errors=True)


def _locked(path: Path, wait: bool) -> int:
    """Lock a file, created if missing, and return its descriptor.

    The operating system releases the lock of a program that ends in any way.

    Args:
        path: The file; the holder of the lock may remove or rename it.
        wait: Whether to wait for the lock.

    Raises:
        BlockingIOError: Another program holds the lock and ``wait`` is false.
    """
    while True:
        lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        try:
            _lock(lock, wait)
            # Otherwise its holder has removed or renamed it in the meantime.
            with suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(lock), path.stat()):
                    return lock
        except BaseException:
            _remove_unless_held(path, lock)
            os.close(lock)
            raise
        os.close(lock)


def _remove_unless_held(path: Path, lock: int) -> None:
    """Remove a file that a signal kept from being locked, unless another program holds it."""
    with suppress(OSError):
        _lock(lock, wait=False)
        if os.path.samestat(os.fstat(lock), path.stat()):
            path.unlink()


def _lock(lock: int, wait: bool) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        raise
    except OSError:
        # A file system without locks: proceed without one.
        return
