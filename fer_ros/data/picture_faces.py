"""The faces in labelled pictures: found once, cut out with their landmarks, and cached."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from fer_ros.counted import counted
from fer_ros.data.cache import Arrays, cache_key, load_prepared, prepare
from fer_ros.data.face_set import ALL, SPLITS, FaceSet, one_hot
from fer_ros.data.labelled_pictures import LabelledPictures, Picture, is_in, listed
from fer_ros.data.landmarked_pictures import CHIP_PX, METHOD, cut_chip, landmark_picture
from fer_ros.data.photographs import find_photographs, in_other_splits, pooled
from fer_ros.errors import DatasetError, ImageError
from fer_ros.face.landmarks import LandmarkPredictor
from fer_ros.messages.images import MAX_PIXELS
from fer_ros.messages.picture import decode_picture
from fer_ros.structures import ImageArray, Landmarks

_CHUNK = 200


def load_pictures(
    labelled: LabelledPictures,
    split: str,
    cache: Path,
    rate_hz: float = 30.0,
    progress: bool = True,
) -> FaceSet:
    """Load one split of labelled pictures, with landmarks.

    Pictures are read one by one, and only the part needed for training is kept in memory.

    Args:
        labelled: Pictures of all splits, which are needed to find copies in other splits.
        split: ``train``, ``validation`` or ``test``; or ``all`` of them, for a model that was not
            trained on any. Training pictures whose photograph is also in another split are left
            out, and the remaining copies share their labels.
        cache: Folder for prepared data.
        rate_hz: Frames per second of clips.
        progress: Whether to show a progress bar.

    Raises:
        DatasetError: No picture of the split can be read.
        ModelFileError: The landmark model is missing.
    """
    everything = sorted(labelled.pictures, key=lambda p: (p.clip, p.frame, p.path))
    _require_pictures(labelled, everything, split)
    arrays = _prepared([picture.path for picture in everything], cache, progress)
    readable = arrays['readable']
    pictures = [picture for picture, good in zip(everything, readable, strict=True) if good]
    inside = np.array([is_in(picture, split) for picture in pictures], np.bool_)
    if not inside.any():
        raise DatasetError(f'{labelled.name} has no readable picture in the split {split}')
    if not readable.all():
        arrays = {name: rows[readable] for name, rows in arrays.items()}
    faces = _face_set(pictures, arrays, labelled.classes, rate_hz)
    repeated: list[str] = []
    sharing = 0
    if labelled.from_web and split != ALL:
        faces = _with_copies_known(faces, pictures, split, cache, progress)
        repeated = list(faces.pictures[faces.seen])
        if split == 'train':
            inside &= ~faces.seen
            faces, sharing = _with_labels_shared(faces, pictures, inside)
    undetected = int((inside & ~faces.detected).sum())
    unread = [p.path for p, good in zip(everything, readable, strict=True) if not good]
    of_split = {picture.path for picture in everything if is_in(picture, split)}
    notes = [
        f'{labelled.name} {split}: {counted(inside.sum(), "face")}, {undetected} of them without '
        'a detection, for which the whole picture is the face box.',
        *_about_copies(split, repeated),
        *_about_sharing(sharing),
        *_about_unread([path for path in unread if path in of_split]),
        *labelled.left_out,
    ]
    if not len(faces.clips) and any(picture.clip for picture in pictures):
        notes.append('Clips are ignored: some pictures belong to none.')
    return replace(faces.select(inside), notes=tuple(notes))


def _require_pictures(
    labelled: LabelledPictures, everything: Sequence[Picture], split: str
) -> None:
    name = labelled.name
    if not everything:
        raise DatasetError(f'{name} has no labelled picture{_because(labelled.left_out)}')
    if not any(is_in(picture, split) for picture in everything):
        advice = labelled.about_splits or 'its pictures are in other splits'
        raise DatasetError(
            f'{name} has no picture in the split {split} ({len(everything)} in all): {advice}'
        )
    if not any(picture.path.is_file() for picture in everything):
        raise DatasetError(
            f'{name}: none of its {len(everything)} pictures exists; looked for '
            f'{everything[0].path.absolute()}'
        )


def _because(reasons: Sequence[str]) -> str:
    return ': ' + ' '.join(reasons) if reasons else ''


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
        valence=_known([picture.valence for picture in pictures]),
        arousal=_known([picture.arousal for picture in pictures]),
    )


def _known(values: Sequence[float | None]) -> npt.NDArray[np.float32]:
    """Return the values with NaN for missing ones; empty if all are missing."""
    known = np.array([np.nan if value is None else value for value in values], np.float32)
    return known[:0] if np.isnan(known).all() else known


def _with_copies_known(
    faces: FaceSet, pictures: Sequence[Picture], split: str, cache: Path, progress: bool
) -> FaceSet:
    (photographs,) = find_photographs([(faces.images, faces.landmarks_px)], cache, progress)
    splits = np.array([SPLITS.index(picture.split) for picture in pictures])
    seen = in_other_splits(photographs, splits, SPLITS.index(split))
    return replace(faces, photographs=photographs, seen=seen)


def _with_labels_shared(
    faces: FaceSet, pictures: Sequence[Picture], inside: npt.NDArray[np.bool_]
) -> tuple[FaceSet, int]:
    """Average the labels over the copies of a photograph.

    Returns:
        The faces, and the number of those inside that have got another label.
    """
    # Frames of a clip, and pictures of one person, resemble one another without being copies.
    alone = np.array([not (picture.clip or picture.subject) for picture in pictures])
    chosen = inside & alone
    targets = faces.targets.copy()
    sums = pooled(targets[chosen], faces.photographs[chosen])
    targets[chosen] = sums / sums.sum(axis=1, keepdims=True)
    changed = (targets != faces.targets).any(axis=1)
    return replace(faces, targets=targets), int(changed.sum())


def _about_unread(paths: Sequence[Path]) -> list[str]:
    sentences = []
    for there, one, many in (
        (False, 'does not exist', 'do not exist'),
        (True, 'is damaged or of an unknown kind', 'are damaged or of an unknown kind'),
    ):
        found = [str(path) for path in paths if path.is_file() == there]
        if len(found) == 1:
            sentences.append(f'Left out: {found[0]} {one}.')
        elif found:
            sentences.append(f'Left out: {len(found)} pictures that {many}: {listed(found)}.')
    return sentences


def _about_copies(split: str, repeated: Sequence[str]) -> list[str]:
    if not repeated:
        return []
    if split == 'train':
        return [
            f'Left out: {counted(len(repeated), "training picture")} whose photograph is also in '
            f'the validation or test split: {listed(repeated)}.'
        ]
    return [
        f'The photograph of {len(repeated)} of these pictures is also in the '
        f'{"training" if split == "validation" else "training or validation"} split: '
        f'{listed(repeated)}.'
    ]


def _about_sharing(count: int) -> list[str]:
    if not count:
        return []
    return [
        f'{counted(count, "training picture")} with different labels for copies of one '
        'photograph: each copy has the mean of their labels.'
    ]


def _prepared(paths: Sequence[Path], cache: Path, progress: bool) -> Arrays:
    # Fail here, rather than in every process, if the landmark model is missing.
    LandmarkPredictor()
    chunks = [paths[start : start + _CHUNK] for start in range(0, len(paths), _CHUNK)]
    keys = [cache_key(f'picture {METHOD}', *map(_content, chunk)) for chunk in chunks]
    tasks = dict(zip(keys, chunks, strict=True))
    sizes = {key: len(chunk) for key, chunk in tasks.items()}
    prepare(_prepare_chunk, tasks, cache, 'pictures', sizes, progress)
    arrays: Arrays = {}
    for number, key in enumerate(keys):
        for name, rows in load_prepared(cache, key).items():
            if not number:
                arrays[name] = np.empty((len(paths), *rows.shape[1:]), rows.dtype)
            # Filled in place: concatenating the parts would need twice the memory.
            arrays[name][number * _CHUNK : number * _CHUNK + len(rows)] = rows
    return arrays


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
        # A truncated picture is used as far as it goes.
        picture = decode_picture(path.read_bytes(), cv2.IMREAD_GRAYSCALE, MAX_PIXELS, _ignore)
    except (ImageError, OSError):
        nothing = np.zeros((CHIP_PX, CHIP_PX), np.uint8), Landmarks(np.zeros((68, 2), np.float32))
        return *nothing, 'damaged'
    landmarks, detected = landmark_picture(picture)
    chip, points = cut_chip(picture, landmarks)
    return chip, Landmarks(points), 'detected' if detected else 'whole'


def _ignore(_: str) -> None:
    pass
