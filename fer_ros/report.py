"""Pictures and tables of what was seen over time."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from fer_ros.annotate import EMOTION_COLORS_BGR
from fer_ros.atomic_file import atomic_file
from fer_ros.structures import FrameEmotions

# A face seen for a shorter time has no row of its own in the timeline.
_SHORTEST_S = 0.3
_MOST_ROWS = 8
# A face that was away for longer has a gap in its curve.
_GAP_S = 0.5


def draw_timeline(frames: Sequence[FrameEmotions], path: Path) -> None:
    """Draw each face's smoothed probabilities over time, a row a face, to a PNG file.

    Args:
        frames: In order of their stamps.
        path: Replaced only by a whole file.
    """
    from matplotlib.figure import Figure

    start_s = frames[0].stamp_s if frames else 0.0
    rows = _rows(frames)
    figure = Figure(figsize=(10, 1.2 + 1.9 * max(len(rows), 1)), layout='constrained')
    axes_of_rows = figure.subplots(max(len(rows), 1), 1, sharex=True, squeeze=False)[:, 0]
    for axes, face_id in zip(axes_of_rows, rows, strict=False):
        seen = [(f.stamp_s - start_s, e) for f in frames for e in f.faces if e.face_id == face_id]
        times = np.array([time_s for time_s, _ in seen])
        values = np.array([face.probabilities for _, face in seen])
        gaps = np.flatnonzero(np.diff(times) > _GAP_S) + 1
        times = np.insert(times, gaps, np.nan)
        values = np.insert(values, gaps, np.nan, axis=0)
        for index, name in enumerate(frames[0].classes):
            blue, green, red = EMOTION_COLORS_BGR.get(name, (120, 120, 120))
            # The colours are made for dark panels; on white they need a little more ink.
            color = (red * 0.8 / 255, green * 0.8 / 255, blue * 0.8 / 255)
            axes.plot(times, values[:, index], color=color, label=name, linewidth=1.8)
        axes.set_ylabel(f'face #{face_id}')
        axes.set_ylim(-0.02, 1.02)
        axes.grid(alpha=0.25)
    axes_of_rows[-1].set_xlabel('time in seconds')
    if rows:
        handles, names = axes_of_rows[0].get_legend_handles_labels()
        figure.legend(handles, names, loc='outside upper center', ncols=len(names), frameon=False)
    else:
        axes_of_rows[0].text(0.5, 0.5, 'no face was seen', ha='center')
    with atomic_file(path) as aside:
        figure.savefig(aside, dpi=110)


def draw_training(history: Sequence[Mapping[str, float]], path: Path) -> None:
    """Draw loss and validation figures over the epochs to a PNG file.

    Args:
        history: A row per epoch with ``epoch``, ``loss`` and any ``validation_…`` figures.
        path: Replaced only by a whole file.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 4), layout='constrained')
    left, right = figure.subplots(1, 2)
    epochs = [row['epoch'] for row in history]
    left.plot(epochs, [row['loss'] for row in history], color='tab:gray', marker='.')
    left.set_title('training loss')
    for name in (name for name in history[-1] if name.startswith('validation_')):
        label = name.removeprefix('validation_').replace('_', ' ')
        right.plot(epochs, [100 * row[name] for row in history], marker='.', label=label)
    right.set_title('validation, %')
    right.legend(frameon=False)
    for axes in (left, right):
        axes.set_xlabel('epoch')
        axes.grid(alpha=0.25)
    with atomic_file(path) as aside:
        figure.savefig(aside, dpi=110)


def write_table(frames: Sequence[FrameEmotions], path: Path) -> None:
    """Write a CSV file with a line per face and image.

    Columns: stamp_s, face_id, x0_px, y0_px, x1_px, y1_px, emotion, confidence, one per class
    (smoothed), and one per class with the suffix ``_frame`` (that image alone).
    """
    classes = frames[0].classes if frames else ()
    with atomic_file(path) as aside, aside.open('w', newline='') as stream:
        writer = csv.writer(stream)
        fixed = ['stamp_s', 'face_id', 'x0_px', 'y0_px', 'x1_px', 'y1_px', 'emotion', 'confidence']
        writer.writerow([*fixed, *classes, *(f'{name}_frame' for name in classes)])
        for frame in frames:
            for face in frame.faces:
                box = face.box
                corners = (box.x0_px, box.y0_px, box.x1_px, box.y1_px)
                numbers = [*face.probabilities, *face.frame_probabilities]
                writer.writerow(
                    [
                        f'{frame.stamp_s:.9f}',
                        face.face_id,
                        *(f'{edge:.1f}' for edge in corners),
                        face.emotion,
                        f'{face.confidence:.5f}',
                        *(f'{number:.5f}' for number in numbers),
                    ]
                )


def _rows(frames: Sequence[FrameEmotions]) -> list[int]:
    first: dict[int, float] = {}
    last: dict[int, float] = {}
    for frame in frames:
        for face in frame.faces:
            first.setdefault(face.face_id, frame.stamp_s)
            last[face.face_id] = frame.stamp_s
    long = [face_id for face_id in first if last[face_id] - first[face_id] >= _SHORTEST_S]
    longest = sorted(long, key=lambda face_id: first[face_id] - last[face_id])[:_MOST_ROWS]
    return sorted(longest)
