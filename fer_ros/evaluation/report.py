"""The results of an evaluation as JSON, CSV, Markdown and pictures."""

import csv
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from fer_ros.atomic_file import atomic_files
from fer_ros.metrics import Interval, Metrics
from fer_ros.printable import printable

Cell = str | int | float
# Points of each curve, by the name of the varied quantity.
Curves = dict[str, list[tuple[float, Interval]]]
# The curves of each panel, by its title.
Panels = dict[str, Curves]


@dataclass(frozen=True)
class Table:
    """Rows of figures under a title.

    Attributes:
        name: Name of its CSV file.
        title: Line that describes the figures.
        columns: Names of the columns; the first column names the row.
        rows: Rows with a cell per column. A float is a share, shown in per cent, unless the name
            of its column has a unit in brackets.
    """

    name: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True, eq=False)
class Evaluation:
    """The results of an evaluation.

    Attributes:
        title: Name of the data that was judged.
        notes: Sentences that a reader needs to interpret the figures.
        tables: Tables in reading order.
        endnotes: Sentences for the end, such as a list of what was left out.
        mapping: Sentences about classes that the model or the data does not have.
        confusions: Metrics by stream, for the confusion matrices.
        curves: Accuracy over the strength of each disturbance; may be empty.
        changes: Figures of smoothing over its time constant; may be empty.
    """

    title: str
    notes: tuple[str, ...]
    tables: tuple[Table, ...]
    endnotes: tuple[str, ...] = ()
    mapping: tuple[str, ...] = ()
    confusions: Mapping[str, Metrics] = field(default_factory=dict)
    curves: Curves = field(default_factory=dict)
    changes: Panels = field(default_factory=dict)

    def markdown(self) -> str:
        """Return title, notes, tables and endnotes."""
        parts = [f'# {self.title}', _markdown_list((*self.notes, *self.mapping))]
        parts += map(_markdown_table, self.tables)
        parts.append(_markdown_list(self.endnotes))
        return '\n\n'.join(filter(None, parts)) + '\n'

    def write(self, out: Path) -> list[str]:
        """Write ``report.md``, ``figures.json``, a CSV per table and the pictures.

        They appear once all are complete; if writing fails, those of an earlier evaluation stay.

        Args:
            out: Folder of the files, created if missing.

        Returns:
            Names of the files.
        """
        with atomic_files(out) as aside:
            return self._write(aside)

    def _write(self, out: Path) -> list[str]:
        # Notes may name pictures.
        (out / 'report.md').write_text(printable(self.markdown()), encoding='utf-8')
        figures = json.dumps(_plain(self._figures()), indent=1) + '\n'
        (out / 'figures.json').write_text(figures, encoding='utf-8')
        names = ['report.md', 'figures.json']
        for table in self.tables:
            _write_csv(table, out / f'{table.name}.csv')
            names.append(f'{table.name}.csv')
        for stream, metrics in self.confusions.items():
            draw_confusion(metrics, f'{self.title}, {stream}', out / f'confusion_{stream}.png')
            names.append(f'confusion_{stream}.png')
        if self.curves:
            draw_curves(self.curves, self.title, out / 'robustness.png')
            names.append('robustness.png')
        if self.changes:
            draw_panels(self.changes, 'time constant, s', self.title, out / 'changes.png')
            names.append('changes.png')
        return names

    def _figures(self) -> dict[str, Any]:
        return {
            'title': self.title,
            'notes': (*self.notes, *self.mapping),
            'endnotes': self.endnotes,
            'tables': {
                table.name: [dict(zip(table.columns, row, strict=True)) for row in table.rows]
                for table in self.tables
            },
            'confusion': {
                stream: {'classes': metrics.classes, 'counts': metrics.confusion.tolist()}
                for stream, metrics in self.confusions.items()
            },
            'robustness': _points(self.curves),
            'changes': {name: _points(lines) for name, lines in self.changes.items()},
        }


def draw_confusion(metrics: Metrics, title: str, path: Path) -> None:
    """Draw the confusion matrix, each row normalised, to a PNG file."""
    from matplotlib.figure import Figure

    counts = metrics.confusion
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    figure = Figure(figsize=(7, 6), layout='constrained')
    axes = figure.add_subplot()
    axes.imshow(shares, cmap='Blues', vmin=0, vmax=1)
    ticks = range(len(metrics.classes))
    axes.set_xticks(ticks, metrics.classes, rotation=45, ha='right')
    axes.set_yticks(
        ticks,
        [
            f'{name} ({count})'
            for name, count in zip(metrics.classes, counts.sum(axis=1), strict=True)
        ],
    )
    axes.set_xlabel('predicted')
    axes.set_ylabel('labelled (faces)')
    axes.set_title(f'{title}: accuracy {metrics.accuracy:.1%}', fontsize=10)
    for (row, column), share in np.ndenumerate(shares):
        color = 'white' if share > 0.5 else 'black'
        axes.text(column, row, f'{share:.0%}', ha='center', va='center', color=color, fontsize=8)
    figure.savefig(path, dpi=120)


def draw_curves(curves: Curves, title: str, path: Path) -> None:
    """Draw accuracy over the strength of each disturbance to a PNG file."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(3.1 * len(curves), 3.2), layout='constrained')
    for axes, (name, points) in zip(
        figure.subplots(1, len(curves), sharey=True, squeeze=False)[0], curves.items(), strict=True
    ):
        strengths = [strength for strength, _ in points]
        axes.plot(strengths, [100 * found.value for _, found in points], marker='o')
        axes.fill_between(
            strengths,
            [100 * found.low for _, found in points],
            [100 * found.high for _, found in points],
            alpha=0.25,
        )
        axes.set_xlabel(name)
        axes.set_ylim(0, 100)
        axes.grid(alpha=0.25)
    figure.axes[0].set_ylabel('accuracy, %')
    figure.suptitle(title, fontsize=10)
    figure.savefig(path, dpi=110)


def draw_panels(panels: Panels, x_label: str, title: str, path: Path) -> None:
    """Draw panels of curves side by side to a PNG file."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4.2 * len(panels), 3.8), layout='constrained')
    for axes, (label, lines) in zip(
        figure.subplots(1, len(panels), squeeze=False)[0], panels.items(), strict=True
    ):
        for number, (name, points) in enumerate(lines.items()):
            x = [value for value, _ in points]
            solid = name.startswith('following')
            color, style = f'C{number // 2}', '-' if solid else '--'
            axes.plot(x, [found.value for _, found in points], style, color=color, label=name)
            axes.fill_between(
                x,
                [found.low for _, found in points],
                [found.high for _, found in points],
                color=color,
                alpha=0.12,
            )
        axes.set_title(label, fontsize=9)
        axes.set_xlabel(x_label)
        axes.grid(alpha=0.25)
    figure.axes[0].legend(fontsize=7)
    figure.suptitle(title, fontsize=10)
    figure.savefig(path, dpi=110)


def _points(curves: Curves) -> dict[str, list[tuple[float, float, float, float]]]:
    return {
        name: [(x, found.value, found.low, found.high) for x, found in points]
        for name, points in curves.items()
    }


def _markdown_list(sentences: Sequence[str]) -> str:
    return '\n'.join(f'- {sentence}' for sentence in sentences)


def _markdown_table(table: Table) -> str:
    lines = [
        f'**{table.title}**',
        '',
        '| ' + ' | '.join(table.columns) + ' |',
        '|' + '---|' * len(table.columns),
    ]
    for row in table.rows:
        cells = [_cell(value, name) for name, value in zip(table.columns, row, strict=True)]
        lines.append('| ' + ' | '.join(cells) + ' |')
    return '\n'.join(lines)


def _cell(value: Cell, column: str) -> str:
    if isinstance(value, str | int):
        return str(value)
    if math.isnan(value):
        return '-'
    return f'{value:.3g}' if '(' in column else f'{100 * value:.2f} %'


def _write_csv(table: Table, path: Path) -> None:
    with path.open('w', newline='', encoding='utf-8') as stream:
        writer = csv.writer(stream)
        writer.writerow(table.columns)
        writer.writerows(table.rows)


def _plain(value: Any) -> Any:
    """Return values that JSON can represent; NaN becomes null."""
    if isinstance(value, Mapping):
        return {key: _plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and math.isnan(value) else value
