"""Draws emotions onto an image: box, identity, emotion, probabilities, landmark graph."""

import cv2
import numpy as np

from fer_ros.face.graph import anatomical_edges
from fer_ros.structures import FaceBox, FaceEmotion, FrameEmotions, ImageArray

Color = tuple[int, int, int]

# Blue, green, red; told apart on screens and by most people with a colour vision deficiency.
EMOTION_COLORS_BGR: dict[str, Color] = {
    'neutral': (200, 200, 200),
    'happiness': (66, 206, 250),
    'surprise': (77, 166, 255),
    'sadness': (230, 160, 80),
    'anger': (80, 80, 240),
    'disgust': (95, 190, 110),
    'fear': (215, 120, 190),
    'contempt': (185, 185, 110),
}
_OTHER_COLOR_BGR: Color = (230, 230, 230)
_DARK_BGR: Color = (32, 32, 32)
_FONT = cv2.FONT_HERSHEY_SIMPLEX
_EDGES = [(int(a), int(b)) for a, b in anatomical_edges().T if a < b]
# Sub-pixel positions: OpenCV takes them as integers with this many fractional bits.
_SHIFT = 3


def annotate(bgr: ImageArray, frame: FrameEmotions) -> ImageArray:
    """Return a copy of ``bgr`` with every face of ``frame`` drawn onto it.

    Args:
        bgr: ``(H, W, 3)`` uint8.
        frame: What was found in this image.
    """
    drawn = bgr.copy()
    taken = [face.box for face in frame.faces]
    for face in frame.faces:
        color = EMOTION_COLORS_BGR.get(face.emotion, _OTHER_COLOR_BGR)
        _draw_graph(drawn, face, color)
        _draw_box(drawn, face, color)
    for face in frame.faces:
        taken.append(_draw_bars(drawn, face, frame.classes, taken))
    return drawn


def _draw_graph(drawn: ImageArray, face: FaceEmotion, color: Color) -> None:
    if face.landmarks is None:
        return
    points = np.round(face.landmarks.points_px * (1 << _SHIFT)).astype(int).tolist()
    for a, b in _EDGES:
        cv2.line(drawn, points[a], points[b], color, 1, cv2.LINE_AA, _SHIFT)
    radius = max(1.0, face.box.width_px / 120)
    for point in points:
        size = round(radius * (1 << _SHIFT))
        cv2.circle(drawn, point, size, (255, 255, 255), -1, cv2.LINE_AA, _SHIFT)


def _draw_box(drawn: ImageArray, face: FaceEmotion, color: Color) -> None:
    x0, y0, x1, y1 = _corners(face)
    cv2.rectangle(drawn, (x0, y0), (x1, y1), color, 2, cv2.LINE_AA)
    name = face.emotion or 'uncertain'
    text = f'#{face.face_id} {name} {face.confidence:.0%}'
    scale = _text_scale(drawn)
    (width, height), baseline = cv2.getTextSize(text, _FONT, scale, 1)
    # Above the box, or inside where the image ends; never beyond its right edge.
    top = y0 - height - baseline - 4
    top = top if top >= 0 else max(y0, 0)
    left = int(np.clip(x0 - 1, 0, max(drawn.shape[1] - width - 6, 0)))
    bottom = top + height + baseline + 4
    cv2.rectangle(drawn, (left, top), (left + width + 6, bottom), color, -1)
    cv2.putText(
        drawn, text, (left + 3, bottom - baseline), _FONT, scale, _DARK_BGR, 1, cv2.LINE_AA
    )


def _draw_bars(
    drawn: ImageArray, face: FaceEmotion, classes: tuple[str, ...], taken: list[FaceBox]
) -> FaceBox:
    """Draw a panel with a bar per class where it hides least of ``taken``; return its place."""
    scale = _text_scale(drawn) * 0.75
    longest = max(cv2.getTextSize(name, _FONT, scale, 1)[0][0] for name in classes)
    row = cv2.getTextSize('f', _FONT, scale, 1)[0][1] + 7
    bar = max(36, longest)
    size_wh = longest + bar + 14, row * len(classes) + 6
    left, top = _panel_corner(face.box, size_wh, (drawn.shape[1], drawn.shape[0]), taken)
    panel = drawn[top : top + size_wh[1], left : left + size_wh[0]]
    panel[:] = panel // 3
    for index, (name, value) in enumerate(zip(classes, face.probabilities, strict=True)):
        base = top + 3 + (index + 1) * row - 5
        start = left + 10 + longest
        color = EMOTION_COLORS_BGR.get(name, _OTHER_COLOR_BGR)
        cv2.putText(drawn, name, (left + 4, base), _FONT, scale, color, 1, cv2.LINE_AA)
        end = start + max(1, round(bar * float(value)))
        cv2.rectangle(drawn, (start, base - row + 9), (end, base + 1), color, -1)
    return FaceBox(left, top, left + size_wh[0], top + size_wh[1])


def _panel_corner(
    box: FaceBox, size_wh: tuple[int, int], image_wh: tuple[int, int], taken: list[FaceBox]
) -> tuple[int, int]:
    """Return the top left of a panel beside ``box``: right, left, below or above of it."""
    width, height = size_wh
    corners = [
        (box.x1_px + 4, box.y0_px),
        (box.x0_px - 4 - width, box.y0_px),
        (box.x0_px, box.y1_px + 4),
        (box.x0_px, box.y0_px - 28 - height),
    ]
    inside = [
        (
            int(np.clip(x, 0, max(image_wh[0] - width, 0))),
            int(np.clip(y, 0, max(image_wh[1] - height, 0))),
        )
        for x, y in corners
    ]

    def hidden(corner: tuple[int, int]) -> float:
        panel = FaceBox(corner[0], corner[1], corner[0] + width, corner[1] + height)
        return sum(panel.iou(other) for other in taken)

    # The first of those that hide equally little.
    return min(inside, key=hidden)


def _corners(face: FaceEmotion) -> tuple[int, int, int, int]:
    box = face.box
    return round(box.x0_px), round(box.y0_px), round(box.x1_px), round(box.y1_px)


def _text_scale(drawn: ImageArray) -> float:
    return max(0.45, drawn.shape[0] / 1000)
