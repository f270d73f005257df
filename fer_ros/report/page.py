"""Pages: the report of one recording and the summary of many, each whole in one HTML file."""

import base64
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from fer_ros.analysis.agreement import ConfusionFigures
from fer_ros.report.emotion_color import html_color
from fer_ros.report.report import Report
from fer_ros.report.summary import Summary
from fer_ros.report.thumbnails import Thumbnail
from fer_ros.report.timeline import Timeline
from fer_ros.report.timeline_svg import timeline_svg

_ASSETS = Path(__file__).parent.parent / 'assets'


class Cell(NamedTuple):
    """One cell of a confusion matrix.

    Attributes:
        times: How often the label was taken for the estimate.
        share: Of all that have the label, in percent.
    """

    times: int
    share: float


def write_page(report: Report, timeline: Timeline, worst: Sequence[Thumbnail], path: Path) -> None:
    """Write the page of one recording.

    Args:
        report: Its figures.
        timeline: All estimates.
        worst: The worst disagreements, worst first.
        path: Of the HTML file; nothing else is needed to show it.
    """
    from markupsafe import Markup

    content = {'report': report, 'worst': worst, 'timeline': Markup(timeline_svg(timeline))}
    path.write_text(_render('report.html.jinja', report.version, content))


def write_summary_page(summary: Summary, path: Path) -> None:
    """Write the page over several recordings.

    Args:
        summary: Their figures.
        path: Of the HTML file.
    """
    path.write_text(_render('summary.html.jinja', summary.version, {'summary': summary}))


def picture_url(jpeg: bytes) -> str:
    """Return a picture as an address that holds it."""
    return f'data:image/jpeg;base64,{base64.b64encode(jpeg).decode()}'


def confusion_cell(figures: ConfusionFigures, label: str, estimate: str) -> Cell:
    """Return a cell of the confusion matrix.

    Args:
        figures: Of the images or the labels.
        label: Class of the row.
        estimate: Class of the column.
    """
    row = figures.confusion[figures.classes.index(label)]
    times = row[figures.classes.index(estimate)]
    return Cell(times, 100 * times / max(sum(row), 1))


def shown_classes(figures: ConfusionFigures) -> list[str]:
    """Return the classes that occur among labels or estimates."""
    return [
        name
        for index, name in enumerate(figures.classes)
        if any(figures.confusion[index]) or any(row[index] for row in figures.confusion)
    ]


def duration(seconds: float) -> str:
    """Return a time as a person says it."""
    minutes, rest = divmod(seconds, 60)
    if seconds < 60:
        return f'{seconds:.1f} s'
    if minutes < 60:
        return f'{minutes:.0f} min {rest:02.0f} s'
    return f'{minutes // 60:.0f} h {minutes % 60:02.0f} min'


def _render(template: str, version: str, content: dict[str, Any]) -> str:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=FileSystemLoader(_ASSETS), autoescape=True, undefined=StrictUndefined
    )
    environment.globals.update(
        css=Markup((_ASSETS / 'page.css').read_text()),
        color=html_color,
        confusion_cell=confusion_cell,
        duration=duration,
        picture_url=picture_url,
        shown_classes=shown_classes,
        version=version,
    )
    return environment.get_template(template).render(content)
