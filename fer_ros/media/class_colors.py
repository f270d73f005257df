"""The colour of each class: one table for annotated images, charts, pages and Foxglove."""

from collections.abc import Sequence
from itertools import cycle

# Red, green and blue, 0 to 255.
Rgb = tuple[int, int, int]

# The palette of Okabe and Ito, which also differs for people with a colour vision deficiency
# ("Color Universal Design", 2008, https://jfly.uni-koeln.de/color/); light gray in place of its
# black, which would be lost on dark images.
_PALETTE: dict[str, Rgb] = {
    'neutral': (200, 200, 200),
    'happiness': (240, 228, 66),
    'surprise': (230, 159, 0),
    'sadness': (0, 114, 178),
    'anger': (213, 94, 0),
    'disgust': (0, 158, 115),
    'fear': (204, 121, 167),
    'contempt': (86, 180, 233),
}
_NO_CLASS: Rgb = (230, 230, 230)
_DARK: Rgb = (32, 32, 32)
_WHITE: Rgb = (255, 255, 255)


def class_color(name: str, classes: Sequence[str]) -> Rgb:
    """Return the colour of a class.

    An emotion has the same colour in every model. Other classes get the colours that the emotions
    among ``classes`` leave over, in their order; beyond eight classes, colours repeat.

    Args:
        name: The class; anything else, such as ``uncertain``, is light gray.
        classes: All classes of the model.
    """
    if name in _PALETTE:
        return _PALETTE[name]
    others = [other for other in classes if other not in _PALETTE]
    left = [color for known, color in _PALETTE.items() if known not in classes]
    return dict(zip(others, cycle(left or _PALETTE.values()), strict=False)).get(name, _NO_CLASS)


def text_color(background: Rgb) -> Rgb:
    """Return white or near-black, whichever is easier to read on a background."""
    ground = _luminance(background)
    on_dark = (_luminance(_WHITE) + 0.05) / (ground + 0.05)
    on_light = (ground + 0.05) / (_luminance(_DARK) + 0.05)
    return _WHITE if on_dark > on_light else _DARK


def _luminance(color: Rgb) -> float:
    """Return the relative luminance of an sRGB colour (WCAG 2.2), from 0 to 1."""
    parts = [value / 255 for value in color]
    linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in parts]
    return sum(weight * v for weight, v in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
