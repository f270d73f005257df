"""The emotions, their one order, and the maps from and to the names that data sets use."""

from collections.abc import Sequence
from enum import Enum


class Emotion(str, Enum):
    """A class of facial expression; the value is the name used in messages and files."""

    NEUTRAL = 'neutral'
    HAPPINESS = 'happiness'
    SURPRISE = 'surprise'
    SADNESS = 'sadness'
    ANGER = 'anger'
    DISGUST = 'disgust'
    FEAR = 'fear'
    CONTEMPT = 'contempt'


# Order of the vote columns in FER+ (Barsoum et al. 2016); the two that follow them there,
# "unknown" and "not a face", are no expressions.
FERPLUS_CLASSES: tuple[str, ...] = tuple(emotion.value for emotion in Emotion)

CREMA_D_CLASSES: tuple[str, ...] = (
    Emotion.ANGER.value,
    Emotion.DISGUST.value,
    Emotion.FEAR.value,
    Emotion.HAPPINESS.value,
    Emotion.NEUTRAL.value,
    Emotion.SADNESS.value,
)

# Integer labels of FER2013 (Goodfellow et al. 2013), index = label.
FER2013_CLASSES: tuple[str, ...] = (
    Emotion.ANGER.value,
    Emotion.DISGUST.value,
    Emotion.FEAR.value,
    Emotion.HAPPINESS.value,
    Emotion.SADNESS.value,
    Emotion.SURPRISE.value,
    Emotion.NEUTRAL.value,
)


def class_indices(classes: Sequence[str], within: Sequence[str]) -> list[int]:
    """Return the position of each of ``classes`` in ``within``.

    Raises:
        KeyError: A class does not occur in ``within``.
    """
    position = {name: index for index, name in enumerate(within)}
    return [position[name] for name in classes]
