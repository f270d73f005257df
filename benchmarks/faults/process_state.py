"""ProcessState: memory, threads and open files of a process."""

import re
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class ProcessState:
    """Resources of a process at one moment.

    Attributes:
        resident_mb: Resident memory in MB of 2^20 bytes.
        threads: Number of threads.
        descriptors: Number of open files and sockets.
    """

    resident_mb: float
    threads: int
    descriptors: int


def process_state(pid: int) -> ProcessState:
    """Return the current resources of a process."""
    return ProcessState(
        _status(pid, 'VmRSS') / 1024,
        _status(pid, 'Threads'),
        len(list(Path(f'/proc/{pid}/fd').iterdir())),
    )


def reset_peak(pid: int) -> None:
    """Reset the peak memory of a process to its current memory."""
    Path(f'/proc/{pid}/clear_refs').write_text('5', encoding='utf-8')


def peak_mb(pid: int) -> float:
    """Return the peak memory of a process since ``reset_peak`` in MB."""
    return _status(pid, 'VmHWM') / 1024


def _status(pid: int, name: str) -> int:
    text = Path(f'/proc/{pid}/status').read_text(encoding='utf-8')
    found = re.search(rf'^{name}:\s+(\d+)', text, re.MULTILINE)
    assert found is not None, name
    return int(found[1])
