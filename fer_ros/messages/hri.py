"""Faces ↔ messages of hri_msgs, as specified by REP 155 (ROS4HRI)."""

import math
from typing import Any

import numpy as np

from fer_ros.structures import NUM_LANDMARKS, FaceBox, FaceEmotion, FrameEmotions

# Our classes and their names in hri_msgs/Expression, which has no contempt.
EXPRESSIONS = {
    'neutral': 'neutral',
    'happiness': 'happy',
    'surprise': 'surprised',
    'sadness': 'sad',
    'anger': 'angry',
    'disgust': 'disgusted',
    'fear': 'scared',
}
# Further names in hri_msgs/Expression, any of which may be used for contempt or be a class of a
# model.
OTHER_EXPRESSIONS = (
    *('pleading', 'vulnerable', 'despaired', 'guilty', 'disappointed', 'embarrassed'),
    *('horrified', 'skeptical', 'annoyed', 'furious', 'suspicious', 'rejected', 'bored'),
    *('tired', 'asleep', 'confused', 'amazed', 'excited'),
)
# The 68 landmarks and two pupils.
_POINTS = 70


def roi_message(types: Any, face: FaceEmotion, size_wh: tuple[int, int], header: Any) -> Any:
    """Return the ``NormalizedRegionOfInterest2D`` of a face, clipped to the image.

    Its confidence is 1 if the detector found the face in this image or earlier, since no
    detector's score is a probability.

    Args:
        types: Object with the classes of ``hri_msgs``.
        face: Face to describe.
        size_wh: Width and height of the image in pixels.
        header: Header of the image.
    """
    x0, y0, x1, y1 = face.box.clipped(size_wh)
    width, height = size_wh
    return types.NormalizedRegionOfInterest2D(
        header=header,
        xmin=x0 / width,
        ymin=y0 / height,
        xmax=x1 / width,
        ymax=y1 / height,
        c=1.0,
    )


def box_from_roi(msg: Any) -> FaceBox | None:
    """Return the box of a ``NormalizedRegionOfInterest2D``, or ``None`` if it is of no use.

    Args:
        msg: Message with edges from 0 to 1; what lies outside the image is cut off.

    Returns:
        Box in widths and heights of the image, with the confidence as its score; ``None`` if an
        edge is not finite or nothing of the box is in the image.
    """
    edges = [float(edge) for edge in (msg.xmin, msg.ymin, msg.xmax, msg.ymax)]
    if not all(map(math.isfinite, edges)):
        return None
    x0, y0, x1, y1 = (min(max(edge, 0.0), 1.0) for edge in edges)
    return FaceBox(x0, y0, x1, y1, float(msg.c)) if x1 > x0 and y1 > y0 else None


def landmarks_message(types: Any, face: FaceEmotion, size_wh: tuple[int, int], header: Any) -> Any:
    """Return the ``FacialLandmarks`` of a face whose landmarks are known.

    A confidence of 0 marks unknown points: the pupils, and landmarks outside the image, which are
    moved to its edge because coordinates must be in [0, 1]. For the arguments, see
    ``roi_message``.
    """
    assert face.landmarks is not None, 'the face has no landmarks'
    width, height = size_wh
    # Landmarks count from the centre of the first pixel, the message from its corner.
    points_norm = (face.landmarks.points_px.astype(float) + 0.5) / (width, height)
    inside = np.all((points_norm >= 0) & (points_norm <= 1), axis=1).tolist()
    points = [
        types.NormalizedPointOfInterest2D(x=x, y=y, c=float(known))
        for (x, y), known in zip(np.clip(points_norm, 0, 1).tolist(), inside, strict=True)
    ]
    for _ in range(_POINTS - NUM_LANDMARKS):
        points.append(types.NormalizedPointOfInterest2D(x=0.0, y=0.0, c=0.0))
    return types.FacialLandmarks(header=header, landmarks=points, width=width, height=height)


def expression_message(
    types: Any, face: FaceEmotion, frame: FrameEmotions, contempt: str, header: Any
) -> Any | None:
    """Return the ``Expression`` of a face, or ``None`` if none can be named.

    A class of another model is published by its own name if the standard has it; if not, it is not
    replaced by a less probable one. Valence and arousal are those of ``measures``, or 0 if the
    model has none.

    Args:
        types: Object with the classes of ``hri_msgs``.
        face: Face of ``frame``.
        frame: Faces of the image, with the names of classes and measures.
        contempt: Name to use for contempt; ``skip`` uses the next most probable class instead.
        header: Header of the image.
    """
    own = (*EXPRESSIONS.values(), *OTHER_EXPRESSIONS)
    names = {**{name: name for name in own}, **EXPRESSIONS}
    if contempt != 'skip':
        names['contempt'] = contempt
    if face.emotion not in (*names, 'contempt'):
        return None
    named = [index for index, name in enumerate(frame.classes) if name in names]
    if not named:
        return None
    best = max(named, key=lambda index: float(face.probabilities[index]))
    measures = dict(zip(frame.measure_names, face.measures.tolist(), strict=True))
    valence, arousal = (measures.get(name, math.nan) for name in ('valence', 'arousal'))
    return types.Expression(
        header=header,
        expression=names[frame.classes[best]],
        valence=0.0 if math.isnan(valence) else valence,
        arousal=0.0 if math.isnan(arousal) else arousal,
        confidence=float(face.probabilities[best]),
    )
