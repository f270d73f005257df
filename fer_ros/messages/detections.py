"""Messages of vision_msgs ↔ faces: reads other packages' detections and writes our own.

Messages are accessed by their fields only, so any class with these fields will do.
"""

from collections.abc import Collection
from typing import Any

import numpy as np

from fer_ros.structures import FaceBox, FaceEmotion, FrameEmotions

# Stands for any class name: every box is a face.
ANY_CLASS = 'any'
# No image is as large; what is computed with such numbers is no number.
_LARGEST_PX = 1e6


def boxes_from_detections(msg: Any, classes: Collection[str] = (ANY_CLASS,)) -> list[FaceBox]:
    """Return the faces of a ``vision_msgs/Detection2DArray``.

    Args:
        msg: Message with boxes in pixels of the image. Rotation (``theta``) is ignored; boxes
            without a finite width and height are left out.
        classes: ``class_id`` values that denote a face; ``ANY_CLASS`` among them accepts every
            box.

    Returns:
        Boxes in the order of the message, each with the score of its best hypothesis.
    """
    faces = []
    for detection in msg.detections:
        hypotheses = [result.hypothesis for result in detection.results]
        best = max(hypotheses, key=lambda one: one.score, default=None)
        if ANY_CLASS not in classes and (best is None or best.class_id not in classes):
            continue
        center, box = detection.bbox.center.position, detection.bbox
        x, y, right, down = center.x, center.y, box.size_x / 2, box.size_y / 2
        # A comparison with no number does not hold.
        if all(abs(one) < _LARGEST_PX for one in (x, y, right, down)) and min(right, down) > 0:
            score = float(best.score) if best is not None else 0.0
            faces.append(FaceBox(x - right, y - down, x + right, y + down, score))
    return faces


def classes_of_detections(msg: Any) -> set[str]:
    """Return the ``class_id`` of every hypothesis of a ``vision_msgs/Detection2DArray``."""
    return {result.hypothesis.class_id for one in msg.detections for result in one.results}


def detections_message(types: Any, frame: FrameEmotions, header: Any) -> Any:
    """Return the ``vision_msgs/Detection2DArray`` of an image.

    Each face has its number as ``id``, its box clipped to the image, and a hypothesis per class
    with its smoothed probability, most probable first; none if it was not classified yet.

    Args:
        types: Object with the classes of ``vision_msgs``.
        frame: All faces of the image, whose size must be known.
        header: Header of the image.
    """
    detections = [_detection(types, face, frame, header) for face in frame.faces]
    return types.Detection2DArray(header=header, detections=detections)


def _detection(types: Any, face: FaceEmotion, frame: FrameEmotions, header: Any) -> Any:
    x0, y0, x1, y1 = face.box.clipped(frame.size_wh)
    center = types.Point2D(x=(x0 + x1) / 2, y=(y0 + y1) / 2)
    best_first = np.argsort(-face.probabilities, kind='stable').tolist()
    return types.Detection2D(
        header=header,
        id=str(face.face_id),
        bbox=types.BoundingBox2D(
            center=types.Pose2D(position=center, theta=0.0), size_x=x1 - x0, size_y=y1 - y0
        ),
        results=[
            types.ObjectHypothesisWithPose(
                hypothesis=types.ObjectHypothesis(
                    class_id=frame.classes[index], score=float(face.probabilities[index])
                )
            )
            for index in best_first
        ],
    )
