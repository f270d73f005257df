"""The folders of this user's files, by the XDG base directory specification."""

import os
from pathlib import Path


def user_data_folder() -> Path:
    """Return the folder of this user's files, such as downloaded models."""
    return _folder('XDG_DATA_HOME', '~/.local/share')


def user_cache_folder() -> Path:
    """Return the folder of files that can be made again."""
    return _folder('XDG_CACHE_HOME', '~/.cache')


def _folder(variable: str, default: str) -> Path:
    chosen = Path(os.environ.get(variable, ''))
    if not chosen.is_absolute():
        # The specification says to ignore relative paths. For a user without a home folder, as in
        # some containers, expanduser() leaves the ~, where Path.home() fails: nothing is found at
        # /~, and nothing can be written there.
        chosen = Path('/', os.path.expanduser(default))
    return chosen / 'fer_ros'
