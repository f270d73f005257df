from frames import log_of, steady

from fer_ros.report.emotion_color import html_color
from fer_ros.report.timeline import make_timeline
from fer_ros.report.timeline_svg import timeline_svg


def test_svg_shows_estimates_and_labels():
    svg = timeline_svg(make_timeline(log_of(steady(3), [(0.5, 2.0, 'happiness')])))
    assert svg.startswith('<svg ')
    assert 'face #1' in svg
    assert '<title>happiness, 0.50 to 2.00 s</title>' in svg
    assert f'fill="{html_color("fear")}"' in svg


def test_svg_without_a_face_says_so():
    svg = timeline_svg(make_timeline(log_of([(0.0, None)])))
    assert svg == '<p class="faint">No face was seen.</p>'
