"""Finds configuration files by path, or shipped ones by name."""

from collections.abc import Mapping
from pathlib import Path

from fer_ros.errors import SettingError

_PACKAGE = Path(__file__).parent
# Next to the installed modules, or at the top of the source tree.
_FOLDERS = (_PACKAGE / 'config', _PACKAGE.parent / 'config')
# Name of the nodes' parameter file; the other YAML files are for training.
_PARAMETERS = 'fer'


def training_configs() -> dict[str, Path]:
    """Return the shipped configurations for training by name."""
    return {name: file for name, file in _shipped().items() if name != _PARAMETERS}


def find_training_config(path: Path) -> Path:
    """Return the file at ``path`` or, for a bare name, the shipped configuration of that name.

    Args:
        path: Path such as ``runs/mine.yaml``, or the name of a shipped configuration, such as
            ``refine.yaml`` or ``refine``.

    Raises:
        SettingError: There is no such file.
    """
    return _find(path, 'configuration', training_configs())


def find_parameter_file(path: Path) -> Path:
    """Return the file at ``path`` or, for ``fer``, the shipped parameter file of the nodes.

    Raises:
        SettingError: There is no such file.
    """
    return _find(path, 'parameter file', {_PARAMETERS: _shipped()[_PARAMETERS]})


def _find(path: Path, kind: str, shipped: Mapping[str, Path]) -> Path:
    if path.is_file():
        return path
    if len(path.parts) == 1 and path.suffix in ('', '.yaml') and path.stem in shipped:
        return shipped[path.stem]
    raise SettingError(f'{kind} {path} does not exist; shipped: {", ".join(shipped)}')


def _shipped() -> dict[str, Path]:
    folder = next(folder for folder in _FOLDERS if folder.is_dir())
    return {file.stem: file for file in sorted(folder.glob('*.yaml'))}
