"""The timeline as parts of a page that adapt to the width of the screen.

Lines and areas are stretched SVG; text is HTML placed in percent and keeps its size.
"""

from collections.abc import Sequence
from html import escape
from typing import NamedTuple

import numpy as np

from fer_ros.report.emotion_color import html_color
from fer_ros.report.time_text import clock
from fer_ros.report.timeline import Span, Timeline, TimelineRow

_WIDTH, _HEIGHT = 1000, 100
_STEPS_S = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400)
# This many times fit below a narrow timeline.
_MOST_TICKS = 6


class Strip(NamedTuple):
    """A period with one emotion, placed on a page.

    Attributes:
        left: Start in percent of the width.
        width: Length in percent of the width.
        emotion: Name of the class, ``uncertain`` or ``not judged``.
        title: Emotion and times in words.
    """

    left: float
    width: float
    emotion: str
    title: str


class Tick(NamedTuple):
    """A time on the axis.

    Attributes:
        left: Position in percent of the width.
        text: Text of the tick.
    """

    left: float
    text: str


def curves_svg(row: TimelineRow, timeline: Timeline) -> str:
    """Return an ``<svg>`` element with a line per class above a light area, as in the PNG
    timeline.
    """
    grid = ''.join(
        f'<path class="grid" d="M{10 * tick.left:.1f} 0V{_HEIGHT}"/>' for tick in ticks(timeline)
    )
    curves = ''.join(_curve(index, row, timeline) for index in range(len(timeline.classes)))
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" preserveAspectRatio="none" role="img" '
        f'aria-label="probabilities of face #{row.face_id}">'
        f'<path class="grid" d="M0 {_HEIGHT / 2}H{_WIDTH}"/>{grid}{curves}</svg>'
    )


def strips(spans: Sequence[Span], timeline: Timeline) -> list[Strip]:
    """Return periods placed on the page."""
    return [
        Strip(
            left=100 * span.start_s / timeline.end_s,
            width=100 * max(min(span.end_s, timeline.end_s) - span.start_s, 0) / timeline.end_s,
            emotion=span.emotion,
            title=f'{span.emotion}, {span.start_s:.2f} to {span.end_s:.2f} s',
        )
        for span in spans
    ]


def ticks(timeline: Timeline) -> list[Tick]:
    """Return round times for the axis."""
    end_s = timeline.end_s
    step = next((step for step in _STEPS_S if end_s / step <= _MOST_TICKS), end_s / _MOST_TICKS)
    times_s = [number * step for number in range(int(end_s / step + 1e-6) + 1)]
    return [Tick(100 * time_s / end_s, _axis_text(time_s, end_s)) for time_s in times_s]


def _curve(index: int, row: TimelineRow, timeline: Timeline) -> str:
    """Return a line and the area below it, interrupted where the face was away or not judged."""
    emotion, end_s = timeline.classes[index], timeline.end_s
    times_s, values = row.times_s, row.probabilities[:, index]
    lines, areas = [], []
    missing = np.isnan(times_s) | np.isnan(values)
    for points in np.split(np.arange(len(times_s)), np.flatnonzero(missing)):
        there = points[~missing[points]]
        if not len(there):
            continue
        at = [
            f'{_WIDTH * time_s / end_s:.1f} {_HEIGHT * (1 - value):.1f}'
            for time_s, value in zip(times_s[there].tolist(), values[there].tolist(), strict=True)
        ]
        # A single image is a point: a line of zero length with round ends.
        lines.append(f'M{"L".join(at if len(at) > 1 else at * 2)}')
        first, last = at[0].split()[0], at[-1].split()[0]
        areas.append(f'M{first} {_HEIGHT}L{"L".join(at)}L{last} {_HEIGHT}Z')
    color = html_color(emotion, timeline.classes)
    return (
        f'<path class="area" d="{"".join(areas)}" style="fill: {color}"/>'
        f'<path class="curve" d="{"".join(lines)}" style="stroke: {color}">'
        f'<title>{escape(emotion)}</title></path>'
    )


def _axis_text(time_s: float, end_s: float) -> str:
    return f'{time_s:g} s' if end_s < 120 else clock(time_s)
