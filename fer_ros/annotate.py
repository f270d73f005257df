"""Draws emotions onto an image: box, identity, emotion, probabilities, landmark graph."""

import cv2
import numpy as np

from fer_ros.face_graph import anatomical_edges
from fer_ros.structures import FaceEmotion, FrameEmotions, ImageArray

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
    for face in frame.faces:
        color = EMOTION_COLORS_BGR.get(face.emotion, _OTHER_COLOR_BGR)
        _draw_graph(drawn, face, color)
        _draw_box(drawn, face, color)
        _draw_bars(drawn, face, frame.classes)
    return drawn


def _draw_graph(drawn: ImageArray, face: FaceEmotion, color: Color) -> None:
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


def _draw_bars(drawn: ImageArray, face: FaceEmotion, classes: tuple[str, ...]) -> None:
    x0, y0, x1, _ = _corners(face)
    scale = _text_scale(drawn) * 0.75
    longest = max(cv2.getTextSize(name, _FONT, scale, 1)[0][0] for name in classes)
    row = cv2.getTextSize('f', _FONT, scale, 1)[0][1] + 7
    bar = max(36, longest)
    width, height = longest + bar + 14, row * len(classes) + 6
    image_height, image_width = drawn.shape[:2]
    # Right of the face, else left of it, else wherever the image ends.
    left = x1 + 4 if x1 + 4 + width <= image_width else x0 - 4 - width
    left = int(np.clip(left, 0, max(image_width - width, 0)))
    top = int(np.clip(y0, 0, max(image_height - height, 0)))
    panel = drawn[top : top + height, left : left + width]
    panel[:] = panel // 3
    for index, (name, value) in enumerate(zip(classes, face.probabilities, strict=True)):
        base = top + 3 + (index + 1) * row - 5
        start = left + 10 + longest
        color = EMOTION_COLORS_BGR.get(name, _OTHER_COLOR_BGR)
        cv2.putText(drawn, name, (left + 4, base), _FONT, scale, color, 1, cv2.LINE_AA)
        end = start + max(1, round(bar * float(value)))
        cv2.rectangle(drawn, (start, base - row + 9), (end, base + 1), color, -1)


def _corners(face: FaceEmotion) -> tuple[int, int, int, int]:
    box = face.box
    return round(box.x0_px), round(box.y0_px), round(box.x1_px), round(box.y1_px)


def _text_scale(drawn: ImageArray) -> float:
    return max(0.45, drawn.shape[0] / 1000)
