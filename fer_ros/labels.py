"""The emotions, and their names and order in data sets."""

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


# Order of the vote columns in FER+ (Barsoum et al. 2016); the two further columns, "unknown" and
# "not a face", are not expressions.
FERPLUS_CLASSES: tuple[str, ...] = tuple(emotion.value for emotion in Emotion)

# Codes in the file names of CREMA-D (Cao et al. 2014), and the letters of its crowd votes.
CREMA_D_CODES: dict[str, str] = {
    'ANG': 'anger',
    'DIS': 'disgust',
    'FEA': 'fear',
    'HAP': 'happiness',
    'NEU': 'neutral',
    'SAD': 'sadness',
}
CREMA_D_CLASSES: tuple[str, ...] = tuple(CREMA_D_CODES.values())

# Other names of the emotions in data sets.
_OTHER_NAMES = {
    'angry': 'anger',
    'disgusted': 'disgust',
    'fearful': 'fear',
    'afraid': 'fear',
    'happy': 'happiness',
    'joy': 'happiness',
    'sad': 'sadness',
    'surprised': 'surprise',
    'contemptuous': 'contempt',
    **{code.lower(): name for code, name in CREMA_D_CODES.items()},
    # Codes in the file names of JAFFE (Lyons et al. 1998) and KDEF (Lundqvist et al. 1998).
    'af': 'fear',
    'an': 'anger',
    'di': 'disgust',
    'fe': 'fear',
    'ha': 'happiness',
    'ne': 'neutral',
    'sa': 'sadness',
    'su': 'surprise',
}


def class_name(label: str) -> str:
    """Return the name used here for a data set's class name; unknown names are returned unchanged.

    >>> class_name('Happy')
    'happiness'
    """
    name = label.strip().lower()
    return _OTHER_NAMES.get(name, name)
