import cv2
import numpy as np
from frames import CLASSES, log_of, steady

from fer_ros.report.emotion_color import ink_color
from fer_ros.report.timeline import make_timeline
from fer_ros.report.timeline_png import draw_timeline


def has_color(path, name, classes):
    """Return whether a picture shows the color of an emotion."""
    red, green, blue = ink_color(name, classes)
    distance = np.abs(cv2.imread(str(path)).astype(float) - [blue, green, red]).max(axis=2)
    return int((distance < 6).sum()) > 50


def test_picture_shows_estimates_and_labels(tmp_path):
    log = log_of(steady(3), [(0.5, 2.0, 'happiness')])
    draw_timeline(make_timeline(log), tmp_path / 't.png')
    assert has_color(tmp_path / 't.png', 'fear', CLASSES)
    assert has_color(tmp_path / 't.png', 'happiness', CLASSES)
    assert not has_color(tmp_path / 't.png', 'anger', CLASSES)


def test_timeline_without_faces_is_drawn(tmp_path):
    draw_timeline(make_timeline(log_of([(0.0, None), (1.0, None)])), tmp_path / 't.png')
    assert cv2.imread(str(tmp_path / 't.png')).std() > 1


def test_timeline_of_single_image_is_drawn(tmp_path):
    draw_timeline(make_timeline(log_of([(0.0, 'fear')])), tmp_path / 't.png')
    assert cv2.imread(str(tmp_path / 't.png')) is not None
