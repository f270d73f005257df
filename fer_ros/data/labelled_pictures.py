"""What a data set says of its pictures, before any of them is read, and who is in which split."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from fer_ros.data.face_set import ALL
from fer_ros.labels import FERPLUS_CLASSES

# What one byte of a hash has to be below: 80, 10 and 10 % of the subjects.
_VALIDATION, _TEST = 26, 51
# Folds by subject, as usual for the data sets of ``recorded_pictures``.
SUBJECT_FOLDS = 10
# So many names are said of what is wrong in the same way.
_MOST_NAMES = 10


@dataclass(frozen=True)
class Picture:
    """A picture of one person's face.

    Attributes:
        path: File of the picture.
        label: Its class, by the name used here.
        split: ``train``, ``validation`` or ``test``; empty where it is not decided yet.
        subject: Whose face it is; empty when unknown.
        clip: Clip of which it is a frame; empty for a still.
        frame: Its number there.
        valence: How pleasant the expression is, -1 to 1; ``None`` where nobody says so.
        arousal: How excited it is, -1 to 1; ``None`` where nobody says so.
        judged: Whether a model is judged by it; else it is only learned from.
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
        pictures: All that have a label.
        classes: That the data set tells apart.
        left_out: A sentence for each kind of picture that is left out, and why.
        about_splits: What to say where a split is empty.
        from_web: Whether pictures that look alike are copies of one photograph, which are not to
            stand in two splits. Where people were recorded in one place, a face with another
            expression is nearly as much alike, and the splits are by subject.
    """

    name: str
    pictures: Sequence[Picture]
    classes: tuple[str, ...]
    left_out: tuple[str, ...] = ()
    about_splits: str = ''
    from_web: bool = True


def is_in(picture: Picture, split: str) -> bool:
    """Return whether a picture is part of a split, or of ``all``."""
    if split == ALL:
        return picture.judged
    return picture.split == split and (picture.judged or split == 'train')


def in_order(classes: Iterable[str]) -> tuple[str, ...]:
    """Return classes in the order used here, those of unknown names after them by the alphabet."""
    known = {name: number for number, name in enumerate(FERPLUS_CLASSES)}
    return tuple(sorted(set(classes), key=lambda name: (known.get(name, len(known)), name)))


def classes_of(pictures: Iterable[Picture]) -> tuple[str, ...]:
    """Return the classes of which there is a picture, in the order used here."""
    return in_order(picture.label for picture in pictures)


def hashed_split(name: str) -> str:
    """Return the split that a name has where none is given: always the same one."""
    value = hashlib.sha256(name.encode()).digest()[0]
    return 'validation' if value < _VALIDATION else 'test' if value < _TEST else 'train'


def with_validation(pictures: Sequence[Picture]) -> list[Picture]:
    """Return pictures of which a tenth of the training ones is for validation instead."""
    return [
        replace(picture, split='validation')
        if picture.split == 'train' and hashed_split(picture.path.name) == 'validation'
        else picture
        for picture in pictures
    ]


def recorded_pictures(
    name: str, pictures: Sequence[Picture], fold: int, left_out: Sequence[str]
) -> LabelledPictures:
    """Return the pictures of people who were recorded in one place; nobody is in two splits.

    Every tenth subject in the order of their names is a fold's test, as usual where a data set has
    no lists of its own; those of the next fold validate, the others train.

    Args:
        name: Name of the data set.
        pictures: Pictures with a subject each.
        fold: Number of one of ``SUBJECT_FOLDS`` folds, from 1.
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
    """Return names as a text, the first ones of many."""
    return ', '.join(names[:_MOST_NAMES]) + (
        f' and {len(names) - _MOST_NAMES} more' if len(names) > _MOST_NAMES else ''
    )
