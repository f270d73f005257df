"""Reads manifest.csv, which describes the pictures of a folder, and refuses contradictions."""

import csv
from collections.abc import Sequence
from pathlib import Path

from fer_ros.data.face_set import SPLITS
from fer_ros.data.labelled_pictures import Picture, hashed_split, listed
from fer_ros.errors import DatasetError
from fer_ros.labels import class_name

MANIFEST = 'manifest.csv'
# Most digits in the number of a frame.
_MOST_DIGITS = 15
# Common names of the splits.
_SPLIT_NAMES = {
    **dict.fromkeys(('train', 'training'), 'train'),
    **dict.fromkeys(('validation', 'val', 'valid', 'dev'), 'validation'),
    **dict.fromkeys(('test', 'testing'), 'test'),
}


def read_manifest(folder: Path) -> list[Picture]:
    """Return the pictures that the manifest of a folder names.

    Raises:
        DatasetError: The file is not a manifest, a line cannot be used or its path leads out of
            the folder, a clip lacks frame numbers or has one twice, or a subject or clip is in
            two splits.
    """
    file = folder / MANIFEST
    columns, lines = _rows(file)
    missing = {'path', 'label'} - set(columns)
    if missing:
        raise DatasetError(f'{file} has no column {min(missing)!r}, expected path,label')
    pictures = [_from_row(folder, number, row) for number, row in enumerate(lines, 2)]
    if not pictures:
        raise DatasetError(f'{file} lists no pictures')
    _require_one_split(file, 'subject', [(p.subject, p.split) for p in pictures])
    _require_one_split(file, 'clip', [(p.clip, p.split) for p in pictures])
    _require_order(file, pictures)
    return pictures


def manifest_gives_splits(folder: Path) -> bool:
    """Return whether the manifest of a folder gives the split of any picture.

    Raises:
        DatasetError: The file cannot be read as CSV.
    """
    _, lines = _rows(folder / MANIFEST)
    return any((line.get('split') or '').strip() for line in lines)


def _rows(file: Path) -> tuple[Sequence[str], list[dict[str, str | None]]]:
    """Return the names of the columns, and the lines."""
    try:
        # Spreadsheets write a byte order mark.
        with file.open(newline='', encoding='utf-8-sig') as stream:
            reader = csv.DictReader(stream)
            return reader.fieldnames or (), list(reader)
    except (UnicodeDecodeError, csv.Error) as error:
        raise DatasetError(f'{file} is not a CSV file in UTF-8: {error}') from error


def split_name(name: str) -> str:
    """Return the split that a name stands for; empty if it is none."""
    return _SPLIT_NAMES.get(name.lower(), '')


def _require_one_split(file: Path, kind: str, found: Sequence[tuple[str, str]]) -> None:
    splits: dict[str, set[str]] = {}
    for name, split in found:
        if name:
            splits.setdefault(name, set()).add(split)
    shared = sorted(name for name, where in splits.items() if len(where) > 1)
    if shared:
        raise DatasetError(
            f'{file}: {kind} {listed(shared)} is in more than one split: give all its pictures '
            'the same split'
        )


def _require_order(file: Path, pictures: Sequence[Picture]) -> None:
    taken: set[tuple[str, int]] = set()
    for picture in pictures:
        place = picture.clip, picture.frame
        if picture.clip and place in taken:
            raise DatasetError(f'{file}: clip {picture.clip!r} has frame {picture.frame} twice')
        taken.add(place)


def _from_row(folder: Path, number: int, row: dict[str, str | None]) -> Picture:
    values = {key: (value or '').strip() for key, value in row.items() if key}
    path, label = values['path'], values['label']
    split, frame = values.get('split', ''), values.get('frame', '')
    split = split_name(split) or split
    where = f'{folder / MANIFEST}, line {number}'
    if not path or not label:
        raise DatasetError(f'{where}: path or label is empty')
    if split and split not in SPLITS:
        raise DatasetError(f'{where}: split is {split!r}, expected one of {", ".join(SPLITS)}')
    if values.get('clip') and not frame:
        raise DatasetError(
            f'{where}: clip is {values["clip"]!r} without a frame: put the number of the frame '
            'into the column frame'
        )
    frame = frame or '0'
    if not frame.isdecimal() or len(frame) > _MOST_DIGITS:
        raise DatasetError(f'{where}: frame is {frame[:20]!r}, expected a number from 0')
    subject, clip = values.get('subject', ''), values.get('clip', '')
    if subject and clip:
        # Different subjects may have clips of the same name.
        clip = f'{subject}/{clip}'
    split = split or hashed_split(subject or clip or path)
    if not (folder / path).is_file():
        # The manifest may have been written on Windows.
        path = path.replace('\\', '/')
    if Path(path).is_absolute() or '..' in Path(path).parts or '\0' in path:
        raise DatasetError(
            f'{where}: path is {path!r}, expected a path within the folder of the manifest'
        )
    return Picture(folder / path, class_name(label), split, subject, clip, int(frame))
