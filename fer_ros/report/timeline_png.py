"""The timeline as a PNG picture: each face's probabilities over time, with the labels above."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fer_ros.atomic_file import atomic_file
from fer_ros.media.class_colors import text_color
from fer_ros.report.emotion_color import hex_color, ink_color
from fer_ros.report.timeline import Span, Timeline, TimelineRow, TopicLabels

_GRAY = '#444444'
# Height of a row of labels, relative to that of a face.
_LABEL_HEIGHT = 0.14
# Shares of the width: of a bar that white edges do not hide, and of a letter of a label.
_EDGED, _LETTER = 0.004, 0.0055
# Width of the picture, and in the legend that of a letter and of what else each class takes.
_WIDTH_IN, _LEGEND_LETTER_IN, _LEGEND_LINE_IN = 11, 0.08, 0.6
_LEGEND_ROW_IN = 0.2


def draw_timeline(timeline: Timeline, path: Path) -> None:
    """Draw each face's smoothed probabilities over time, one row per face, to a PNG file.

    Labels without a face are at the top, labels for a face above its row, and the estimated
    emotions below it.

    Args:
        timeline: Timeline to draw.
        path: Path of the file, which is replaced only by a complete one.
    """
    from matplotlib.figure import Figure

    count = max(len(timeline.rows), 1)
    ratios = [*(_LABEL_HEIGHT * len(one.rows) for one in timeline.labels), *([1.0] * count)]
    columns = _legend_columns(timeline.classes)
    rows = math.ceil(len(timeline.classes) / columns)
    height_in = 1.1 + 1.75 * sum(ratios) + _LEGEND_ROW_IN * (rows - 1)
    figure = Figure(figsize=(_WIDTH_IN, height_in), layout='constrained')
    all_axes = list(
        figure.subplots(len(ratios), 1, sharex=True, squeeze=False, height_ratios=ratios)[:, 0]
    )
    for labels in timeline.labels:
        _draw_labels(all_axes.pop(0), labels, timeline)
    for axes, row in zip(all_axes, timeline.rows, strict=False):
        _draw_row(axes, row, timeline)
    all_axes[-1].set_xlabel('seconds since the first image', color=_GRAY)
    all_axes[-1].set_xlim(0, timeline.end_s)
    if timeline.rows:
        handles, names = all_axes[0].get_legend_handles_labels()
        figure.legend(
            handles, names, loc='outside upper center', ncols=columns, frameon=False, fontsize=9
        )
    else:
        _say_nobody(all_axes[0], timeline.faces)
    with atomic_file(path) as aside:
        figure.savefig(aside, dpi=110)


def _legend_columns(classes: Sequence[str]) -> int:
    """Return how many classes fit beside one another in the legend."""
    wide_in = _LEGEND_LINE_IN + _LEGEND_LETTER_IN * max(map(len, classes), default=0)
    return max(min(int(_WIDTH_IN / wide_in), len(classes)), 1)


def _say_nobody(axes: Any, faces: int) -> None:
    why = 'no face was in view for long enough to be drawn' if faces else 'no face was seen'
    axes.set_yticks([])
    axes.text(0.5, 0.5, why, ha='center', transform=axes.transAxes)


def _draw_labels(axes: Any, labels: TopicLabels, timeline: Timeline) -> None:
    for number, spans in enumerate(labels.rows):
        _draw_strip(axes, spans, timeline, (number, 1.0), texts=True)
    axes.set_ylim(len(labels.rows), 0)
    axes.set_yticks([])
    _name_topic(axes, labels.topic, timeline)
    axes.set_ylabel('labels', rotation=0, ha='right', va='center', color=_GRAY)
    axes.tick_params(bottom=False)
    for side in axes.spines.values():
        side.set_visible(False)


def _draw_row(axes: Any, row: TimelineRow, timeline: Timeline) -> None:
    named = [span for span in row.named if span.emotion in timeline.classes]
    for index, emotion in enumerate(timeline.classes):
        color = hex_color(ink_color(emotion, timeline.classes))
        values = row.probabilities[:, index]
        axes.plot(row.times_s, values, color=color, label=emotion, linewidth=1.7)
        axes.fill_between(row.times_s, values, color=color, alpha=0.10, linewidth=0)
    _draw_strip(axes, named, timeline, (-0.14, 0.08), texts=False)
    _draw_strip(axes, row.labels, timeline, (1.06, 0.14), texts=True)
    axes.set_ylim(-0.16, 1.22 if row.labels else 1.04)
    axes.set_yticks([0, 0.5, 1], ['0', '½', '1'])
    axes.set_ylabel(f'face #{row.face_id}', color=_GRAY)
    _name_topic(axes, row.topic, timeline)
    axes.grid(alpha=0.18)
    axes.tick_params(colors='#666666', labelsize=9)
    for side in axes.spines.values():
        side.set_visible(False)


def _name_topic(axes: Any, topic: str, timeline: Timeline) -> None:
    if timeline.topics > 1:
        # A topic is not a formula, whatever characters it contains.
        axes.set_title(topic, loc='left', fontsize=9, color=_GRAY, pad=3, parse_math=False)


def _draw_strip(
    axes: Any,
    spans: Sequence[Span],
    timeline: Timeline,
    place: tuple[float, float],
    texts: bool,
) -> None:
    bottom, height = place
    for emotion in dict.fromkeys(span.emotion for span in spans):
        color = ink_color(emotion, timeline.classes)
        bars = [(one.start_s, one.end_s - one.start_s) for one in spans if one.emotion == emotion]
        # All bars of a class at once: a long recording has thousands.
        axes.broken_barh(
            bars,
            place,
            facecolors=[hex_color(color)],
            edgecolor='white',
            linewidth=[0.8 * (length_s > _EDGED * timeline.end_s) for _, length_s in bars],
        )
        for start_s, length_s in bars:
            if texts and length_s > _LETTER * len(emotion) * timeline.end_s:
                axes.text(
                    start_s + length_s / 2,
                    bottom + height / 2,
                    emotion,
                    ha='center',
                    va='center',
                    fontsize=8,
                    clip_on=True,
                    color=hex_color(text_color(color)),
                )
