"""A folder of labelled pictures: ``<class>/*.jpg``, or a ``manifest.csv``."""

import csv
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from fer_ros.data.cache import Arrays, cache_key, load_prepared, prepare
from fer_ros.data.face_set import SPLITS, FaceSet, one_hot
from fer_ros.data.landmarked_pictures import CHIP_PX, METHOD, cut_chip, landmark_picture
from fer_ros.errors import DatasetError
from fer_ros.face.landmarks import LandmarkPredictor
from fer_ros.labels import class_name
from fer_ros.media.image_source import IMAGE_SUFFIXES
from fer_ros.structures import ImageArray, Landmarks

MANIFEST = 'manifest.csv'
_CHUNK = 200
# What one byte of a hash has to be below: 80, 10 and 10 % of the subjects.
_VALIDATION, _TEST = 26, 51


@dataclass(frozen=True)
class Picture:
    """A line of the manifest, or a file of a class's folder.

    Attributes:
        path: Of the picture.
        label: Its class, by the name used here.
        split: ``train``, ``validation`` or ``test``.
        subject: Whose face it is; empty when unknown.
        clip: Of which clip it is a frame; empty for a still.
        frame: Its number there.
    """

    path: Path
    label: str
    split: str
    subject: str = ''
    clip: str = ''
    frame: int = 0


def load_image_folder(
    folder: Path, split: str, cache: Path, rate_hz: float = 30.0, progress: bool = True
) -> FaceSet:
    """Load one split of a folder of pictures, with landmarks.

    Args:
        folder: Holds ``manifest.csv`` with the columns ``path`` (from the folder) and ``label``,
            and if wanted ``subject``, ``clip``, ``frame`` and ``split``; or a folder of pictures
            for each class; or such folders within ``train``, ``validation`` and ``test``. Where
            splits are not given, a tenth of the subjects (else of the clips, else of the
            pictures) is for validation and a tenth for testing, chosen by a hash of the name.
        split: ``train``, ``validation`` or ``test``.
        cache: Folder for what was prepared.
        rate_hz: Frames per second of clips.
        progress: Whether to draw a progress bar.

    Raises:
        DatasetError: There is no picture, or the manifest cannot be used.
        ModelFileError: There is no landmark model.
    """
    everything = find_pictures(folder)
    classes = tuple(sorted({picture.label for picture in everything}))
    pictures = sorted(
        (picture for picture in everything if picture.split == split),
        key=lambda picture: (picture.clip, picture.frame, picture.path),
    )
    if not pictures:
        raise DatasetError(f'{folder} has no picture in the split {split}')
    arrays = _prepared([picture.path for picture in pictures], cache, progress)
    readable, detected = arrays['readable'], arrays['detected']
    kept = [picture for picture, good in zip(pictures, readable, strict=True) if good]
    notes = [
        f'{folder.name} {split}: {len(kept)} faces, {(readable & ~detected).sum()} of them '
        'without a detection, for which the whole picture is the face box.',
        *(
            f'Left out: {picture.path} is damaged or of an unknown kind.'
            for picture, good in zip(pictures, readable, strict=True)
            if not good
        ),
    ]
    if not kept:
        raise DatasetError(f'{folder} has no picture that can be read in the split {split}')
    labels = np.array([classes.index(picture.label) for picture in kept])
    clips = np.array([picture.clip for picture in kept])
    in_clips = bool((clips != '').all())
    if not in_clips and (clips != '').any():
        notes.append('Clips are not told apart: some pictures belong to none.')
    frames = np.array([picture.frame for picture in kept], np.float64)
    subjects = np.array([picture.subject for picture in kept])
    return FaceSet(
        arrays['chips'][readable],
        arrays['landmarks_px'][readable],
        one_hot(labels, len(classes)),
        classes,
        subjects=subjects if (subjects != '').all() else np.zeros(0, np.str_),
        clips=clips if in_clips else np.zeros(0, np.str_),
        stamps_s=frames / rate_hz if in_clips else np.zeros(0),
        pictures=np.array([str(picture.path) for picture in kept]),
        detected=detected[readable],
        notes=tuple(notes),
    )


def find_pictures(folder: Path) -> list[Picture]:
    """Return all pictures of a folder, as ``load_image_folder`` understands it.

    Raises:
        DatasetError: There is no picture, or the manifest cannot be used.
    """
    if not folder.is_dir():
        raise DatasetError(f'folder {folder} does not exist')
    if (folder / MANIFEST).is_file():
        return _read_manifest(folder)
    given = [name for name in SPLITS if (folder / name).is_dir()]
    if 'train' in given or 'test' in given:
        found = [p for name in given for p in _in_classes(folder / name, name)]
        if 'validation' not in given:
            found = [_for_validation(picture) for picture in found]
    else:
        found = _in_classes(folder, '')
    if not found:
        raise DatasetError(
            f'{folder} has neither {MANIFEST} nor a folder of pictures for each class '
            f'({", ".join(IMAGE_SUFFIXES)})'
        )
    return found


def _in_classes(folder: Path, split: str) -> list[Picture]:
    return [
        Picture(path, class_name(path.parent.name), split or _hashed_split(path.name))
        for path in sorted(folder.glob('*/*'))
        if path.suffix.lower() in IMAGE_SUFFIXES and not path.parent.name.startswith('.')
    ]


def _for_validation(picture: Picture) -> Picture:
    """Take a tenth of the training pictures for validation."""
    chosen = picture.split == 'train' and _hashed_split(picture.path.name) == 'validation'
    return replace(picture, split='validation') if chosen else picture


def _read_manifest(folder: Path) -> list[Picture]:
    file = folder / MANIFEST
    try:
        # Spreadsheets write a byte order mark.
        with file.open(newline='', encoding='utf-8-sig') as stream:
            reader = csv.DictReader(stream)
            columns, lines = reader.fieldnames or (), list(reader)
    except (UnicodeDecodeError, csv.Error) as error:
        raise DatasetError(f'{file} is not a CSV file in UTF-8: {error}') from error
    missing = {'path', 'label'} - set(columns)
    if missing:
        raise DatasetError(f'{file} has no column {min(missing)!r}, needed are path and label')
    pictures = [_from_row(folder, number, row) for number, row in enumerate(lines, 2)]
    if not pictures:
        raise DatasetError(f'{file} names no picture')
    return pictures


def _from_row(folder: Path, number: int, row: dict[str, str | None]) -> Picture:
    values = {key: (value or '').strip() for key, value in row.items() if key}
    path, label = values['path'], values['label']
    split, frame = values.get('split', ''), values.get('frame', '') or '0'
    where = f'{folder / MANIFEST}, line {number}'
    if not path or not label:
        raise DatasetError(f'{where}: path or label is empty')
    if split and split not in SPLITS:
        raise DatasetError(f'{where}: split is {split!r}, allowed are {", ".join(SPLITS)}')
    if not frame.isdecimal():
        raise DatasetError(f'{where}: frame is {frame!r}, needed is a number from 0')
    subject, clip = values.get('subject', ''), values.get('clip', '')
    if subject and clip:
        # Everybody has a clip 1.
        clip = f'{subject}/{clip}'
    split = split or _hashed_split(subject or clip or path)
    return Picture(folder / path, class_name(label), split, subject, clip, int(frame))


def _hashed_split(name: str) -> str:
    value = hashlib.sha256(name.encode()).digest()[0]
    return 'validation' if value < _VALIDATION else 'test' if value < _TEST else 'train'


def _prepared(paths: Sequence[Path], cache: Path, progress: bool) -> Arrays:
    # A missing landmark model is found out here and not once in every process.
    LandmarkPredictor()
    chunks = [paths[start : start + _CHUNK] for start in range(0, len(paths), _CHUNK)]
    keys = [cache_key(f'picture {METHOD}', *map(_content, chunk)) for chunk in chunks]
    tasks = dict(zip(keys, chunks, strict=True))
    sizes = {key: len(chunk) for key, chunk in tasks.items()}
    prepare(_prepare_chunk, tasks, cache, 'pictures', sizes, progress)
    parts = [load_prepared(cache, key) for key in keys]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _content(path: Path) -> bytes:
    return path.read_bytes() if path.is_file() else b''


def _prepare_chunk(paths: Sequence[Path]) -> Arrays:
    faces = [_prepare_picture(path) for path in paths]
    return {
        'chips': np.stack([chip for chip, _, _ in faces]),
        'landmarks_px': np.stack([landmarks.points_px for _, landmarks, _ in faces]),
        'readable': np.array([state != 'damaged' for _, _, state in faces]),
        'detected': np.array([state == 'detected' for _, _, state in faces]),
    }


def _prepare_picture(path: Path) -> tuple[ImageArray, Landmarks, str]:
    gray = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE) if path.is_file() else None
    if gray is None:
        nothing = np.zeros((CHIP_PX, CHIP_PX), np.uint8), Landmarks(np.zeros((68, 2), np.float32))
        return *nothing, 'damaged'
    picture = np.asarray(gray, np.uint8)
    landmarks, detected = landmark_picture(picture)
    chip, points = cut_chip(picture, landmarks)
    return chip, Landmarks(points), 'detected' if detected else 'whole'
