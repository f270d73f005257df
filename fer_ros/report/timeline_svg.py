"""The timeline as SVG, whose text and lines take the colours of the page around it."""

from collections.abc import Sequence
from html import escape

import numpy as np

from fer_ros.analysis.emotion_series import Times
from fer_ros.report.emotion_color import html_color
from fer_ros.report.timeline import Span, Timeline, TimelineRow
from fer_ros.structures import FloatArray

_WIDTH, _LEFT = 1000, 70
_STRIP, _AREA, _NAMED, _GAP, _AXIS = 18, 92, 8, 22, 22
# A label narrower than this has no room for its name.
_TEXT_FROM = 52


def timeline_svg(timeline: Timeline) -> str:
    """Return an ``<svg>`` element with the probabilities of each face as stacked areas."""
    if not timeline.rows:
        return '<p class="faint">No face was seen.</p>'
    strip = _STRIP + 4
    top = float(strip) if timeline.labels else 0.0
    parts = []
    for row in timeline.rows:
        parts.append(_row(row, timeline, top))
        top += _AREA + 2 + _NAMED + _GAP + (strip if row.labels else 0)
    height = top - _GAP + _AXIS + 6
    parts.append(_spans(timeline.labels, (0, _STRIP), timeline.end_s))
    return (
        f'<svg viewBox="0 0 {_WIDTH} {height:.0f}" role="img">{_axis(timeline.end_s, height)}'
        f'{"".join(parts)}</svg>'
    )


def _row(row: TimelineRow, timeline: Timeline, top: float) -> str:
    """Return a face's row: the labels that name it, its areas, and what was named."""
    area, end_s = top + (_STRIP + 4 if row.labels else 0), timeline.end_s
    parts = [
        f'<rect class="back" x="{_LEFT}" y="{area}" width="{_WIDTH - _LEFT}" height="{_AREA}"/>',
        f'<text class="strong" x="0" y="{area + 16}">face #{row.face_id}</text>',
    ]
    if timeline.topics > 1:
        parts.append(f'<text x="0" y="{area + 31}">{escape(row.topic[-11:])}</text>')
    parts.append(_spans(row.labels, (top, _STRIP), end_s))
    for index, emotion in enumerate(timeline.classes):
        low = row.probabilities[:, :index].sum(axis=1)
        high = row.probabilities[:, : index + 1].sum(axis=1)
        path = _areas(row.times_s, low, high, area, end_s)
        title = f'<title>{escape(emotion)}</title>'
        parts.append(f'<path d="{path}" fill="{html_color(emotion)}">{title}</path>')
    named = [span._replace(emotion=span.emotion or 'uncertain') for span in row.named]
    parts.append(_spans(named, (area + _AREA + 2, _NAMED), end_s, texts=False))
    return ''.join(parts)


def _areas(times_s: Times, low: FloatArray, high: FloatArray, top: float, end_s: float) -> str:
    """Return the path between two curves, interrupted where they are NaN."""
    gone = np.flatnonzero(np.isnan(times_s))
    paths = []
    for rows_of_one in np.split(np.arange(len(times_s)), gone):
        there = rows_of_one[~np.isnan(times_s[rows_of_one])]
        if len(there) < 2 or high[there].max() - low[there].min() < 1e-3:
            continue
        x = [_x(float(time_s), end_s) for time_s in times_s[there]]
        upper, lower = (
            [f'{a:.1f} {top + _AREA * (1 - b):.1f}' for a, b in zip(x, edge, strict=True)]
            for edge in (high[there], low[there])
        )
        paths.append(f'M{"L".join(upper + lower[::-1])}Z')
    return ''.join(paths)


def _spans(
    spans: Sequence[Span], place: tuple[float, float], last_s: float, texts: bool = True
) -> str:
    """Return a strip; ``place`` is its top and height."""
    return ''.join(_span(span, place, last_s, texts) for span in spans)


def _span(span: Span, place: tuple[float, float], last_s: float, texts: bool) -> str:
    top, height = place
    x0, x1 = _x(span.start_s, last_s), _x(span.end_s, last_s)
    title = f'{span.emotion}, {span.start_s:.2f} to {span.end_s:.2f} s'
    element = (
        f'<rect x="{x0:.1f}" y="{top}" width="{max(x1 - x0 - 1, 1):.1f}" height="{height}" rx="3" '
        f'fill="{html_color(span.emotion)}"><title>{escape(title)}</title></rect>'
    )
    if texts and x1 - x0 >= _TEXT_FROM:
        middle = (x0 + x1) / 2
        element += (
            f'<text class="on" x="{middle:.1f}" y="{top + height - 5}" text-anchor="middle">'
            f'{escape(span.emotion)}</text>'
        )
    return element


def _axis(end_s: float, height: float) -> str:
    step = _step(end_s)
    parts = []
    for number in range(int(end_s / step + 1e-6) + 1):
        x = _x(number * step, end_s)
        parts.append(
            f'<line class="axis" x1="{x:.1f}" x2="{x:.1f}" y1="0" y2="{height - _AXIS}"/>'
        )
        anchor = 'end' if x > _WIDTH - 25 else 'middle'
        text = _clock(number * step, end_s)
        parts.append(f'<text x="{x:.1f}" y="{height - 6}" text-anchor="{anchor}">{text}</text>')
    return ''.join(parts)


def _step(end_s: float) -> float:
    """Return a round time of which some eight make up the whole."""
    steps = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600)
    return next((step for step in steps if end_s / step <= 10), end_s / 8)


def _clock(time_s: float, end_s: float) -> str:
    if end_s < 120:
        return f'{time_s:g} s'
    return f'{time_s // 60:.0f}:{time_s % 60:02.0f}'


def _x(time_s: float, end_s: float) -> float:
    return _LEFT + (_WIDTH - _LEFT) * min(max(time_s / end_s, 0.0), 1.0)
