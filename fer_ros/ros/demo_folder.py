"""demo_folder: where a run of the demonstration writes, so that no run is taken for another."""

import re
from collections.abc import Collection
from pathlib import Path

# Every file that a run with a film may leave.
FILM_FILES = ('annotated.mp4', 'annotated.png', 'timeline.png', 'emotion.csv')


def demo_folder(out: Path, name: str, stills: bool) -> Path:
    """Return the folder of a source; only a later run with the same source replaces its files.

    Args:
        out: Folder of all runs.
        name: Name of the source, as ``ImageSource.name``.
        stills: Whether it is pictures, of which there is no film.
    """
    plain = re.sub(r'[^\w-]+', '_', Path(name).stem).strip('_') or 'source'
    return out / (f'{plain}_pictures' if stills else plain)


def remove_earlier(folder: Path, written: Collection[str]) -> None:
    """Remove what an earlier run with the same source left and this one did not write again."""
    for name in FILM_FILES:
        if name not in written:
            (folder / name).unlink(missing_ok=True)
