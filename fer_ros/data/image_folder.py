"""A folder of labelled pictures: ``<class>/*.jpg``, or a ``manifest.csv``."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from fer_ros.data.cache import Arrays, cache_key, load_prepared, prepare
from fer_ros.data.face_set import SPLITS, FaceSet, one_hot
from fer_ros.data.landmarked_pictures import CHIP_PX, METHOD, cut_chip, landmark_picture
from fer_ros.data.manifest import (
    MANIFEST,
    Picture,
    hashed_split,
    listed,
    read_manifest,
    split_name,
)
from fer_ros.data.photographs import find_photographs, in_other_splits, pooled
from fer_ros.errors import DatasetError, ImageError
from fer_ros.face.landmarks import LandmarkPredictor
from fer_ros.labels import class_name
from fer_ros.media.picture_files import IMAGE_SUFFIXES
from fer_ros.messages.images import MAX_PIXELS
from fer_ros.messages.picture import decode_picture
from fer_ros.structures import ImageArray, Landmarks

_CHUNK = 200


def load_image_folder(
    folder: Path, split: str, cache: Path, rate_hz: float = 30.0, progress: bool = True
) -> FaceSet:
    """Load one split of a folder of pictures, with landmarks.

    Args:
        folder: Holds ``manifest.csv`` with the columns ``path`` (from the folder) and ``label``,
            and if wanted ``subject``, ``clip``, ``frame`` and ``split``; or a folder of pictures
            for each class; or such folders within ``train``, ``validation`` (``val``, ``valid``,
            ``dev``) and ``test``, beside which others are left out. Where splits are not given,
            a tenth of the subjects (else of the clips, else of the pictures) is for validation
            and a tenth for testing, chosen by a hash of the name.
        split: ``train``, ``validation`` or ``test``.
        cache: Folder for what was prepared.
        rate_hz: Frames per second of clips.
        progress: Whether to draw a progress bar.

    Raises:
        DatasetError: There is no picture, or the manifest cannot be used.
        ModelFileError: There is no landmark model.
    """
    everything = sorted(
        find_pictures(folder), key=lambda picture: (picture.clip, picture.frame, picture.path)
    )
    classes = tuple(sorted({picture.label for picture in everything}))
    if all(picture.split != split for picture in everything):
        raise DatasetError(
            f'{folder} has no picture in the split {split}, of {len(everything)} in all: put some '
            f'of each class into a folder {split}, beside one that is called train'
        )
    if not any(picture.path.is_file() for picture in everything):
        raise DatasetError(
            f'{folder / MANIFEST}: none of its {len(everything)} pictures is there; looked for '
            f'{everything[0].path.absolute()}, as paths count from the folder of the manifest'
        )
    # Those of all splits: which have copies in another one is known only then.
    arrays = _prepared([picture.path for picture in everything], cache, progress)
    readable = arrays['readable']
    pictures = [picture for picture, good in zip(everything, readable, strict=True) if good]
    inside = np.array([picture.split == split for picture in pictures], np.bool_)
    if not inside.any():
        raise DatasetError(f'{folder} has no picture that can be read in the split {split}')
    faces = _face_set(
        pictures, {name: rows[readable] for name, rows in arrays.items()}, classes, rate_hz
    )
    (photographs,) = find_photographs([(faces.images, faces.landmarks_px)], cache, progress)
    splits = np.array([SPLITS.index(picture.split) for picture in pictures])
    seen = in_other_splits(photographs, splits, SPLITS.index(split))
    repeated = [str(picture.path) for picture, known in zip(pictures, seen, strict=True) if known]
    faces = replace(faces, photographs=photographs, seen=seen)
    if split == 'train':
        faces = _without_copies(faces, inside)
        inside &= ~seen
    undetected = int((inside & ~faces.detected).sum())
    notes = [
        f'{folder.name} {split}: {inside.sum()} faces, {undetected} of them without a detection, '
        'for which the whole picture is the face box.',
        *_about_copies(split, repeated),
        *(
            f'Left out: {picture.path} {_why_unreadable(picture.path)}.'
            for picture, good in zip(everything, readable, strict=True)
            if not good and picture.split == split
        ),
    ]
    if others := other_folders(folder):
        notes.append(
            f'Left out: {listed(others)}, which lie beside the folders of the splits and have '
            f'none of their names.'
        )
    if not len(faces.clips) and any(picture.clip for picture in pictures):
        notes.append('Clips are not told apart: some pictures belong to none.')
    return replace(faces.select(inside), notes=tuple(notes))


def _face_set(
    pictures: Sequence[Picture],
    arrays: Arrays,
    classes: tuple[str, ...],
    rate_hz: float,
) -> FaceSet:
    labels = np.array([classes.index(picture.label) for picture in pictures])
    subjects = np.array([picture.subject for picture in pictures])
    clips = np.array([picture.clip for picture in pictures])
    frames = np.array([picture.frame for picture in pictures], np.float64)
    in_clips = bool((clips != '').all())
    return FaceSet(
        arrays['chips'],
        arrays['landmarks_px'],
        one_hot(labels, len(classes)),
        classes,
        subjects=subjects if (subjects != '').all() else np.zeros(0, np.str_),
        clips=clips if in_clips else np.zeros(0, np.str_),
        stamps_s=frames / rate_hz if in_clips else np.zeros(0),
        pictures=np.array([str(picture.path) for picture in pictures]),
        detected=arrays['detected'],
    )


def _without_copies(faces: FaceSet, inside: npt.NDArray[np.bool_]) -> FaceSet:
    """Let the training faces whose photograph stands nowhere else share their labels."""
    kept = inside & ~faces.seen
    targets = faces.targets.copy()
    sums = pooled(targets[kept], faces.photographs[kept])
    targets[kept] = sums / sums.sum(axis=1, keepdims=True)
    return replace(faces, targets=targets)


def _why_unreadable(path: Path) -> str:
    return 'is damaged or of an unknown kind' if path.is_file() else 'does not exist'


def _about_copies(split: str, repeated: Sequence[str]) -> list[str]:
    if not repeated:
        return []
    if split == 'train':
        return [
            f'Left out: {len(repeated)} training pictures that show a photograph of the '
            f'validation or test split: {listed(repeated)}.'
        ]
    return [
        f'{len(repeated)} of these pictures show a photograph that stands in the '
        f'{"training" if split == "validation" else "training or validation"} split too: '
        f'{listed(repeated)}.'
    ]


def find_pictures(folder: Path) -> list[Picture]:
    """Return all pictures of a folder, as ``load_image_folder`` understands it.

    Raises:
        DatasetError: There is no picture, or the manifest cannot be used.
    """
    if not folder.is_dir():
        raise DatasetError(f'folder {folder} does not exist')
    if (folder / MANIFEST).is_file():
        return read_manifest(folder)
    given = split_folders(folder)
    if {'train', 'test'} & set(given.values()):
        found = [p for place, split in given.items() for p in _in_classes(place, split)]
        if 'validation' not in given.values():
            found = [_for_validation(picture) for picture in found]
    else:
        found = _in_classes(folder, '')
    if not found:
        raise DatasetError(
            f'{folder} has neither {MANIFEST} nor a folder of pictures for each class '
            f'({", ".join(IMAGE_SUFFIXES)})'
        )
    return found


def split_folders(folder: Path) -> dict[Path, str]:
    """Return the folders of a data set that have the name of a split, with that split."""
    named = ((place, split_name(place.name)) for place in sorted(folder.iterdir()))
    return {place: split for place, split in named if split and place.is_dir()}


def other_folders(folder: Path) -> list[str]:
    """Return the names of folders of pictures that lie beside those of splits and are not read."""
    given = split_folders(folder)
    if (folder / MANIFEST).is_file() or not {'train', 'test'} & set(given.values()):
        return []
    return [
        place.name
        for place in sorted(folder.iterdir())
        if place.is_dir()
        and place not in given
        and any(file.suffix.lower() in IMAGE_SUFFIXES for file in place.rglob('*'))
    ]


def _in_classes(folder: Path, split: str) -> list[Picture]:
    return [
        Picture(path, class_name(path.parent.name), split or hashed_split(path.name))
        for path in sorted(folder.glob('*/*'))
        if path.suffix.lower() in IMAGE_SUFFIXES and not path.parent.name.startswith('.')
    ]


def _for_validation(picture: Picture) -> Picture:
    """Take a tenth of the training pictures for validation."""
    chosen = picture.split == 'train' and hashed_split(picture.path.name) == 'validation'
    return replace(picture, split='validation') if chosen else picture


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
    try:
        # One that ends early is taken as far as it goes.
        picture = decode_picture(path.read_bytes(), cv2.IMREAD_GRAYSCALE, MAX_PIXELS, _ignore)
    except (ImageError, OSError):
        nothing = np.zeros((CHIP_PX, CHIP_PX), np.uint8), Landmarks(np.zeros((68, 2), np.float32))
        return *nothing, 'damaged'
    landmarks, detected = landmark_picture(picture)
    chip, points = cut_chip(picture, landmarks)
    return chip, Landmarks(points), 'detected' if detected else 'whole'


def _ignore(_: str) -> None:
    pass
