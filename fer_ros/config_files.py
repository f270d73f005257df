"""find_config: finds configuration files by path, or shipped ones by name."""

from pathlib import Path

from fer_ros.errors import SettingError

_PACKAGE = Path(__file__).parent
# Next to the installed modules, or at the top of the source tree.
_FOLDERS = (_PACKAGE / 'config', _PACKAGE.parent / 'config')


def find_config(path: Path) -> Path:
    """Return the file at ``path`` or, for a bare name, the shipped file of that name.

    Args:
        path: Path such as ``runs/mine.yaml``, or the name of a shipped file, such as
            ``refine.yaml`` or ``refine``.

    Raises:
        SettingError: There is no such file.
    """
    if path.is_file():
        return path
    folder = next(folder for folder in _FOLDERS if folder.is_dir())
    shipped = {file.stem: file for file in sorted(folder.glob('*.yaml'))}
    if len(path.parts) == 1 and path.suffix in ('', '.yaml') and path.stem in shipped:
        return shipped[path.stem]
    raise SettingError(
        f'configuration {path} does not exist; shipped configurations are {", ".join(shipped)}'
    )
