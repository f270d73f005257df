"""The colours of classes on the white paper of charts and on pages."""

from collections.abc import Sequence

from fer_ros.media.class_colors import Rgb, class_color

# Chosen for images; on white, all become darker by the same factor, which keeps them apart.
_INK = 0.8


def ink_color(emotion: str, classes: Sequence[str]) -> Rgb:
    """Return the colour of a class on white; arguments as for ``class_color``."""
    red, green, blue = (round(_INK * value) for value in class_color(emotion, classes))
    return red, green, blue


def html_color(emotion: str, classes: Sequence[str]) -> str:
    """Return the colour of a class in CSS, for light and dark pages; as ``class_color``."""
    light, dark = ink_color(emotion, classes), class_color(emotion, classes)
    return f'light-dark({hex_color(light)}, {hex_color(dark)})'


def hex_color(color: Rgb) -> str:
    """Return a colour as ``#rrggbb``."""
    return '#' + ''.join(f'{value:02x}' for value in color)
