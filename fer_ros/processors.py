"""usable_processors: how many processors this process may use."""

import os


def usable_processors() -> int:
    """Return the number of processors that this process may use."""
    if hasattr(os, 'process_cpu_count'):
        return os.process_cpu_count() or 1
    # Before Python 3.13; macOS has neither.
    if hasattr(os, 'sched_getaffinity'):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
