"""FER+: the faces of FER2013 (Goodfellow et al. 2013) with crowd votes (Barsoum et al. 2016)."""

import csv
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from fer_ros.data.cache import Arrays
from fer_ros.data.face_set import SPLITS, FaceSet
from fer_ros.data.landmarked_pictures import landmark_face_crops
from fer_ros.errors import DatasetError
from fer_ros.labels import FERPLUS_CLASSES

_ARRAYS = ('images', 'split', 'ferplus_votes', 'fer2013_label')
# The published files; a folder that holds the first is FER+.
PICTURES_CSV = 'fer2013.csv'
VOTES_CSV = 'fer2013new.csv'
_USAGES = {'Training': 0, 'PublicTest': 1, 'PrivateTest': 2}
_VOTES = (*FERPLUS_CLASSES, 'unknown', 'NF')
_NUM_EMOTIONS = len(FERPLUS_CLASSES)


def load_ferplus(
    path: Path, split: str, cache: Path, protocol: str, progress: bool = True
) -> FaceSet:
    """Load one split with its landmarks.

    Args:
        path: ``fer2013plus.npz`` with ``images (N, 48, 48)``, ``split (N,)``, ``ferplus_votes
            (N, 10)`` and ``fer2013_label (N,)``; or the folder of the published ``fer2013.csv``
            and ``fer2013new.csv``.
        split: ``train``, ``validation`` or ``test``. A training face that stands in one of the
            other splits too (the published data repeats itself) is left out.
        cache: Folder for landmarks.
        protocol: ``majority`` keeps the faces that ``majority`` keeps; ``votes`` keeps every face
            with a vote for an emotion that is not outvoted by "unknown" or "not a face". Targets
            are the vote distribution in both.
        progress: Whether to draw a progress bar.

    Raises:
        DatasetError: The file is missing, damaged or lacks an array.
    """
    arrays = _read(path)
    chosen = arrays['split'] == SPLITS.index(split)
    if split == 'train':
        chosen &= ~_repeated(arrays['images'], arrays['split'])
    votes = without_single_votes(arrays['ferplus_votes'])
    chosen &= majority(votes) if protocol == 'majority' else has_emotion(votes)
    # All faces are given landmarks together, so that splits and protocols share the cache.
    landmarks, detected = landmark_face_crops(arrays['images'], cache, progress=progress)
    note = (
        f'FER+ {split}: {chosen.sum()} faces, {(chosen & ~detected).sum()} of them without a '
        'detection, for which the whole picture is the face box.'
    )
    emotions = votes[chosen, :_NUM_EMOTIONS].astype(np.float32)
    return FaceSet(
        arrays['images'][chosen],
        landmarks[chosen],
        emotions / emotions.sum(axis=1, keepdims=True),
        FERPLUS_CLASSES,
        arrays['fer2013_label'][chosen].astype(np.int64),
        pictures=np.flatnonzero(chosen).astype(np.str_),
        detected=detected[chosen],
        notes=(note,),
    )


def without_single_votes(votes: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Return ``(N, 10)`` votes in which a class named by one rater alone counts as not named."""
    return np.where(votes > 1, votes, 0).astype(np.uint8)


def majority(votes: npt.NDArray[np.uint8]) -> npt.NDArray[np.bool_]:
    """Return ``(N,)`` whether more than half of the ``(N, 10)`` votes go to one emotion."""
    top = votes.argmax(axis=1)
    return (votes.max(axis=1) * 2 > votes.sum(axis=1)) & (top < _NUM_EMOTIONS)


def has_emotion(votes: npt.NDArray[np.uint8]) -> npt.NDArray[np.bool_]:
    """Return ``(N,)`` whether an emotion has at least as many votes as any other answer."""
    emotion = votes[:, :_NUM_EMOTIONS].max(axis=1)
    return (emotion > 0) & (emotion >= votes[:, _NUM_EMOTIONS:].max(axis=1))


def _read(path: Path) -> Arrays:
    if path.is_dir():
        return _read_csv(path)
    if not path.is_file():
        raise DatasetError(f'FER+ file {path} does not exist')
    try:
        with path.open('rb') as stream, np.load(stream, allow_pickle=False) as file:
            missing = [name for name in _ARRAYS if name not in file]
            if missing:
                raise DatasetError(f'{path} has no array {missing[0]!r}, needed are {_ARRAYS}')
            return {name: file[name] for name in _ARRAYS}
    except (OSError, ValueError, EOFError, BadZipFile) as error:
        raise DatasetError(f'{path} is damaged or not an npz file of plain arrays') from error


def _read_csv(folder: Path) -> Arrays:
    """Read the two files as they are published; a line of one belongs to that of the other."""
    pictures, votes = _rows(folder / PICTURES_CSV), _rows(folder / VOTES_CSV)
    if len(pictures) != len(votes):
        raise DatasetError(
            f'{folder}: {PICTURES_CSV} has {len(pictures)} pictures, {VOTES_CSV} has '
            f'{len(votes)} lines'
        )
    try:
        return {
            'images': np.array(
                [np.array(row['pixels'].split(), np.uint8).reshape(48, 48) for row in pictures]
            ),
            'split': np.array([_USAGES[row['Usage']] for row in pictures], np.int8),
            'ferplus_votes': np.array([[int(row[c]) for c in _VOTES] for row in votes], np.uint8),
            'fer2013_label': np.array([int(row['emotion']) for row in pictures], np.int8),
        }
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise DatasetError(
            f'{folder}: {PICTURES_CSV} or {VOTES_CSV} is damaged: {error!r}'
        ) from error


def _rows(path: Path) -> list[dict[str, str]]:
    if not path.is_file():
        raise DatasetError(f'FER+ file {path} does not exist')
    # A line of pixels is longer than what the module takes for plausible.
    csv.field_size_limit(1_000_000)
    with path.open(newline='', encoding='utf-8') as stream:
        return list(csv.DictReader(stream))


def _repeated(
    images: npt.NDArray[np.generic], split: npt.NDArray[np.generic]
) -> npt.NDArray[np.bool_]:
    """Return ``(N,)`` whether the same picture stands in the validation or test split."""
    pixels = [image.tobytes() for image in images]
    held_out = {
        key for key, part in zip(pixels, split, strict=True) if part != SPLITS.index('train')
    }
    return np.array([key in held_out for key in pixels])
