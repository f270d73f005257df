"""bounded_memory: keeps a crafted file from making its reader take all memory."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# Memory that loading a model of any size takes besides the model itself.
_ROOM_BYTES = 1 << 31
# Multiple of the file's size: in memory it is unpacked, converted and rearranged.
_TIMES_SIZE = 8


@contextmanager
def bounded_memory(path: Path) -> Iterator[None]:
    """Make allocations fail that exceed what reading a file can need.

    They fail as on a machine that is out of memory: with a ``MemoryError``, or with the error that
    a library raises for a failed allocation. Sizes stated in a file may be anything, but its
    length cannot lie. The bound applies to all threads of the process while the block runs.

    Args:
        path: File that is read in the block.
    """
    used = _used_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    bound = used + _ROOM_BYTES + _TIMES_SIZE * path.stat().st_size
    if used == 0 or (soft != resource.RLIM_INFINITY and soft <= bound):
        # The machine's memory is unknown, or a lower limit is already set.
        yield
        return
    resource.setrlimit(resource.RLIMIT_DATA, (bound, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))


def _used_bytes() -> int:
    """Return the bytes that count against the limit now; 0 if the system does not tell."""
    try:
        lines = Path('/proc/self/status').read_text(encoding='utf-8').splitlines()
    except OSError:
        return 0
    said = (line.split() for line in lines if line.startswith('VmData:'))
    return next((int(words[1]) * 1024 for words in said), 0)
