import re

import numpy as np
import pytest
from frames import CLASSES, face, frame, log_of, steady, unjudged

from fer_ros.analysis.emotion_log import EmotionLog
from fer_ros.report.emotion_color import html_color
from fer_ros.report.timeline import Timeline, make_timeline
from fer_ros.report.timeline_svg import Strip, Tick, curves_svg, strips, ticks


def timeline_of(end_s):
    return Timeline(('fear',), end_s, 1, (), (), 0)


def test_each_class_has_a_curve_and_a_filled_area():
    timeline = make_timeline(log_of(steady(3)))
    svg = curves_svg(timeline.rows[0], timeline)
    assert svg.count('class="curve"') == svg.count('class="area"') == 3
    assert f'style="stroke: {html_color("fear", CLASSES)}"><title>fear</title>' in svg
    # Confidence 0.8 throughout, at a height of 100.
    assert 'd="M0.0 20.0L' in svg


def test_curve_is_interrupted_while_face_is_absent():
    rows = [(step / 10, 'fear' if step < 10 or step >= 30 else None) for step in range(50)]
    timeline = make_timeline(log_of(rows))
    curve = re.search(r'class="curve" d="([^"]*)"', curves_svg(timeline.rows[0], timeline))[1]
    assert curve.count('M') == 2


def test_isolated_image_is_drawn_as_a_point():
    timeline = make_timeline(log_of(steady(3)))
    row = timeline.rows[0]
    alone = np.array([1.0, np.nan, 2.0]), row.probabilities[[0, 0, 0]]
    row = type(row)(row.topic, row.face_id, *alone, (), ())
    curve = re.search(r'class="curve" d="([^"]*)"', curves_svg(row, timeline))[1]
    assert re.fullmatch(r'M(\S+ \S+)L\1M(\S+ \S+)L\2', curve)


def test_labels_are_placed_at_their_times():
    timeline = make_timeline(log_of(steady(4.1), [(1.0, 3.0, 'happiness')]))
    ((_, (spans,)),) = timeline.labels
    assert strips(spans, timeline) == [Strip(25.0, 50.0, 'happiness', 'happiness, 1.00 to 3.00 s')]


@pytest.mark.parametrize(
    ('unnamed', 'word'),
    [(face(1, 'fear', named=False), 'uncertain'), (unjudged(1), 'not judged')],
)
def test_strip_without_an_emotion_says_why(unnamed, word):
    log = EmotionLog(CLASSES)
    for step in range(10):
        log.append('/c', step / 10, frame(step / 10, unnamed))
    timeline = make_timeline(log)
    (named,) = strips(timeline.rows[0].named, timeline)
    assert (named.emotion, named.title) == (word, f'{word}, 0.00 to 0.90 s')


@pytest.mark.parametrize(
    ('end_s', 'texts'),
    [
        (0.5, ['0 s', '0.1 s', '0.2 s', '0.3 s', '0.4 s', '0.5 s']),
        (12, ['0 s', '2 s', '4 s', '6 s', '8 s', '10 s', '12 s']),
        (300, ['0:00', '1:00', '2:00', '3:00', '4:00', '5:00']),
        (6 * 3659.7, ['0:00', '2:00:00', '4:00:00', '6:00:00']),
    ],
)
def test_axis_has_a_few_round_times(end_s, texts):
    assert [tick.text for tick in ticks(timeline_of(end_s))] == texts


def test_axis_of_several_days_has_no_sixtieth_second():
    assert [tick.text for tick in ticks(timeline_of(6 * 20_399.7))][:2] == ['0:00', '5:40:00']


def test_axis_of_whole_day_has_few_ticks_too():
    assert len(ticks(timeline_of(86_400.0))) == 7
    assert ticks(timeline_of(10.0))[1] == Tick(20.0, '2 s')
