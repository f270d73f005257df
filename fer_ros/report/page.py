"""Pages: the report of one recording and the summary of many, each whole in one HTML file."""

import base64
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from fer_ros.analysis.emotion_log import EmotionLog
from fer_ros.media.annotate import EMOTION_COLORS_BGR
from fer_ros.report.thumbnails import Thumbnail
from fer_ros.report.timeline_svg import timeline_svg

_ASSETS = Path(__file__).parent.parent / 'assets'
_OTHER_COLOR = '#b4b4b4'


class Cell(NamedTuple):
    """One cell of a confusion matrix.

    Attributes:
        times: How often the label was taken for the estimate.
        share: Of all that have the label, in percent.
    """

    times: int
    share: float


def write_page(
    report: dict[str, Any], log: EmotionLog, worst: Sequence[Thumbnail], path: Path
) -> None:
    """Write the page of one recording.

    Args:
        report: As in ``report.json``.
        log: All estimates, for the timeline.
        worst: The worst disagreements, worst first.
        path: Of the HTML file; nothing else is needed to show it.
    """
    from markupsafe import Markup

    pictures = [
        {
            'source': f'data:image/jpeg;base64,{base64.b64encode(one.jpeg).decode()}',
            'time_s': one.time_s,
            'topic': one.topic,
            'label': one.label,
            'estimate': one.estimate,
            'confidence': one.confidence,
            'face_id': one.face_id,
        }
        for one in worst
    ]
    content = {'report': report, 'worst': pictures, 'timeline': Markup(timeline_svg(log, color))}
    path.write_text(_render('report.html.jinja', report['version'], content))


def write_summary_page(summary: dict[str, Any], path: Path) -> None:
    """Write the page over several recordings.

    Args:
        summary: As in ``summary.json``.
        path: Of the HTML file.
    """
    path.write_text(_render('summary.html.jinja', summary['version'], {'summary': summary}))


def color(emotion: str) -> str:
    """Return the colour of an emotion as HTML has it."""
    if emotion not in EMOTION_COLORS_BGR:
        return _OTHER_COLOR
    blue, green, red = EMOTION_COLORS_BGR[emotion]
    return f'#{red:02x}{green:02x}{blue:02x}'


def confusion_cell(agreement: dict[str, Any], label: str, estimate: str) -> Cell:
    """Return a cell of the confusion matrix.

    Args:
        agreement: ``images`` or ``intervals`` of ``judge``.
        label: Class of the row.
        estimate: Class of the column.
    """
    row = agreement['confusion'][agreement['classes'].index(label)]
    times = row[agreement['classes'].index(estimate)]
    return Cell(times, 100 * times / max(sum(row), 1))


def shown_classes(agreement: dict[str, Any]) -> list[str]:
    """Return the classes that occur among labels or estimates."""
    confusion, classes = agreement['confusion'], agreement['classes']
    return [
        name
        for index, name in enumerate(classes)
        if any(confusion[index]) or any(row[index] for row in confusion)
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
        color=color,
        confusion_cell=confusion_cell,
        duration=duration,
        shown_classes=shown_classes,
        version=version,
    )
    return environment.get_template(template).render(content)
