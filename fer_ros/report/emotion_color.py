"""The colour of an emotion, in pages and in pictures on white."""

from fer_ros.media.annotate import EMOTION_COLORS_BGR

_OTHER_BGR = (180, 180, 180)


def html_color(emotion: str) -> str:
    """Return the colour of an emotion as HTML has it."""
    blue, green, red = EMOTION_COLORS_BGR.get(emotion, _OTHER_BGR)
    return f'#{red:02x}{green:02x}{blue:02x}'


def ink_color(emotion: str) -> tuple[float, float, float]:
    """Return the colour of an emotion on white, as red, green and blue in [0, 1]."""
    blue, green, red = EMOTION_COLORS_BGR.get(emotion, _OTHER_BGR)
    # The colours are made for dark panels; on white they need a little more ink.
    return red * 0.82 / 255, green * 0.82 / 255, blue * 0.82 / 255
