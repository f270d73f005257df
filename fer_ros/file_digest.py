"""file_digest: identifies a file by its content, whatever its name or place."""

import hashlib
from functools import lru_cache
from pathlib import Path

_PIECE_BYTES = 1 << 20


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file's content, in hexadecimal digits.

    A file whose size and time have not changed since the last call is not read again.
    """
    state = path.stat()
    return _digest(path, state.st_ino, state.st_size, state.st_mtime_ns)


@lru_cache(maxsize=64)
def _digest(path: Path, *state: int) -> str:
    digest = hashlib.sha256()
    with path.open('rb') as stream:
        while piece := stream.read(_PIECE_BYTES):
            digest.update(piece)
    return digest.hexdigest()
