"""FER+: the faces of FER2013 (Goodfellow et al. 2013) with crowd votes (Barsoum et al. 2016)."""

import csv
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from fer_ros.counted import counted
from fer_ros.data.cache import Arrays
from fer_ros.data.dataset import Dataset
from fer_ros.data.face_set import SPLITS, FaceSet, one_hot
from fer_ros.data.landmarked_pictures import landmark_face_crops
from fer_ros.data.photographs import Numbers, find_photographs, in_other_splits, pooled
from fer_ros.errors import DatasetError
from fer_ros.labels import FERPLUS_CLASSES

_ARRAYS = ('images', 'split', 'ferplus_votes', 'fer2013_label')
# The published files. A folder with a file of pictures is FER+; the second form of that file has
# its columns in another order, with a space before their names.
PICTURES_CSV = 'fer2013.csv'
_PICTURES_CSVS = (PICTURES_CSV, 'icml_face_data.csv')
VOTES_CSV = 'fer2013new.csv'
_USAGES = {'Training': 0, 'PublicTest': 1, 'PrivateTest': 2}
_VOTES = (*FERPLUS_CLASSES, 'unknown', 'NF')
# Indexed by FER2013's numbers.
_FER2013_CLASSES = ('anger', 'disgust', 'fear', 'happiness', 'sadness', 'surprise', 'neutral')
_NUM_EMOTIONS = len(FERPLUS_CLASSES)


def load_ferplus(
    path: Path, split: str, cache: Path, protocol: str, progress: bool = True
) -> FaceSet:
    """Load one split with its landmarks.

    Args:
        path: ``fer2013plus.npz`` with ``images (N, 48, 48)``, ``split (N,)``, ``ferplus_votes
            (N, 10)`` and ``fer2013_label (N,)``; or the folder of the published ``fer2013.csv``
            and ``fer2013new.csv``.
        split: ``train``, ``validation`` or ``test``. The published data contains copies, not all
            of them byte by byte. Training faces whose photograph is also in another split are left
            out, and the remaining copies share their votes. In the other splits such faces stay,
            as the protocol requires, and are marked as ``seen``.
        cache: Folder for landmarks and the results of the search for copies.
        protocol: ``majority`` keeps faces with more than half of the votes for one emotion;
            ``votes`` keeps faces with an emotion that is not outvoted by "unknown" or "not a
            face". In both, targets are the distribution of the votes.
        progress: Whether to show a progress bar.

    Raises:
        DatasetError: The file is missing, damaged or lacks an array.
    """
    arrays = _read(path)
    # Landmarks are found for all faces at once, so that splits and protocols share the cache.
    landmarks, detected = landmark_face_crops(arrays['images'], cache, progress=progress)
    (photographs,) = find_photographs([(arrays['images'], landmarks)], cache, progress)
    number = SPLITS.index(split)
    inside = arrays['split'] == number
    seen = in_other_splits(photographs, arrays['split'], number)
    votes = arrays['ferplus_votes'].astype(np.int64)
    if split == 'train':
        inside &= ~seen
        votes[inside] = pooled(votes[inside], photographs[inside])
    votes = without_single_votes(votes)
    chosen = inside & (majority(votes) if protocol == 'majority' else has_emotion(votes))
    emotions = votes[chosen, :_NUM_EMOTIONS].astype(np.float32)
    return FaceSet(
        arrays['images'][chosen],
        landmarks[chosen],
        emotions / emotions.sum(axis=1, keepdims=True),
        FERPLUS_CLASSES,
        one_hot(arrays['fer2013_label'][chosen].astype(np.int64), len(_FER2013_CLASSES)),
        pictures=np.flatnonzero(chosen).astype(np.str_),
        detected=detected[chosen],
        photographs=photographs[chosen],
        seen=seen[chosen],
        second_classes=_FER2013_CLASSES,
        notes=(
            f'FER+ {split}: {chosen.sum()} faces, {(chosen & ~detected).sum()} of them without a '
            'detection, for which the whole picture is the face box.',
            _about_copies(split, photographs[chosen], int(seen[chosen].sum()), int(seen.sum())),
        ),
    )


def _about_copies(split: str, photographs: Numbers, kept_seen: int, seen: int) -> str:
    counts = np.bincount(np.unique(photographs, return_inverse=True)[1])
    if split == 'train':
        return (
            f'Left out: {counted(seen, "training face")} whose photograph is also in the '
            'validation or test split, cropped or compressed differently. '
            f'{counts[counts > 1].sum()} of the remaining faces are copies of '
            f'{(counts > 1).sum()} photographs; copies share their votes.'
        )
    others = 'training split' if split == 'validation' else 'training or validation split'
    return (
        f'The photograph of {kept_seen} of these faces is also in the {others}, cropped or '
        'compressed differently.'
    )


def without_single_votes(votes: Numbers) -> Numbers:
    """Return ``(N, 10)`` votes without the classes that only one rater has chosen."""
    return np.where(votes > 1, votes, 0)


def majority(votes: Numbers) -> npt.NDArray[np.bool_]:
    """Return ``(N,)`` whether more than half of the ``(N, 10)`` votes go to one emotion."""
    top = votes.argmax(axis=1)
    return (votes.max(axis=1) * 2 > votes.sum(axis=1)) & (top < _NUM_EMOTIONS)


def has_emotion(votes: Numbers) -> npt.NDArray[np.bool_]:
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
                raise DatasetError(f'{path} has no array {missing[0]!r}, expected {_ARRAYS}')
            return {name: file[name] for name in _ARRAYS}
    except (OSError, ValueError, EOFError, BadZipFile) as error:
        raise DatasetError(f'{path} is damaged or not an npz file of plain arrays') from error


def pictures_csv(folder: Path) -> Path | None:
    """Return the file with the pictures of FER2013 in a folder; None if there is none."""
    return next((folder / name for name in _PICTURES_CSVS if (folder / name).is_file()), None)


def _read_csv(folder: Path) -> Arrays:
    """Read the two published files, whose lines correspond."""
    file = pictures_csv(folder) or folder / PICTURES_CSV
    pictures, votes = _rows(file), _rows(folder / VOTES_CSV)
    if len(pictures) != len(votes):
        raise DatasetError(
            f'{folder}: {file.name} has {len(pictures)} pictures, {VOTES_CSV} has '
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
            f'{folder}: {file.name} or {VOTES_CSV} is damaged: {error!r}'
        ) from error


def _rows(path: Path) -> list[dict[str, str]]:
    if not path.is_file():
        raise DatasetError(f'FER+ file {path} does not exist')
    # A line of pixels exceeds the module's default limit.
    csv.field_size_limit(1_000_000)
    with path.open(newline='', encoding='utf-8') as stream:
        reader = csv.DictReader(stream)
        reader.fieldnames = [name.strip() for name in reader.fieldnames or ()]
        return list(reader)


def _load(path: Path, split: str, fold: int, cache: Path, progress: bool) -> FaceSet:
    # Training uses all faces; models are judged on those on which the raters agree.
    protocol = 'votes' if split == 'train' else 'majority'
    return load_ferplus(path, split, cache, protocol, progress)


FERPLUS = Dataset(
    'ferplus', 'FER+', lambda path: path.is_file() or pictures_csv(path) is not None, _load
)
