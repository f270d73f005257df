from fer_ros.labels import FERPLUS_CLASSES
from fer_ros.media.class_colors import class_color
from fer_ros.report.emotion_color import hex_color, html_color, ink_color


def test_color_on_white_is_darker_than_on_images():
    on_white, on_image = (of('happiness', FERPLUS_CLASSES) for of in (ink_color, class_color))
    assert all(ink < bright for ink, bright in zip(on_white, on_image, strict=True))


def test_page_color_has_a_light_and_a_dark_variant():
    day, night = (hex_color(of('fear', FERPLUS_CLASSES)) for of in (ink_color, class_color))
    assert html_color('fear', FERPLUS_CLASSES) == f'light-dark({day}, {night})'


def test_hex_color_has_two_digits_per_channel():
    assert hex_color((0, 10, 255)) == '#000aff'
