"""The environment of commands whose coverage is not measured."""

import os


def uncounted():
    """Return this process's environment without what makes a Python process measure coverage.

    The results could not be written on a full disk.
    """
    return {name: value for name, value in os.environ.items() if not name.startswith('COVERAGE')}
