"""Reads pyproject.toml and requirements/ for tests."""

import sys
from pathlib import Path

from packaging.requirements import Requirement

if sys.version_info >= (3, 11):
    import tomllib
else:
    # pytest depends on it there.
    import tomli as tomllib

ROOT = Path(__file__).parent.parent
PYPROJECT = tomllib.loads((ROOT / 'pyproject.toml').read_text())
DEPENDENCIES = [Requirement(text) for text in PYPROJECT['project']['dependencies']]
EXTRAS = {
    name: [Requirement(text) for text in texts]
    for name, texts in PYPROJECT['project']['optional-dependencies'].items()
}


def pinned(file):
    """Return the requirements of ``requirements/<file>.txt``."""
    lines = (ROOT / 'requirements' / f'{file}.txt').read_text().splitlines()
    return [Requirement(line) for line in lines if line and not line.startswith('#')]
