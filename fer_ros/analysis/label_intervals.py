"""Labels: the emotions shown over time, from a file or from a topic of the bag."""

import csv
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from fer_ros.errors import LabelError
from fer_ros.messages.image_transport import base_topic
from fer_ros.structures import FaceBox, FaceEmotion, FrameEmotions

Regions = npt.NDArray[np.float64]

COLUMNS = ('start_s', 'end_s', 'emotion')
# Most digits of a face_id, which has 32 bits.
_MOST_DIGITS = 9
# A labelled region and a face that share less than this of the smaller one are different faces.
_SAME_FACE = 0.5


@dataclass(frozen=True, eq=False)
class LabelInterval:
    """The emotion of one face during an interval.

    Attributes:
        start_s: Start in seconds since the first image.
        end_s: End in seconds, exclusive.
        emotion: One of the model's classes.
        face_id: Id of the face; ``None`` for the largest one in each image, or the one at
            ``regions``.
        regions: ``(N, 5)`` float64: time in seconds and x0, y0, x1, y1 in pixels, in order of
            time; empty if the label does not locate the face.
        topic: Topic of the images to which it applies, without the suffix of its transport; empty
            for all topics.
    """

    start_s: float
    end_s: float
    emotion: str
    face_id: int | None = None
    regions: Regions = field(default_factory=lambda: np.empty((0, 5)))
    topic: str = ''

    def face_of(self, frame: FrameEmotions, time_s: float) -> FaceEmotion | None:
        """Return the labelled face, or ``None`` if it was not found in the image."""
        if self.face_id is not None:
            return next((face for face in frame.faces if face.face_id == self.face_id), None)
        if len(self.regions):
            row = max(int(np.searchsorted(self.regions[:, 0], time_s, side='right')) - 1, 0)
            region = FaceBox(*(float(edge) for edge in self.regions[row, 1:]))
            best = max(frame.faces, key=lambda face: _overlap(face.box, region), default=None)
            return best if best and _overlap(best.box, region) >= _SAME_FACE else None
        return max(frame.faces, key=lambda f: f.box.width_px * f.box.height_px, default=None)


class Labels:
    """All labels of a bag.

    Attributes:
        intervals: Intervals in order of their starts; adjacent ones with the same emotion of the
            same face are merged.
    """

    def __init__(self, intervals: Iterable[LabelInterval]) -> None:
        self.intervals = _merged(sorted(intervals, key=lambda interval: interval.start_s))
        # Each row can be searched by bisection: indices of the intervals, and their starts.
        self._rows = [
            (places, [self.intervals[place].start_s for place in places])
            for places in non_overlapping_rows(self.intervals)
        ]

    def at(self, time_s: float, topic: str) -> Iterator[tuple[int, LabelInterval]]:
        """Yield each label that applies to an image, with its index in ``intervals``.

        Args:
            time_s: Time of the image in seconds since the first one.
            topic: Topic of the image.
        """
        camera = base_topic(topic)
        for places, starts_s in self._rows:
            number = bisect_right(starts_s, time_s) - 1
            if number < 0:
                continue
            interval = self.intervals[places[number]]
            if time_s < interval.end_s and interval.topic in ('', camera):
                yield places[number], interval


def non_overlapping_rows(ordered: Sequence[LabelInterval]) -> list[list[int]]:
    """Return rows of labels that do not overlap within a row, as indices of the labels.

    Args:
        ordered: Labels in order of their starts.
    """
    rows: list[list[int]] = []
    for place, interval in enumerate(ordered):
        row = next((row for row in rows if ordered[row[-1]].end_s <= interval.start_s), None)
        if row is None:
            rows.append(row := [])
        row.append(place)
    return rows


def _merged(ordered: Iterable[LabelInterval]) -> list[LabelInterval]:
    merged: list[LabelInterval] = []
    latest: dict[tuple[str, int | None], int] = {}
    for interval in ordered:
        if len(interval.regions):
            # A label with regions is complete already.
            merged.append(interval)
            continue
        key = interval.topic, interval.face_id
        place = latest.get(key)
        old = merged[place] if place is not None else None
        if old and (old.end_s, old.emotion) == (interval.start_s, interval.emotion):
            merged[latest[key]] = replace(old, end_s=interval.end_s)
            continue
        latest[key] = len(merged)
        merged.append(interval)
    return merged


def _overlap(a: FaceBox, b: FaceBox) -> float:
    """Return the share of the smaller box inside the other; regions are clipped to the image."""
    iou = a.iou(b)
    areas = a.width_px * a.height_px, b.width_px * b.height_px
    return iou / (1 + iou) * sum(areas) / min(areas)


def read_label_file(path: Path, classes: Sequence[str]) -> Labels:
    """Read a CSV file with the columns ``start_s,end_s,emotion`` and optionally ``face_id``.

    Args:
        path: File with a header line and a line per interval; times are in seconds since the first
            image. Without ``face_id`` a label applies to the largest face in each image.
        classes: Class names of the model.

    Raises:
        LabelError: The file is missing or not such a table, a class is unknown, an interval ends
            before it starts, or two intervals of the same face overlap.
    """
    intervals: list[LabelInterval] = []
    lines: list[int] = []
    try:
        with path.open(newline='', encoding='utf-8-sig') as stream:
            reader = csv.DictReader(stream, skipinitialspace=True)
            missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
            if missing:
                raise LabelError(
                    f'label file {path} has no column {", ".join(missing)}, expected '
                    f'{",".join(COLUMNS)} and optionally face_id'
                )
            for row in reader:
                intervals.append(_interval(row, classes, f'{path}, line {reader.line_num}'))
                lines.append(reader.line_num)
    except OSError as error:
        raise LabelError(f'label file {path} cannot be read: {error.strerror}') from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise LabelError(f'label file {path} is not CSV: {error}') from None
    if not intervals:
        raise LabelError(f'label file {path} contains no interval')
    _refuse_overlaps(intervals, lines, path)
    return Labels(intervals)


def _interval(row: dict[str, str], classes: Sequence[str], where: str) -> LabelInterval:
    start_s, end_s = (_number(row, name, where) for name in ('start_s', 'end_s'))
    emotion = (row['emotion'] or '').strip()
    if emotion not in classes:
        known = ', '.join(classes)
        raise LabelError(f'{where}: emotion {emotion!r} is unknown, expected {known}')
    if not 0 <= start_s < end_s < float('inf'):
        raise LabelError(
            f'{where}: the interval goes from {start_s:g} s to {end_s:g} s; it must start at 0 or '
            'later and end after its start'
        )
    face = (row.get('face_id') or '').strip()
    if face and not (face.isdecimal() and len(face) <= _MOST_DIGITS and int(face)):
        raise LabelError(
            f'{where}: face_id is {face[:20]!r}, expected a whole number from 1, or nothing'
        )
    return LabelInterval(start_s, end_s, emotion, int(face) if face else None)


def _number(row: dict[str, str], name: str, where: str) -> float:
    try:
        return float(row[name])
    except (TypeError, ValueError):
        raise LabelError(f'{where}: {name} is {row[name]!r}, expected a number') from None


def _refuse_overlaps(intervals: list[LabelInterval], lines: list[int], path: Path) -> None:
    order = sorted(range(len(intervals)), key=lambda index: intervals[index].start_s)
    open_ones: list[int] = []
    for index in order:
        new = intervals[index]
        open_ones = [other for other in open_ones if intervals[other].end_s > new.start_s]
        for other in open_ones:
            old = intervals[other]
            # A label without a face_id may apply to any face.
            if None in (old.face_id, new.face_id) or old.face_id == new.face_id:
                raise LabelError(
                    f'{path}, line {lines[index]}: {new.start_s:g} to {new.end_s:g} s overlaps '
                    f'line {lines[other]} ({old.start_s:g} to {old.end_s:g} s) for the same face'
                )
        open_ones.append(index)
