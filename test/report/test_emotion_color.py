from fer_ros.report.emotion_color import html_color, ink_color


def test_class_has_its_color():
    assert ink_color('happiness') == (250 * 0.82 / 255, 206 * 0.82 / 255, 66 * 0.82 / 255)
    assert html_color('happiness') == '#cda936'


def test_unknown_class_is_gray():
    assert html_color('boredom') == '#949494'
