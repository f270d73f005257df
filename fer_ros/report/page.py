"""Pages: the report of one recording and the summary of many, each an HTML file.

Everything is in the file except the annotated video, which is next to it.
"""

import base64
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from fer_ros.analysis.agreement import ConfusionFigures
from fer_ros.analysis.behaviour import FaceFigures, seen_longest
from fer_ros.report.emotion_color import html_color
from fer_ros.report.pictures import PicturesReport
from fer_ros.report.report import Report
from fer_ros.report.summary import Summary
from fer_ros.report.thumbnails import FaceKey, Thumbnail
from fer_ros.report.time_text import duration, time_span
from fer_ros.report.timeline import SHORTEST_S, Timeline, TimelineRow
from fer_ros.report.timeline_svg import curves_svg, strips, ticks

_ASSETS = Path(__file__).parent.parent / 'assets'
# Number of faces on a page; report.json contains all.
MOST_FACES = 20


class Cell(NamedTuple):
    """One cell of a confusion matrix.

    Attributes:
        times: Number of items with this label and this estimate.
        share: Percentage of all items with the label.
    """

    times: int
    share: float


class PagePictures(NamedTuple):
    """The pictures that the page of a recording contains.

    Attributes:
        faces: Encoded pictures of the faces.
        worst: Worst disagreements with the labels, worst first.
        posters: For each annotated video, an encoded image to show until it is played; a browser
            may otherwise show a black rectangle.
    """

    faces: Mapping[FaceKey, bytes]
    worst: Sequence[Thumbnail]
    posters: Mapping[str, bytes]


class ShownFace(NamedTuple):
    """A face on the page.

    Attributes:
        figures: Figures of the face.
        picture: URL of its thumbnail; empty if there is none.
        row: Its row of the timeline, if it has one.
        why_no_row: Why it has no row; empty if it has one.
    """

    figures: FaceFigures
    picture: str
    row: TimelineRow | None
    why_no_row: str


def write_page(
    report: Report,
    timeline: Timeline,
    pictures: PagePictures,
    path: Path,
) -> None:
    """Write the page of one recording.

    Args:
        report: Figures of the recording.
        timeline: Timeline of all estimates.
        pictures: Pictures that the page contains.
        path: Path of the HTML file.
    """
    content = {
        'report': report,
        'timeline': timeline,
        'faces': shown_faces(report.behaviour.faces, timeline, pictures.faces),
        'worst': pictures.worst,
        'posters': pictures.posters,
        'videos': report.videos if 'video' in report.parts else (),
    }
    page = _render('report.html.jinja', report.version, content, report.model.classes)
    path.write_text(page, encoding='utf-8')


def shown_faces(
    faces: Sequence[FaceFigures], timeline: Timeline, pictures: Mapping[FaceKey, bytes]
) -> list[ShownFace]:
    """Return the faces to show on the page: those seen longest, in order of appearance."""
    rows = {(row.topic, row.face_id): row for row in timeline.rows}
    longest = seen_longest(faces)[:MOST_FACES]
    shown = []
    for face in sorted(longest, key=lambda face: (face.first_s, face.face_id)):
        key = face.topic, face.face_id
        why = '' if key in rows else f'the {len(rows)} faces seen longest have a row'
        if why and face.last_s - face.first_s < SHORTEST_S:
            why = f'seen for less than {SHORTEST_S} s'
        picture = picture_url(pictures[key]) if key in pictures else ''
        shown.append(ShownFace(face, picture, rows.get(key), why))
    return shown


def write_pictures_page(report: PicturesReport, jpegs: Sequence[bytes], path: Path) -> None:
    """Write the page of pictures that are not a sequence.

    Args:
        report: Figures of the pictures.
        jpegs: Small annotated versions of the first pictures.
        path: Path of the HTML file, which needs no other files.
    """
    content = {'report': report, 'shown': list(zip(report.pictures, jpegs, strict=False))}
    page = _render('pictures.html.jinja', report.version, content, report.model.classes)
    path.write_text(page, encoding='utf-8')


def write_summary_page(summary: Summary, path: Path) -> None:
    """Write the summary page of several recordings.

    Args:
        summary: Figures of the recordings.
        path: Path of the HTML file.
    """
    path.write_text(
        _render('summary.html.jinja', summary.version, {'summary': summary}), encoding='utf-8'
    )


def picture_url(jpeg: bytes) -> str:
    """Return a picture as a data URL."""
    return f'data:image/jpeg;base64,{base64.b64encode(jpeg).decode()}'


def confusion_cell(figures: ConfusionFigures, label: str, estimate: str) -> Cell:
    """Return a cell of the confusion matrix.

    Args:
        figures: Confusion figures by images or by labels.
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


def _render(
    template: str, version: str, content: dict[str, Any], classes: Sequence[str] = ()
) -> str:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=FileSystemLoader(_ASSETS), autoescape=True, undefined=StrictUndefined
    )
    environment.globals.update(
        css=Markup((_ASSETS / 'page.css').read_text(encoding='utf-8')),
        color=partial(html_color, classes=classes),
        confusion_cell=confusion_cell,
        curves_svg=lambda row, timeline: Markup(curves_svg(row, timeline)),
        duration=duration,
        picture_url=picture_url,
        shown_classes=shown_classes,
        strips=strips,
        ticks=ticks,
        time_span=time_span,
        version=version,
    )
    return environment.get_template(template).render(content)
