"""What a process has used of the machine, from /proc."""

import os
import re
from pathlib import Path

_TICKS_HZ = os.sysconf('SC_CLK_TCK')


def cpu_s(pid: int) -> float:
    """Return the seconds that a process has spent on processors since its start, all threads."""
    # The second field, the name in brackets, may hold spaces.
    fields = Path(f'/proc/{pid}/stat').read_text().rpartition(')')[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS_HZ


def resident_mb(pid: int) -> tuple[float, float]:
    """Return the resident memory of a process, now and at most so far, in MB of 2^20 bytes."""
    status = Path(f'/proc/{pid}/status').read_text()
    kilobytes = dict(re.findall(r'^(VmRSS|VmHWM):\s+(\d+) kB$', status, re.M))
    return int(kilobytes['VmRSS']) / 1024, int(kilobytes['VmHWM']) / 1024
