"""bounded_memory: a crafted file cannot make its reader take all memory of the machine."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# What loading a model of any size takes beside the model itself.
_ROOM_BYTES = 1 << 31
# Of a file's own size: in memory it is unpacked, converted and arranged anew.
_TIMES_SIZE = 8


@contextmanager
def bounded_memory(path: Path) -> Iterator[None]:
    """Have a request for more memory than reading a file can need fail at once.

    The request fails as on a machine without memory: as a ``MemoryError``, or as whatever the
    library that makes it tells of a failed allocation. Sizes in a file may be anything; how long
    it is cannot lie. The bound holds for all threads of the process while the block runs.

    Args:
        path: The file that is read in the block.
    """
    used = _used_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    bound = used + _ROOM_BYTES + _TIMES_SIZE * path.stat().st_size
    if used == 0 or (soft != resource.RLIM_INFINITY and soft <= bound):
        # Nothing is known of this machine's memory, or a person has set less.
        yield
        return
    resource.setrlimit(resource.RLIMIT_DATA, (bound, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))


def _used_bytes() -> int:
    """Return what counts against the limit now; 0 where the system does not say."""
    try:
        lines = Path('/proc/self/status').read_text().splitlines()
    except OSError:
        return 0
    said = (line.split() for line in lines if line.startswith('VmData:'))
    return next((int(words[1]) * 1024 for words in said), 0)
