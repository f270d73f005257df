"""The colour of an emotion, shared by pages and pictures, for white and dark backgrounds."""

from fer_ros.media.annotate import EMOTION_COLORS_BGR

_OTHER_BGR = (180, 180, 180)
# The colours are chosen for panels on images; lines on white need to be a little darker.
_INK = 0.82


def ink_color(emotion: str) -> tuple[float, float, float]:
    """Return the colour of an emotion as red, green and blue in [0, 1]."""
    blue, green, red = EMOTION_COLORS_BGR.get(emotion, _OTHER_BGR)
    return red * _INK / 255, green * _INK / 255, blue * _INK / 255


def html_color(emotion: str) -> str:
    """Return the colour of an emotion as an HTML colour."""
    return '#' + ''.join(f'{round(255 * value):02x}' for value in ink_color(emotion))
