"""CK+ (Lucey et al. 2010): 593 posed sequences of 123 people, 327 of them with an emotion.

Its files are ``cohn-kanade-images/S005/001/S005_001_00000001.png`` and so on, and
``Emotion/S005/001/S005_001_00000011_emotion.txt`` (also in ``Emotion_labels``).
"""

from dataclasses import dataclass, field
from pathlib import Path

from fer_ros.counted import counted
from fer_ros.data.dataset import Dataset, pictures_of
from fer_ros.data.labelled_pictures import (
    SUBJECT_FOLDS,
    LabelledPictures,
    Picture,
    listed,
    recorded_pictures,
)
from fer_ros.errors import DatasetError

_IMAGES = 'cohn-kanade-images'
_EMOTIONS = ('Emotion', 'Emotion_labels/Emotion', 'Emotion_labels')
# Indexed by the data set's numbers, from 0.
_CLASSES = (
    'neutral',
    'anger',
    'contempt',
    'disgust',
    'fear',
    'happiness',
    'sadness',
    'surprise',
)
# A sequence goes from the neutral face to the peak of the emotion.
_PEAK_FRAMES = 3


@dataclass
class _Found:
    pictures: list[Picture] = field(default_factory=list)
    unlabelled: list[str] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)
    short: list[str] = field(default_factory=list)

    def left_out(self) -> tuple[str, ...]:
        kinds = (
            (self.unlabelled, 'without an emotion'),
            (self.damaged, 'with an emotion that is damaged or not a number from 0 to 7'),
            (self.short, f'of fewer than {_PEAK_FRAMES + 1} pictures'),
        )
        return tuple(
            f'Left out: {counted(len(names), "sequence")} {what}: {listed(names)}.'
            for names, what in kinds
            if names
        )


def find_ck_plus(path: Path, fold: int) -> LabelledPictures:
    """Return the pictures that are usually used of each labelled sequence.

    These are the first one, which is neutral, and the last three, which show the emotion.

    Args:
        path: Folder with ``cohn-kanade-images`` and ``Emotion``.
        fold: Number of the fold, 1 to 10; see ``recorded_pictures``.

    Raises:
        DatasetError: The folder with the labels is missing.
    """
    emotions = next((path / name for name in _EMOTIONS if (path / name).is_dir()), None)
    if emotions is None:
        raise DatasetError(
            f'CK+ folder {path} has no folder Emotion: unpack Emotion_labels.zip there'
        )
    found = _Found()
    for sequence in sorted((path / _IMAGES).glob('S*/*')):
        if sequence.is_dir():
            _add(sequence, emotions / sequence.parent.name / sequence.name, found)
    return recorded_pictures('CK+', found.pictures, fold, found.left_out())


def _add(sequence: Path, labels: Path, found: _Found) -> None:
    subject = sequence.parent.name
    name = f'{subject}/{sequence.name}'
    files = sorted(labels.glob('*_emotion.txt')) if labels.is_dir() else []
    if not files:
        found.unlabelled.append(name)
        return
    emotion = _emotion(files[0])
    frames = sorted(sequence.glob('*.png'))
    if emotion is None:
        found.damaged.append(name)
    elif len(frames) <= _PEAK_FRAMES:
        found.short.append(name)
    else:
        found.pictures.append(Picture(frames[0], 'neutral', subject=subject))
        found.pictures += [Picture(f, emotion, subject=subject) for f in frames[-_PEAK_FRAMES:]]


def _emotion(file: Path) -> str | None:
    """Return the emotion in a file that contains a number like ``3.0000000e+00``."""
    try:
        value = float(file.read_text(encoding='utf-8'))
    except (OSError, ValueError):
        return None
    return _CLASSES[int(value)] if value in range(len(_CLASSES)) else None


CK_PLUS = Dataset(
    'ck_plus',
    'CK+',
    lambda path: (path / _IMAGES).is_dir(),
    pictures_of(find_ck_plus),
    SUBJECT_FOLDS,
)
