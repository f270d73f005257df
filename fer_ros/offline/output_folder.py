"""output_folder: where the outputs of a run come to lie, and nobody else's files are lost."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fer_ros.atomic_file import atomic_folder, require_folder
from fer_ros.errors import OutputError, SettingError, os_reason

REPORT = 'report.json'
_NAMES = {
    REPORT,
    'report.html',
    'emotion',
    'emotion.csv',
    'emotion.parquet',
    'timeline.png',
    'annotated',
    'annotated.png',
    'contact_sheet.png',
}


@contextmanager
def output_folder(path: Path) -> Iterator[Path]:
    """Yield an empty folder for outputs, which replaces those of an earlier run; as
    ``atomic_folder``.

    Raises:
        SettingError: ``path`` is a file, is where the program runs, or holds something that no
            run has written.
        OutputError: It cannot be written to; what was there is kept.
    """
    try:
        _require_replaceable(path)
        with atomic_folder(path) as aside:
            yield aside
    except OSError as error:
        raise OutputError(f'outputs {path} cannot be written: {os_reason(error)}') from None


def _require_replaceable(path: Path) -> None:
    require_folder(path)
    if path.exists():
        if Path.cwd().is_relative_to(path):
            raise SettingError(f'folder {path} cannot be replaced while you are in it')
        names = {entry.name for entry in path.iterdir()}
        others = sorted(name for name in names - _NAMES if not _is_video(name))
        if names and (others or REPORT not in names):
            raise SettingError(
                f'folder {path} holds {(others or sorted(names))[0]}, which is not of an earlier '
                'run: choose a folder that is new or empty'
            )


def _is_video(name: str) -> bool:
    return name.startswith('annotated') and name.endswith('.mp4')


# What a person looks for first comes first; the videos have names of their own.
OUTPUT_OF_PART: dict[str, str] = {
    'page': 'report.html',
    'timeline': 'timeline.png',
    'table': 'emotion.csv',
    'bag': 'emotion',
}

# report.json is always written: it marks the rest as complete.
PARTS: dict[str, str] = {
    'bag': 'the bag of estimates',
    'table': 'the tables (CSV and Parquet)',
    'video': 'the annotated video or pictures',
    'timeline': 'the picture of the probabilities over time, or the contact sheet',
    'page': 'the page report.html',
}
