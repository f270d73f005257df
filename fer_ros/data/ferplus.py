"""FER+: the faces of FER2013 (Goodfellow et al. 2013) with crowd votes (Barsoum et al. 2016)."""

from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from fer_ros.data.face_landmarks import landmark_face_crops
from fer_ros.data.face_set import FaceSet
from fer_ros.errors import DatasetError
from fer_ros.labels import FERPLUS_CLASSES

SPLITS = {'train': 0, 'validation': 1, 'test': 2}
_ARRAYS = ('images', 'split', 'ferplus_votes')
_NUM_EMOTIONS = len(FERPLUS_CLASSES)


def load_ferplus(
    path: Path, split: str, cache: Path, protocol: str, progress: bool = True
) -> FaceSet:
    """Load one split with its landmarks.

    Args:
        path: ``fer2013plus.npz`` with ``images (N, 48, 48)``, ``split (N,)`` and ``ferplus_votes
            (N, 10)``.
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
    chosen = arrays['split'] == SPLITS[split]
    if split == 'train':
        chosen &= ~_repeated(arrays['images'], arrays['split'])
    votes = without_single_votes(arrays['ferplus_votes'])
    chosen &= majority(votes) if protocol == 'majority' else has_emotion(votes)
    # All faces are given landmarks together, so that splits and protocols share the cache.
    landmarks, detected = landmark_face_crops(arrays['images'], cache, progress=progress)
    if progress:
        print(
            f'FER+ {split}: {chosen.sum()} faces, {(chosen & ~detected).sum()} of them without a '
            'detection, for which the whole picture is the face box'
        )
    emotions = votes[chosen, :_NUM_EMOTIONS].astype(np.float32)
    return FaceSet(
        arrays['images'][chosen],
        landmarks[chosen],
        emotions / emotions.sum(axis=1, keepdims=True),
        FERPLUS_CLASSES,
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


def _read(path: Path) -> dict[str, npt.NDArray[Any]]:
    if not path.is_file():
        raise DatasetError(f'FER+ file {path} does not exist')
    try:
        with path.open('rb') as stream, np.load(stream, allow_pickle=False) as file:
            missing = [name for name in _ARRAYS if name not in file]
            if missing:
                raise DatasetError(f'{path} has no array {missing[0]!r}, needed are {_ARRAYS}')
            return {name: file[name] for name in _ARRAYS}
    except (OSError, ValueError, EOFError, BadZipFile) as error:
        raise DatasetError(f'{path} is damaged or not an npz file: {error}') from error


def _repeated(
    images: npt.NDArray[np.generic], split: npt.NDArray[np.generic]
) -> npt.NDArray[np.bool_]:
    """Return ``(N,)`` whether the same picture stands in the validation or test split."""
    pixels = [image.tobytes() for image in images]
    held_out = {key for key, part in zip(pixels, split, strict=True) if part != SPLITS['train']}
    return np.array([key in held_out for key in pixels])
