"""require_file: a file that a model is read from is there."""

from pathlib import Path

from fer_ros.errors import ModelFileError


def require_file(path: Path, what: str = 'model') -> None:
    """Refuse a model file that does not exist or cannot be reached.

    Args:
        path: Path of the file.
        what: Description of the file for error messages.

    Raises:
        ModelFileError: There is no file at ``path``, or its folder cannot be read.
    """
    try:
        found = path.is_file()
    # Of a folder that may not be entered, or a name that is too long.
    except OSError as error:
        raise ModelFileError(f'{what} {path} cannot be read: {error.strerror}') from error
    if not found:
        raise ModelFileError(f'{what} {path} does not exist')
