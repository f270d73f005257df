"""The pictures of a data set with labels and splits, before any of them is read."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from fer_ros.data.face_set import ALL
from fer_ros.labels import FERPLUS_CLASSES

# Upper bounds of the first byte of a hash: 10 % validation, 10 % test, 80 % training.
_VALIDATION, _TEST = 26, 51
# Folds by subject, as usual for the data sets of ``recorded_pictures``.
SUBJECT_FOLDS = 10
# The highest number of names in one sentence.
_MOST_NAMES = 10


@dataclass(frozen=True)
class Picture:
    """A picture of one person's face.

    Attributes:
        path: File of the picture.
        label: Class of the face, by this package's name for it.
        split: ``train``, ``validation`` or ``test``; empty if not decided yet.
        subject: Name of the person; empty if unknown.
        clip: Name of the clip of which it is a frame; empty for a still.
        frame: Number of the frame in the clip.
        valence: Pleasantness of the expression, -1 to 1; None if unknown.
        arousal: Excitement of the expression, -1 to 1; None if unknown.
        judged: Whether models are judged on the picture; if not, it is used only for training.
    """

    path: Path
    label: str
    split: str = ''
    subject: str = ''
    clip: str = ''
    frame: int = 0
    valence: float | None = None
    arousal: float | None = None
    judged: bool = True


@dataclass(frozen=True)
class LabelledPictures:
    """The pictures of a data set.

    Attributes:
        name: Name of the data set, for messages.
        pictures: All labelled pictures.
        classes: Classes of the data set.
        left_out: A sentence for each kind of picture that is left out, with the reason.
        about_splits: Advice for the error message about an empty split.
        from_web: Whether near-identical pictures are copies of one photograph, which must not be
            in two splits. In data that was recorded in one place, pictures of one person with
            different expressions are nearly as similar, and the splits are by subject.
    """

    name: str
    pictures: Sequence[Picture]
    classes: tuple[str, ...]
    left_out: tuple[str, ...] = ()
    about_splits: str = ''
    from_web: bool = True


def is_in(picture: Picture, split: str) -> bool:
    """Return whether a picture belongs to a split, or to ``all``."""
    if split == ALL:
        return picture.judged
    return picture.split == split and (picture.judged or split == 'train')


def in_order(classes: Iterable[str]) -> tuple[str, ...]:
    """Return classes in this package's order, followed by unknown ones in alphabetical order."""
    known = {name: number for number, name in enumerate(FERPLUS_CLASSES)}
    return tuple(sorted(set(classes), key=lambda name: (known.get(name, len(known)), name)))


def classes_of(pictures: Iterable[Picture]) -> tuple[str, ...]:
    """Return the classes of some pictures, in this package's order."""
    return in_order(picture.label for picture in pictures)


def hashed_split(name: str) -> str:
    """Return the split for a name without a given one; the same name always gets the same."""
    # The bytes of the name, which need not be UTF-8.
    value = hashlib.sha256(name.encode(errors='surrogateescape')).digest()[0]
    return 'validation' if value < _VALIDATION else 'test' if value < _TEST else 'train'


def with_validation(pictures: Sequence[Picture]) -> list[Picture]:
    """Return the pictures with a tenth of the training ones moved to validation."""
    return [
        replace(picture, split='validation')
        if picture.split == 'train' and hashed_split(picture.path.name) == 'validation'
        else picture
        for picture in pictures
    ]


def recorded_pictures(
    name: str, pictures: Sequence[Picture], fold: int, left_out: Sequence[str]
) -> LabelledPictures:
    """Return pictures that were recorded in one place, with their splits in one fold.

    No subject is in two splits. Every tenth subject in the order of their names is in the test
    split of a fold, as is usual for data sets without published splits; those of the next fold are
    for validation, the others for training.

    Args:
        name: Name of the data set.
        pictures: Pictures whose subjects are known.
        fold: Number of the fold, 1 to ``SUBJECT_FOLDS``.
        left_out: A sentence for each kind of picture that is left out.
    """
    subjects = sorted({picture.subject for picture in pictures})
    fold_of = {subject: number % SUBJECT_FOLDS + 1 for number, subject in enumerate(subjects)}
    split_of = {fold % SUBJECT_FOLDS + 1: 'validation', fold: 'test'}
    split = [
        replace(picture, split=split_of.get(fold_of[picture.subject], 'train'))
        for picture in pictures
    ]
    return LabelledPictures(name, split, classes_of(split), tuple(left_out), from_web=False)


def listed(names: Sequence[str]) -> str:
    """Return names as a text; of many, only the first ones."""
    return ', '.join(names[:_MOST_NAMES]) + (
        f' and {len(names) - _MOST_NAMES} more' if len(names) > _MOST_NAMES else ''
    )
