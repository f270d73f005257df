import cv2
import numpy as np
from frames import log_of

from fer_ros.report.page import color
from fer_ros.report.timeline import curve, draw_timeline, label_spans, rows
from fer_ros.report.timeline_svg import timeline_svg


def steady(seconds, rate_hz=10):
    return [(step / rate_hz, 'fear') for step in range(round(seconds * rate_hz))]


def has_color(path, name):
    """Return whether a picture shows the colour of an emotion, which is darker on white."""
    red, green, blue = (int(color(name)[i : i + 2], 16) * 0.82 for i in (1, 3, 5))
    distance = np.abs(cv2.imread(str(path)).astype(float) - [blue, green, red]).max(axis=2)
    return int((distance < 6).sum()) > 50


def test_picture_shows_estimates_and_labels(tmp_path):
    log = log_of(steady(3), [(0.5, 2.0, 'happiness')])
    draw_timeline(log, tmp_path / 't.png')
    assert has_color(tmp_path / 't.png', 'fear')
    assert has_color(tmp_path / 't.png', 'happiness')
    assert not has_color(tmp_path / 't.png', 'anger')


def test_picture_without_a_face_is_a_picture(tmp_path):
    draw_timeline(log_of([(0.0, None), (1.0, None)]), tmp_path / 't.png')
    assert cv2.imread(str(tmp_path / 't.png')).std() > 1


def test_picture_of_a_single_image_is_a_picture(tmp_path):
    draw_timeline(log_of([(0.0, 'fear')]), tmp_path / 't.png')
    assert cv2.imread(str(tmp_path / 't.png')) is not None


def test_face_of_a_moment_has_no_row():
    assert rows(log_of(steady(0.3))) == []
    assert len(rows(log_of(steady(0.5)))) == 1


def test_curve_is_interrupted_where_the_face_was_away():
    (track,) = log_of([*steady(1), *((t + 5, e) for t, e in steady(1))]).tracks()
    times_s, values = curve(track)
    assert np.flatnonzero(np.isnan(times_s)).tolist() == [10]
    assert np.isnan(values[10]).all()


def test_long_curve_is_averaged_to_what_can_be_told_apart():
    (track,) = log_of(steady(600)).tracks()
    times_s, values = curve(track)
    assert len(times_s) <= 1200
    assert values[:, 2].min() == np.float32(0.8)


def test_labels_stand_with_the_face_that_they_name():
    log = log_of(steady(5), [(0, 1, 'fear'), (2, 9, 'happiness', 1)])
    assert label_spans(log.labels, None, 5) == [(0, 1, 'fear')]
    assert label_spans(log.labels, 1, 5) == [(2, 5, 'happiness')]
    assert label_spans(None, 1, 5) == []


def test_svg_shows_estimates_and_labels():
    svg = timeline_svg(log_of(steady(3), [(0.5, 2.0, 'happiness')]), color)
    assert svg.startswith('<svg ')
    assert 'face #1' in svg
    assert '<title>happiness, 0.50 to 2.00 s</title>' in svg
    assert f'fill="{color("fear")}"' in svg


def test_svg_without_a_face_says_so():
    assert timeline_svg(log_of([(0.0, None)]), color) == '<p class="faint">No face was seen.</p>'
