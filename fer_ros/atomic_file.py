"""atomic_file, atomic_folder: what is written appears whole or not at all."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fer_ros.errors import SettingError


@contextmanager
def atomic_file(path: Path) -> Iterator[Path]:
    """Yield where to write; what stands there at the end of the block takes the place of ``path``.

    When the block raises, what was written is removed and ``path`` stays as it was.

    Args:
        path: File to make or replace. The place to write at has the same suffix and folder.
    """
    aside = path.with_name(f'.{os.getpid()}.{path.name}')
    try:
        yield aside
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


@contextmanager
def atomic_folder(path: Path) -> Iterator[Path]:
    """Yield an empty folder to write into; at the end of the block it takes the place of ``path``.

    When the block raises, what was written is removed and ``path`` stays as it was.

    Args:
        path: Folder to make or replace. The place to write at is beside it.
    """
    aside = path.with_name(f'.{path.name}.partial')
    before = path.with_name(f'.{path.name}.before')
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    try:
        yield aside
        # A folder cannot replace one that holds something; it is moved out of the way first.
        shutil.rmtree(before, ignore_errors=True)
        if path.exists():
            path.replace(before)
        aside.replace(path)
    finally:
        if before.exists() and not path.exists():
            # Interrupted between the two moves.
            before.replace(path)
        shutil.rmtree(aside, ignore_errors=True)
        shutil.rmtree(before, ignore_errors=True)


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
