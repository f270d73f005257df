"""Joins the face sets of several data sets, which need not have the same fields and classes."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from fer_ros.counted import counted
from fer_ros.data.face_set import FaceSet
from fer_ros.data.labelled_pictures import in_order
from fer_ros.structures import FloatArray, ImageArray

# Values of fields for faces whose set lacks them. Other fields are joined only if all sets have
# them.
_MISSING: dict[str, Any] = {
    'pictures': '',
    'detected': True,
    'seen': False,
    'valence': np.float32(np.nan),
    'arousal': np.float32(np.nan),
}
_OF_ALL = ('clips', 'stamps_s')


def join_sets(sets: Sequence[FaceSet]) -> FaceSet:
    """Return the faces of several sets as one set.

    It has the classes of all sets; ``known_classes`` records which of them the set of each face
    has. Smaller pictures are padded on the right and at the bottom with their last pixels, as
    alignment does beyond an edge. Subjects of different sets are taken to be different people.
    Copies are known only within each set.
    """
    classes = in_order(name for part in sets for name in part.classes)
    second = in_order(name for part in sets for name in part.second_classes)
    counts = [len(part) for part in sets]
    subjects = [part.subjects for part in sets]
    return FaceSet(
        _images(sets),
        np.concatenate([part.landmarks_px for part in sets]),
        np.concatenate([_in_columns(part.targets, part.classes, classes) for part in sets]),
        classes,
        second_targets=np.concatenate([_second_targets(part, second) for part in sets]),
        second_classes=second,
        known_classes=np.concatenate(
            [np.tile(np.isin(classes, part.classes), (len(part), 1)) for part in sets]
        ),
        set_numbers=np.repeat(np.arange(len(sets)), counts),
        subjects=np.concatenate(
            [np.char.add(f'{number}/', names) for number, names in enumerate(subjects)]
        )
        if _all_have(sets, 'subjects')
        else np.zeros(0, np.str_),
        notes=tuple(note for part in sets for note in part.notes),
        **{name: _field(sets, name, missing) for name, missing in _MISSING.items()},
        **{
            name: np.concatenate([getattr(part, name) for part in sets])
            for name in _OF_ALL
            if _all_have(sets, name)
        },
    )


def without_copies(
    sets: Sequence[FaceSet],
    held_out: Sequence[Sequence[npt.NDArray[np.int64]]],
    photographs: Sequence[npt.NDArray[np.int64]],
    names: Sequence[str],
) -> list[FaceSet]:
    """Return training faces without those whose photograph another data set holds out.

    Args:
        sets: Training faces of each data set.
        held_out: For each data set, the photograph numbers of its validation and test faces.
        photographs: For each data set, the ``(N,)`` photograph numbers of its training faces.
        names: Names of the data sets, for the notes.
    """
    kept = []
    for number, (faces, numbers, name) in enumerate(zip(sets, photographs, names, strict=True)):
        others = [part for n, parts in enumerate(held_out) if n != number for part in parts]
        repeated = np.isin(numbers, np.concatenate(others)) if others else numbers < 0
        learned = [part for n, part in enumerate(photographs) if n != number]
        shared = int((np.isin(numbers, np.concatenate(learned)) & ~repeated).sum())
        notes = [
            f'{name}: left out because the photograph is in the validation or test split of other '
            f'data: {counted(repeated.sum(), "training face")}.'
        ]
        if shared:
            notes.append(
                f'{name}: the photograph of {counted(shared, "training face")} is also among the '
                'training faces of other data; both labels are kept.'
            )
        kept.append(replace(faces.select(~repeated), notes=tuple(notes)))
    return kept


def _images(sets: Sequence[FaceSet]) -> ImageArray:
    shapes = [part.images.shape for part in sets]
    height, width = (max(shape[axis] for shape in shapes) for axis in (1, 2))
    images = np.empty((sum(shape[0] for shape in shapes), height, width), np.uint8)
    start = 0
    for part, (count, rows, columns) in zip(sets, shapes, strict=True):
        place = images[start : start + count]
        place[:, :rows, :columns] = part.images
        place[:, :rows, columns:] = part.images[:, :, -1:]
        place[:, rows:] = place[:, rows - 1 : rows]
        start += count
    return images


def _in_columns(targets: FloatArray, classes: Sequence[str], wanted: Sequence[str]) -> FloatArray:
    """Return targets with the columns of ``wanted``, 0 for classes that they lack."""
    columns = np.zeros((len(targets), len(wanted)), np.float32)
    columns[:, [wanted.index(name) for name in classes]] = targets
    return columns


def _second_targets(part: FaceSet, classes: Sequence[str]) -> FloatArray:
    if not len(part.second_targets):
        return np.zeros((len(part), len(classes)), np.float32)
    return _in_columns(part.second_targets, part.second_classes, classes)


def _all_have(sets: Sequence[FaceSet], name: str) -> bool:
    return all(len(getattr(part, name)) == len(part) for part in sets)


def _field(sets: Sequence[FaceSet], name: str, missing: Any) -> npt.NDArray[Any]:
    given = [getattr(part, name) for part in sets]
    if not any(map(len, given)):
        return given[0]
    return np.concatenate(
        [
            values if len(values) else np.full(len(part), missing)
            for part, values in zip(sets, given, strict=True)
        ]
    )
