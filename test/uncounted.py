"""The environment of commands whose coverage is not measured."""

import os


def uncounted():
    """Return this process's environment without what makes a Python process count coverage.

    Its figures could not be written on a disk that is full.
    """
    return {name: value for name, value in os.environ.items() if not name.startswith('COVERAGE')}
