"""output_folder: replaces the outputs of an earlier run, but never any other files."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fer_ros.atomic_file import atomic_folder, require_folder
from fer_ros.errors import OutputError, SettingError, os_reason

REPORT = 'report.json'
# What a person looks for first comes first; videos have names of their own.
OUTPUTS = (
    'report.html',
    'timeline.png',
    'contact_sheet.png',
    'annotated.png',
    'annotated',
    'emotion.csv',
    'emotion.parquet',
    'emotion',
    REPORT,
)


@contextmanager
def output_folder(path: Path) -> Iterator[Path]:
    """Yield an empty folder that takes the place of ``path`` once it is complete.

    It replaces only the outputs of an earlier run; see ``atomic_folder``.

    Raises:
        SettingError: ``path`` is a file, contains the working directory, or contains something
            that no run has written.
        OutputError: It cannot be written; the previous content is kept.
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
            raise SettingError(f'folder {path} cannot be replaced: it is the working directory')
        names = {entry.name for entry in path.iterdir()}
        others = sorted(name for name in names.difference(OUTPUTS) if not _is_video(name))
        if names and (others or REPORT not in names):
            raise SettingError(
                f'folder {path} contains {(others or sorted(names))[0]}, which is not from an '
                'earlier run: choose a new or empty folder'
            )


def _is_video(name: str) -> bool:
    return name.startswith('annotated') and name.endswith('.mp4')


OUTPUT_OF_PART: dict[str, str] = {
    'page': 'report.html',
    'timeline': 'timeline.png',
    'table': 'emotion.csv',
    'bag': 'emotion',
}

# The outputs that can be left out. report.json is always written: it marks the rest as complete.
PARTS: dict[str, str] = {
    'bag': 'the bag of estimates',
    'table': 'the tables (CSV, and Parquet if pyarrow is installed)',
    'video': 'the annotated video or pictures',
    'timeline': 'the picture of the probabilities over time (pictures: the contact sheet)',
    'page': 'the page report.html',
}
