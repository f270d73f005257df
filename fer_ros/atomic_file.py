"""atomic_file: a file appears whole or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


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
