"""find_config: configuration files by path, or by the name of one that comes with the package."""

from pathlib import Path

from fer_ros.errors import SettingError

_PACKAGE = Path(__file__).parent
# Beside the installed modules, or at the top of the sources.
_FOLDERS = (_PACKAGE / 'config', _PACKAGE.parent / 'config')


def find_config(path: Path) -> Path:
    """Return the file at ``path`` or, for a bare name, the one of that name that ships.

    Args:
        path: ``mine.yaml``, ``runs/mine.yaml``; ``refine.yaml`` or ``refine`` also without such a
            file in the current folder.

    Raises:
        SettingError: There is neither.
    """
    if path.is_file():
        return path
    folder = next(folder for folder in _FOLDERS if folder.is_dir())
    shipped = {file.stem: file for file in sorted(folder.glob('*.yaml'))}
    if len(path.parts) == 1 and path.suffix in ('', '.yaml') and path.stem in shipped:
        return shipped[path.stem]
    raise SettingError(
        f'configuration {path} does not exist; by their names alone are known {", ".join(shipped)}'
    )
