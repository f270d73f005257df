"""The timeline: each face's probabilities over time, with the labels above, as a picture."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from fer_ros.analysis.behaviour import GAP_S, dwells
from fer_ros.analysis.emotion_log import EmotionLog, Times, Track
from fer_ros.analysis.label_intervals import Labels
from fer_ros.atomic_file import atomic_file
from fer_ros.media.annotate import EMOTION_COLORS_BGR
from fer_ros.structures import FloatArray

# A face seen for a shorter time has no row of its own.
_SHORTEST_S = 0.3
_MOST_ROWS = 8
# More points than this are not told apart in a picture; neighbours are averaged.
_MOST_POINTS = 1200
_GRAY = '#444444'


def rows(log: EmotionLog) -> list[Track]:
    """Return the faces that a timeline shows: those seen longest, in order of appearance."""
    tracks = [t for t in log.tracks() if t.times_s[-1] - t.times_s[0] >= _SHORTEST_S]
    tracks.sort(key=lambda track: len(track.times_s), reverse=True)
    return sorted(tracks[:_MOST_ROWS], key=lambda track: track.times_s[0])


def curve(track: Track) -> tuple[Times, FloatArray]:
    """Return ``(P,)`` times and ``(P, C)`` probabilities to draw, NaN where the face was away."""
    times_s, values = track.times_s, track.probabilities
    size = -(-len(times_s) // _MOST_POINTS)
    if size > 1:
        starts = np.arange(0, len(times_s), size)
        counts = np.diff([*starts, len(times_s)])
        times_s = np.add.reduceat(times_s, starts) / counts
        values = (np.add.reduceat(values, starts) / counts[:, None]).astype(np.float32)
    gaps = np.flatnonzero(np.diff(times_s) > max(GAP_S, 3 * np.median(np.diff(times_s)))) + 1
    return np.insert(times_s, gaps, np.nan), np.insert(values, gaps, np.nan, axis=0)


def label_spans(
    labels: Labels | None, face_id: int | None, end_s: float
) -> list[tuple[float, float, str]]:
    """Return start, end and emotion of the labels that name a face.

    Args:
        labels: Of the bag.
        face_id: Of the face; None for labels that name none.
        end_s: Where the timeline ends.
    """
    if labels is None:
        return []
    return [
        (interval.start_s, min(interval.end_s, end_s), interval.emotion)
        for interval in labels.intervals
        if interval.start_s < end_s and interval.face_id == face_id
    ]


def draw_timeline(log: EmotionLog, path: Path) -> None:
    """Draw each face's smoothed probabilities over time, a row a face, to a PNG file.

    On top stand the labels, above a row those that name its face, below it the emotion that was
    named.

    Args:
        log: All estimates.
        path: Replaced only by a whole file.
    """
    from matplotlib.figure import Figure

    tracks = rows(log)
    end_s = max(float(log.image_times_s.max()), 1e-3) if len(log.image_times_s) else 1.0
    spans = label_spans(log.labels, None, end_s)
    count = max(len(tracks), 1)
    ratios = [*([0.14] if spans else []), *([1.0] * count)]
    figure = Figure(figsize=(11, 1.1 + 1.75 * sum(ratios)), layout='constrained')
    all_axes = list(
        figure.subplots(len(ratios), 1, sharex=True, squeeze=False, height_ratios=ratios)[:, 0]
    )
    if spans:
        _draw_labels(all_axes.pop(0), spans)
    for axes, track in zip(all_axes, tracks, strict=False):
        _draw_row(axes, track, log, end_s)
    all_axes[-1].set_xlabel('seconds since the first image', color=_GRAY)
    all_axes[-1].set_xlim(0, end_s)
    if tracks:
        handles, names = all_axes[0].get_legend_handles_labels()
        figure.legend(
            handles, names, loc='outside upper center', ncols=len(names), frameon=False, fontsize=9
        )
    else:
        _say_nobody(all_axes[0])
    with atomic_file(path) as aside:
        figure.savefig(aside, dpi=110)


def _say_nobody(axes: Any) -> None:
    axes.set_yticks([])
    axes.text(0.5, 0.5, 'no face was seen', ha='center', transform=axes.transAxes)


def _draw_labels(axes: Any, spans: Sequence[tuple[float, float, str]]) -> None:
    _draw_strip(axes, spans, (0.0, 1.0), texts=True)
    axes.set_ylim(0, 1)
    axes.set_yticks([])
    axes.set_ylabel('labels', rotation=0, ha='right', va='center', color=_GRAY)
    axes.tick_params(bottom=False)
    for side in axes.spines.values():
        side.set_visible(False)


def emotion_color(name: str) -> tuple[float, float, float]:
    """Return the colour of an emotion on white, as red, green and blue in [0, 1]."""
    blue, green, red = EMOTION_COLORS_BGR.get(name, (150, 150, 150))
    # The colours are made for dark panels; on white they need a little more ink.
    return red * 0.82 / 255, green * 0.82 / 255, blue * 0.82 / 255


def _draw_row(axes: Any, track: Track, log: EmotionLog, end_s: float) -> None:
    times_s, values = curve(track)
    for index, name in enumerate(log.classes):
        color = emotion_color(name)
        axes.plot(times_s, values[:, index], color=color, label=name, linewidth=1.7)
        axes.fill_between(times_s, values[:, index], color=color, alpha=0.10, linewidth=0)
    named = [
        (dwell.start_s, dwell.end_s, log.classes[dwell.emotion])
        for dwell in dwells(track)
        if dwell.emotion >= 0
    ]
    _draw_strip(axes, named, (-0.14, 0.08), texts=False)
    spans = label_spans(log.labels, track.face_id, end_s)
    _draw_strip(axes, spans, (1.06, 0.14), texts=True)
    axes.set_ylim(-0.16, 1.22 if spans else 1.04)
    axes.set_yticks([0, 0.5, 1], ['0', '½', '1'])
    several = len(log.topics) > 1
    title = f'face #{track.face_id}' + (f'\n{track.topic}' if several else '')
    axes.set_ylabel(title, color=_GRAY)
    axes.grid(alpha=0.18)
    axes.tick_params(colors='#666666', labelsize=9)
    for side in axes.spines.values():
        side.set_visible(False)


def _draw_strip(
    axes: Any, spans: Sequence[tuple[float, float, str]], place: tuple[float, float], texts: bool
) -> None:
    bottom, height = place
    for start_s, end_s, name in spans:
        axes.broken_barh(
            [(start_s, end_s - start_s)],
            (bottom, height),
            facecolors=[emotion_color(name)],
            edgecolor='white',
            linewidth=0.8,
        )
        if texts:
            axes.text(
                (start_s + end_s) / 2,
                bottom + height / 2,
                name,
                ha='center',
                va='center',
                fontsize=8,
                clip_on=True,
                color='#202020',
            )
