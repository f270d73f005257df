"""The emotions and the order in which data sets name them."""

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
