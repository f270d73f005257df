"""Skips tests where ROS is missing, and fails them where it is required."""

import importlib
import os

import pytest


def needs(module):
    """Import a module of ROS or a generated one and return it.

    ``scripts/with-ros`` sets ``FER_ROS_WORKSPACE``: a missing module is then a failure. Elsewhere
    the tests of the file are skipped.
    """
    if 'FER_ROS_WORKSPACE' in os.environ:
        return importlib.import_module(module)
    return pytest.importorskip(module, exc_type=ImportError)
