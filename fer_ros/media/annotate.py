"""Draws emotions onto an image: box, identity, emotion, probabilities, landmark graph, pose.

Text and lines scale with the image, not with the face. A panel never covers a face or a label; if
there is no room for it, it is left out.
"""

import math
from collections.abc import Collection
from typing import NamedTuple

import cv2
import numpy as np

from fer_ros.face.graph import anatomical_edges
from fer_ros.face.pose import head_axes
from fer_ros.media.class_colors import Rgb, class_color, text_color
from fer_ros.media.free_places import FreePlaces
from fer_ros.structures import FaceBox, FaceEmotion, FrameEmotions, ImageArray

Color = tuple[int, int, int]

# What can be drawn; ``none`` draws nothing.
ANNOTATIONS = ('box', 'label', 'probabilities', 'landmarks', 'pose', 'none')
DEFAULT_ANNOTATIONS = ('box', 'label', 'probabilities', 'landmarks')

_WHITE: Color = (255, 255, 255)
# The axes to the image's right, down, and out of the face.
_AXES_BGR: tuple[Color, ...] = ((60, 60, 230), (80, 200, 80), (240, 140, 60))
_FONT = cv2.FONT_HERSHEY_SIMPLEX
_EDGES = [(int(a), int(b)) for a, b in anatomical_edges().T if a < b]
# Sub-pixel positions: OpenCV takes them as integers with this many fractional bits.
_SHIFT = 3
# Face widths, in line widths, from which the landmark graph begins to show, and from which it is
# fully opaque and has points.
_GRAPH_FROM, _GRAPH_WHOLE = 64, 160
_FEW_BARS = 3


class _Sizes(NamedTuple):
    """Sizes of text and lines, which depend on the size of the image.

    Attributes:
        text: OpenCV font scale of labels.
        small: OpenCV font scale of panels.
        line_px: Width of a line in pixels.
    """

    text: float
    small: float
    line_px: int

    @staticmethod
    def of(bgr: ImageArray) -> '_Sizes':
        side = min(bgr.shape[0], 0.75 * bgr.shape[1])
        text = max(0.42, side / 1000)
        return _Sizes(text, 0.78 * text, max(1, round(side / 900)))


class _Row(NamedTuple):
    """A row of a panel.

    Attributes:
        name: Name of the class, or the title of the panel.
        color: Colour of the bar.
        probability: Length of the bar, in [0, 1]; NaN for the title, which has none.
    """

    name: str
    color: Rgb
    probability: float


def annotate(
    bgr: ImageArray, frame: FrameEmotions, parts: Collection[str] = DEFAULT_ANNOTATIONS
) -> ImageArray:
    """Return a copy of ``bgr`` with every face of ``frame`` drawn onto it.

    Args:
        bgr: ``(H, W, 3)`` uint8.
        frame: Faces found in this image.
        parts: What to draw; a subset of ``ANNOTATIONS``.
    """
    drawn = bgr.copy()
    sizes = _Sizes.of(drawn)
    colors = [class_color(face.emotion, frame.classes) for face in frame.faces]
    for face, color in zip(frame.faces, colors, strict=True):
        if 'landmarks' in parts:
            _draw_graph(drawn, face, color, sizes)
        if 'box' in parts:
            _draw_box(drawn, face, color, sizes)
    for face in frame.faces:
        if 'pose' in parts:
            _draw_pose(drawn, face, sizes)
    places = FreePlaces((drawn.shape[1], drawn.shape[0]), [_extent(face) for face in frame.faces])
    around = [_grown(_extent(face), 4 * sizes.line_px) for face in frame.faces]
    if 'label' in parts:
        for index, face in enumerate(frame.faces):
            label = _draw_label(drawn, face, colors[index], sizes, places)
            around[index] = _together(around[index], label)
    if 'probabilities' in parts:
        for face, beside in zip(frame.faces, around, strict=True):
            # With several faces it is not obvious whose panel it is.
            title = f'#{face.face_id}' if len(frame.faces) > 1 else ''
            _draw_panel(drawn, face, frame.classes, title, beside, places)
    return drawn


def label_of(face: FaceEmotion) -> str:
    """Return a face's id, emotion and confidence as one line."""
    sure = '' if math.isnan(face.confidence) else f' {face.confidence:.0%}'
    return f'#{face.face_id} {face.answer}{sure}'


def _extent(face: FaceEmotion) -> FaceBox:
    """Return the rectangle that encloses a face and its landmarks."""
    box = face.box
    if face.landmarks is None:
        return box
    x0, y0 = face.landmarks.points_px.min(axis=0).tolist()
    x1, y1 = face.landmarks.points_px.max(axis=0).tolist()
    return _together(box, FaceBox(x0, y0, max(x1, x0 + 1), max(y1, y0 + 1)))


def _draw_graph(drawn: ImageArray, face: FaceEmotion, color: Rgb, sizes: _Sizes) -> None:
    """Draw the landmark graph; it fades on a small face, which it would hide."""
    width = face.box.width_px / sizes.line_px
    if face.landmarks is None or width <= _GRAPH_FROM:
        return
    strength = min((width - _GRAPH_FROM) / (_GRAPH_WHOLE - _GRAPH_FROM), 1.0)
    left, top, right, bottom = (max(round(edge), 0) for edge in _edges(_extent(face)))
    below = drawn[top : bottom + 1, left : right + 1]
    if not below.size:
        return
    bare = below.copy()
    points = np.round(face.landmarks.points_px * (1 << _SHIFT)).astype(int).tolist()
    for a, b in _EDGES:
        cv2.line(drawn, points[a], points[b], _bgr(color), sizes.line_px, cv2.LINE_AA, _SHIFT)
    if strength < 1:
        cv2.addWeighted(below, strength, bare, 1 - strength, 0, dst=below)
        return
    radius = round(max(1.0, min(sizes.line_px * 1.5, width / 120)) * (1 << _SHIFT))
    for point in points:
        cv2.circle(drawn, point, radius, _WHITE, -1, cv2.LINE_AA, _SHIFT)


def _draw_box(drawn: ImageArray, face: FaceEmotion, color: Rgb, sizes: _Sizes) -> None:
    box = face.box
    # The frame around a small face must not cover much of it.
    line_px = 2 * sizes.line_px if box.width_px >= 64 * sizes.line_px else sizes.line_px
    start, end = (round(box.x0_px), round(box.y0_px)), (round(box.x1_px), round(box.y1_px))
    cv2.rectangle(drawn, start, end, _bgr(color), line_px, cv2.LINE_AA)


def _draw_pose(drawn: ImageArray, face: FaceEmotion, sizes: _Sizes) -> None:
    """Draw the axes of the head from the tip of the nose, in orthographic projection."""
    if math.isnan(face.head.yaw_rad + face.head.pitch_rad + face.head.roll_rad):
        return
    start = np.array(face.box.center_px)
    if face.landmarks is not None:
        start = face.landmarks.points_px[30].astype(float)
    right, down, inwards = head_axes(face.head).T
    for axis, color in zip((right, down, -inwards), _AXES_BGR, strict=True):
        end = start + axis[:2] * face.box.width_px * 0.5
        a, b = np.round(np.array([start, end]) * (1 << _SHIFT)).astype(int).tolist()
        cv2.line(drawn, a, b, color, 2 * sizes.line_px, cv2.LINE_AA, _SHIFT)


def _draw_label(
    drawn: ImageArray, face: FaceEmotion, color: Rgb, sizes: _Sizes, places: FreePlaces
) -> FaceBox:
    """Write id and emotion, shortened or over the face if there is no room, and return the
    rectangle that the text takes.
    """
    short = f'#{face.face_id}'
    named, whole = f'{short} {face.answer}', label_of(face)
    around = _grown(_extent(face), sizes.line_px)
    for text in (whole, named, short):
        size_wh = _label_wh(text, sizes)
        place = places.beside(around, size_wh, 'above below right left', size_wh[1])
        if place is not None:
            break
    else:
        width = drawn.shape[1]
        fitting = (text for text in (whole, named) if _label_wh(text, sizes)[0] <= width)
        text = next(fitting, short)
        size_wh = _label_wh(text, sizes)
        left = int(np.clip(face.box.x0_px, 0, max(drawn.shape[1] - size_wh[0], 0)))
        top = int(np.clip(face.box.y0_px, 0, max(drawn.shape[0] - size_wh[1], 0)))
        place = FaceBox(left, top, left + size_wh[0], top + size_wh[1])
    places.take(place)
    left, top, right, bottom = (round(edge) for edge in _edges(place))
    cv2.rectangle(drawn, (left, top), (right - 1, bottom - 1), _bgr(color), -1)
    baseline = cv2.getTextSize(text, _FONT, sizes.text, sizes.line_px)[1]
    ink = _bgr(text_color(color))
    _write(drawn, text, (left + 3, bottom - baseline), sizes.text, ink, sizes.line_px)
    return place


def _label_wh(text: str, sizes: _Sizes) -> tuple[int, int]:
    (width, height), baseline = cv2.getTextSize(text, _FONT, sizes.text, sizes.line_px)
    return width + 6, height + baseline + 4


def _draw_panel(
    drawn: ImageArray,
    face: FaceEmotion,
    classes: tuple[str, ...],
    title: str,
    around: FaceBox,
    places: FreePlaces,
) -> None:
    """Draw a bar per class, or only for the most probable ones if there is little room.

    Args:
        drawn: Image to draw on.
        face: Face whose probabilities are drawn; no bars if it was not judged in this image.
        classes: Names of the classes.
        title: Text above the bars; empty for none.
        around: Rectangle to place the panel beside: the face and its label.
        places: Free places in the image.
    """
    if not face.judged:
        return
    sizes = _Sizes.of(drawn)
    best = np.argsort(-face.probabilities, kind='stable')[:_FEW_BARS]
    longest = max(_text_px(name, sizes.small) for name in classes)
    row = cv2.getTextSize('f', _FONT, sizes.small, 1)[0][1] + 7 * sizes.line_px
    face_alone = _grown(_extent(face), 4 * sizes.line_px)
    for indices in (range(len(classes)), sorted(best.tolist())):
        for named_beside in (True, False):
            bar = max(36 * sizes.line_px, longest) if named_beside else 0
            size_wh = longest + bar + 14, row * (len(indices) + bool(title)) + 6
            for anchor in (face_alone, around):
                place = places.beside(anchor, size_wh, 'right left below above', row)
                if place is not None:
                    places.take(place)
                    color = class_color(face.emotion, classes)
                    rows = [_Row(title, color, math.nan)] if title else []
                    for index in indices:
                        name, share = classes[index], float(face.probabilities[index])
                        rows.append(_Row(name, class_color(name, classes), share))
                    _draw_rows(drawn, place, color, rows, named_beside)
                    return


def _draw_rows(
    drawn: ImageArray, place: FaceBox, color: Rgb, rows: list[_Row], named_beside: bool
) -> None:
    """Draw a panel with an edge in ``color``, the names of its rows beside or on their bars."""
    sizes = _Sizes.of(drawn)
    left, top, right, bottom = (round(edge) for edge in _edges(place))
    panel = drawn[top:bottom, left:right]
    panel[:] = panel // 4
    cv2.rectangle(drawn, (left, top), (left + 1, bottom - 1), _bgr(color), -1)
    height = (bottom - top - 6) / len(rows)
    longest = max(_text_px(row.name, sizes.small) for row in rows)
    for number, row in enumerate(rows):
        y0, y1 = (round(top + 3 + (number + at) * height) for at in (0, 1))
        if not math.isnan(row.probability):
            start = left + 10 + longest if named_beside else left + 4
            end = start + max(1, round((right - 4 - start) * row.probability))
            shade = 1.0 if named_beside else 0.55
            bar = tuple(round(shade * value) for value in _bgr(row.color))
            cv2.rectangle(drawn, (start, y0 + 2), (end, y1 - 2), bar, -1)
        # Not in the colour of the bar, which may be dark.
        _write(drawn, row.name, (left + 5, y1 - 4), sizes.small, _WHITE, 1)


def _bgr(color: Rgb) -> Color:
    red, green, blue = color
    return blue, green, red


def _write(
    drawn: ImageArray, text: str, at: tuple[int, int], scale: float, color: Color, line_px: int
) -> None:
    cv2.putText(drawn, text, at, _FONT, scale, color, line_px, cv2.LINE_AA)


def _text_px(text: str, scale: float) -> int:
    return int(cv2.getTextSize(text, _FONT, scale, 1)[0][0])


def _grown(box: FaceBox, by_px: float) -> FaceBox:
    return FaceBox(box.x0_px - by_px, box.y0_px - by_px, box.x1_px + by_px, box.y1_px + by_px)


def _together(one: FaceBox, other: FaceBox) -> FaceBox:
    return FaceBox(
        min(one.x0_px, other.x0_px),
        min(one.y0_px, other.y0_px),
        max(one.x1_px, other.x1_px),
        max(one.y1_px, other.y1_px),
    )


def _edges(box: FaceBox) -> tuple[float, float, float, float]:
    return box.x0_px, box.y0_px, box.x1_px, box.y1_px
