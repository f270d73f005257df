"""The timeline as SVG, whose text and lines take the colours of the page around it."""

from collections.abc import Callable
from html import escape

import numpy as np

from fer_ros.analysis.behaviour import dwells
from fer_ros.analysis.emotion_log import EmotionLog, Times, Track
from fer_ros.report.timeline import curve, label_spans, rows
from fer_ros.structures import FloatArray

_WIDTH, _LEFT = 1000, 70
_STRIP, _AREA, _NAMED, _GAP, _AXIS = 18, 92, 8, 22, 22
# A label narrower than this has no room for its name.
_TEXT_FROM = 52
Color = Callable[[str], str]


def timeline_svg(log: EmotionLog, color: Color) -> str:
    """Return an ``<svg>`` element with the probabilities of each face as stacked areas.

    Args:
        log: All estimates.
        color: Returns the HTML colour of an emotion.
    """
    tracks = rows(log)
    if not tracks:
        return '<p class="faint">No face was seen.</p>'
    end_s = max(float(log.image_times_s.max()), 1e-3)
    strip = _STRIP + 4
    labelled = [label_spans(log.labels, track.face_id, end_s) for track in tracks]
    top = float(strip) if label_spans(log.labels, None, end_s) else 0.0
    parts = []
    for track, spans in zip(tracks, labelled, strict=True):
        parts.append(_row(track, log, (top, spans), end_s, color))
        top += _AREA + 2 + _NAMED + _GAP + (strip if spans else 0)
    height = top - _GAP + _AXIS + 6
    for start_s, stop_s, name in label_spans(log.labels, None, end_s):
        parts.append(_span((start_s, stop_s, name), (0, _STRIP), end_s, color))
    return (
        f'<svg viewBox="0 0 {_WIDTH} {height:.0f}" role="img">{_axis(end_s, height)}'
        f'{"".join(parts)}</svg>'
    )


def _row(
    track: Track,
    log: EmotionLog,
    place: tuple[float, list[tuple[float, float, str]]],
    end_s: float,
    color: Color,
) -> str:
    """Return a face's row; ``place`` is its top and the labels that are above it."""
    top, spans = place
    area = top + (_STRIP + 4 if spans else 0)
    parts = [
        f'<rect class="back" x="{_LEFT}" y="{area}" width="{_WIDTH - _LEFT}" height="{_AREA}"/>',
        f'<text class="strong" x="0" y="{area + 16}">face #{track.face_id}</text>',
    ]
    if len(log.topics) > 1:
        parts.append(f'<text x="0" y="{area + 31}">{escape(track.topic[-11:])}</text>')
    for start_s, stop_s, name in spans:
        parts.append(_span((start_s, stop_s, name), (top, _STRIP), end_s, color))
    times_s, values = curve(track)
    for index, name in enumerate(log.classes):
        low, high = values[:, :index].sum(axis=1), values[:, : index + 1].sum(axis=1)
        path = _areas(times_s, low, high, area, end_s)
        parts.append(f'<path d="{path}" fill="{color(name)}"><title>{escape(name)}</title></path>')
    for dwell in dwells(track):
        name = log.classes[dwell.emotion] if dwell.emotion >= 0 else 'uncertain'
        strip = (area + _AREA + 2, _NAMED)
        parts.append(_span((dwell.start_s, dwell.end_s, name), strip, end_s, color, texts=False))
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


def _span(
    span: tuple[float, float, str],
    place: tuple[float, float],
    last_s: float,
    color: Color,
    texts: bool = True,
) -> str:
    start_s, end_s, name = span
    top, height = place
    x0, x1 = _x(start_s, last_s), _x(end_s, last_s)
    title = f'{name}, {start_s:.2f} to {end_s:.2f} s'
    element = (
        f'<rect x="{x0:.1f}" y="{top}" width="{max(x1 - x0 - 1, 1):.1f}" height="{height}" rx="3" '
        f'fill="{color(name)}"><title>{escape(title)}</title></rect>'
    )
    if texts and x1 - x0 >= _TEXT_FROM:
        middle = (x0 + x1) / 2
        element += (
            f'<text class="on" x="{middle:.1f}" y="{top + height - 5}" text-anchor="middle">'
            f'{escape(name)}</text>'
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
