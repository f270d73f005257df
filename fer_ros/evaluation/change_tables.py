"""Tables and curves of smoothing on faces that change; see ``changes``."""

import math
from collections.abc import Mapping
from dataclasses import replace

from fer_ros.data.face_set import FaceSet
from fer_ros.data.synthetic_clips import FADE_FRAMES, RATE_HZ, SEVERITIES
from fer_ros.evaluation.changes import (
    CHANGE_EVERY_S,
    NAMED_IMAGES,
    ChangeClips,
    ChangeFigures,
    change_clips,
    change_figures,
)
from fer_ros.evaluation.report import Cell, Panels, Table
from fer_ros.inference.classifier import Classifier
from fer_ros.metrics import Interval
from fer_ros.smoothing import SMOOTHERS, SmoothingSettings

# Time constants of the curves, besides the chosen one.
TIME_CONSTANTS_S = (0.05, 0.1, 0.2, 0.3, 0.5, 0.8, 1.2)
_PANELS: Mapping[str, str] = {
    'gain': 'gain while nothing changes, points',
    'after_change': 'second after a change, points',
    'lag_s': 'lag until the new class is named, s',
    'flicker_removed': 'flicker removed, %',
}


def change_report(
    classifier: Classifier,
    faces: FaceSet,
    settings: SmoothingSettings,
) -> tuple[str, list[Table], Panels]:
    """Return a note, tables and curves on the smoothers in clips with changes.

    Args:
        classifier: The model.
        faces: Stills with labels.
        settings: Settings of the smoothing; the other smoothers are shown for comparison.
    """
    clips = {severity: change_clips(classifier, faces, severity) for severity in SEVERITIES}
    first = next(iter(clips.values()))
    note = (
        f'Changing clips: each of {len(first.before)} clips shows a still for 1 s and one of '
        f'another class for {CHANGE_EVERY_S[-1]} s, with a cross-fade of '
        f'{FADE_FRAMES / RATE_HZ:.1f} s; landmarks are found in each disturbed frame. Lags are '
        'measured from the middle of the change.'
    )
    return note, [change_table(clips, settings)], change_panels(clips, settings)


def change_table(clips: Mapping[float, ChangeClips], settings: SmoothingSettings) -> Table:
    """Return a table with a row per severity and smoother."""
    rows: list[tuple[Cell, ...]] = []
    for severity, part in clips.items():
        for smoother in SMOOTHERS:
            chosen = replace(settings, smoother=smoother)
            found = change_figures(part, part.smoothed(chosen))
            rows.append((f'{severity:g}', smoother, *_cells(found)))
    columns = ['severity', 'smoother']
    for name in (
        'gain while nothing changes',
        'flicker removed',
        'second after a change',
        *(f'one change in {every_s} s' for every_s in CHANGE_EVERY_S),
    ):
        columns += [name, f'{name}, interval']
    columns += ['lag, median (s)', 'lag, interval', 'lag of single frames (s)', 'never named']
    drawn = next(iter(clips.values())).group_name
    return Table(
        'changes',
        'Smoothing on faces that change: points over single frames, and the lag until the new '
        f'class is named in {NAMED_IMAGES} images; 95 % bootstrap intervals over {drawn}',
        tuple(columns),
        tuple(rows),
    )


def change_panels(clips: Mapping[float, ChangeClips], settings: SmoothingSettings) -> Panels:
    """Return the figures over the time constant, by panel and by smoother and severity."""
    panels: Panels = {label: {} for label in _PANELS.values()}
    for severity, part in clips.items():
        for smoother in SMOOTHERS:
            for value_s in sorted({*TIME_CONSTANTS_S, settings.time_constant_s}):
                chosen = replace(settings, smoother=smoother, time_constant_s=value_s)
                found = change_figures(part, part.smoothed(chosen))
                for name, label in _PANELS.items():
                    figure: Interval = getattr(found, name)
                    shown = figure if name == 'lag_s' else _in_points(figure)
                    line = panels[label].setdefault(f'{smoother}, severity {severity:g}', [])
                    line.append((value_s, shown))
    return panels


def _in_points(figure: Interval) -> Interval:
    return Interval(100 * figure.value, 100 * figure.low, 100 * figure.high)


def _cells(found: ChangeFigures) -> list[Cell]:
    cells: list[Cell] = []
    for figure in (found.gain, found.flicker_removed, found.after_change, *found.gain_at):
        cells += [figure.value, figure.span()]
    lag = found.lag_s
    return [
        *cells,
        lag.value,
        '-' if math.isnan(lag.low) else f'{lag.low:.2f} to {lag.high:.2f}',
        found.single_lag_s.value,
        found.never_named,
    ]
