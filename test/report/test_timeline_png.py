import cv2
import numpy as np
from frames import CLASSES, face, frame, log_of, steady
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from fer_ros.analysis.emotion_log import EmotionLog
from fer_ros.report.emotion_color import ink_color
from fer_ros.report.timeline import make_timeline
from fer_ros.report.timeline_png import draw_timeline
from fer_ros.structures import FaceBox, FaceEmotion, FrameEmotions


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


def test_picture_shows_simultaneous_labels(tmp_path):
    regions = [np.array([[0.0, x, 0, x + 50, 50]]) for x in (0, 300, 600)]
    labels = [
        (0, 2.9, emotion, None, region) for emotion, region in zip(CLASSES, regions, strict=True)
    ]
    draw_timeline(make_timeline(log_of([(0.0, None), (2.9, None)], labels)), tmp_path / 't.png')
    for emotion in CLASSES:
        assert has_color(tmp_path / 't.png', emotion, CLASSES)


def test_timeline_of_topics_that_look_like_formulas_is_drawn(tmp_path):
    log = EmotionLog(CLASSES)
    for time_s, emotion in steady(1):
        for topic in ('/$\\left$', '/right'):
            log.append(topic, time_s, frame(time_s, face(1, emotion)))
    draw_timeline(make_timeline(log), tmp_path / 't.png')
    assert has_color(tmp_path / 't.png', 'fear', CLASSES)


def test_timeline_without_faces_is_drawn(tmp_path):
    draw_timeline(make_timeline(log_of([(0.0, None), (1.0, None)])), tmp_path / 't.png')
    assert cv2.imread(str(tmp_path / 't.png')).std() > 1


def test_timeline_says_nobody_was_seen_only_where_that_is_so(tmp_path, monkeypatch):
    said = []
    text = Axes.text
    monkeypatch.setattr(
        Axes, 'text', lambda axes, x, y, s, **style: (said.append(s), text(axes, x, y, s, **style))
    )
    for emotion in ('fear', None):
        draw_timeline(make_timeline(log_of([(0.0, emotion), (0.1, emotion)])), tmp_path / 't.png')
    assert said == ['no face was in view for long enough to be drawn', 'no face was seen']


def test_timeline_of_single_image_is_drawn(tmp_path):
    draw_timeline(make_timeline(log_of([(0.0, 'fear')])), tmp_path / 't.png')
    assert cv2.imread(str(tmp_path / 't.png')) is not None


def test_strip_of_a_long_recording_is_not_hidden_by_its_edges(tmp_path):
    log = EmotionLog(CLASSES)
    for step in range(7200):
        log.append('/a', float(step), frame(float(step), face(1, CLASSES[step // 4 % 3])))
    draw_timeline(make_timeline(log), tmp_path / 't.png')
    picture = cv2.imread(str(tmp_path / 't.png'))
    # The strip is the lowest part of the row; its middle is anything but white.
    rows = (picture.min(axis=2) < 245).mean(axis=1)
    strip = rows[round(0.75 * len(rows)) : round(0.85 * len(rows))]
    assert strip.max() > 0.9


def test_labels_too_short_for_their_names_have_none(tmp_path, monkeypatch):
    said = []
    monkeypatch.setattr(Axes, 'text', lambda axes, x, y, s, **style: said.append(s))
    labels = [(step / 2, step / 2 + 0.5, CLASSES[step % 3]) for step in range(100)]
    log = log_of(steady(100), [*labels, (50, 90, 'fear')])
    draw_timeline(make_timeline(log), tmp_path / 't.png')
    assert said == ['fear']


def test_names_of_many_classes_are_in_the_picture(tmp_path, monkeypatch):
    classes = tuple(f'disgustedly surprised {number}' for number in range(11))
    log, figures = EmotionLog(classes), []
    shares = np.full(11, 1 / 11, np.float32)
    for time_s in (0.0, 0.5, 1.0):
        one = FaceEmotion(1, FaceBox(0, 0, 9, 9), None, classes[0], 1 / 11, shares, shares)
        log.append('/camera', time_s, FrameEmotions(time_s, classes, (one,)))
    save = Figure.savefig
    monkeypatch.setattr(
        Figure, 'savefig', lambda own, *a, **kw: (save(own, *a, **kw), figures.append(own))
    )
    draw_timeline(make_timeline(log), tmp_path / 't.png')
    extent, (width, _) = figures[0].legends[0].get_window_extent(), figures[0].bbox.size
    assert 0 <= extent.x0 < extent.x1 <= width
