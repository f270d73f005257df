"""What a process holds: memory, threads and open files."""

import re
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class ProcessState:
    """What a process holds at one moment.

    Attributes:
        resident_mb: Memory in MB of 2^20 bytes.
        threads: Number of them.
        descriptors: Number of open files and sockets.
    """

    resident_mb: float
    threads: int
    descriptors: int


def process_state(pid: int) -> ProcessState:
    """Return what a process holds now."""
    return ProcessState(
        _status(pid, 'VmRSS') / 1024,
        _status(pid, 'Threads'),
        len(list(Path(f'/proc/{pid}/fd').iterdir())),
    )


def forget_peak(pid: int) -> None:
    """Let the peak of a process's memory begin anew."""
    Path(f'/proc/{pid}/clear_refs').write_text('5')


def peak_mb(pid: int) -> float:
    """Return the most memory that a process has held since ``forget_peak``, in MB."""
    return _status(pid, 'VmHWM') / 1024


def _status(pid: int, name: str) -> int:
    text = Path(f'/proc/{pid}/status').read_text()
    found = re.search(rf'^{name}:\s+(\d+)', text, re.MULTILINE)
    assert found is not None, name
    return int(found[1])
