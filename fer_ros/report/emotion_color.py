"""The colour of an emotion, the same in pages and in pictures, on white and on dark ground."""

from fer_ros.media.annotate import EMOTION_COLORS_BGR

_OTHER_BGR = (180, 180, 180)
# The colours are made for panels on images; lines on white need a little more ink.
_INK = 0.82


def ink_color(emotion: str) -> tuple[float, float, float]:
    """Return the colour of an emotion as red, green and blue in [0, 1]."""
    blue, green, red = EMOTION_COLORS_BGR.get(emotion, _OTHER_BGR)
    return red * _INK / 255, green * _INK / 255, blue * _INK / 255


def html_color(emotion: str) -> str:
    """Return the colour of an emotion as HTML has it."""
    return '#' + ''.join(f'{round(255 * value):02x}' for value in ink_color(emotion))
