"""Coverage and accuracy when answers for faces of low quality are withheld."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from fer_ros.data.face_set import FaceSet
from fer_ros.evaluation.report import Cell, Table
from fer_ros.face.pose import CameraIntrinsics, head_pose
from fer_ros.face.quality import face_quality
from fer_ros.metrics import bootstrap_accuracy, bootstrap_recall
from fer_ros.structures import AlignedFace, FloatArray, Landmarks

# Focal length in sides of a picture that a face fills: that of a camera with a horizontal field of
# view of 60 degrees whose image of 640 x 480 shows a face 100 px wide, its picture 150 px.
_FOCAL = 3.7


def quality_in_picture(face: AlignedFace, landmarks: Landmarks, side_px: int) -> float:
    """Return the quality of a face that fills a picture which was cut from a larger image.

    Args:
        face: Face aligned by the landmarks.
        landmarks: Landmarks in pixels of the picture.
        side_px: Longer side of the picture.
    """
    middle_px = side_px / 2
    camera = CameraIntrinsics(_FOCAL * side_px, _FOCAL * side_px, middle_px, middle_px)
    return face_quality(face, landmarks, head_pose(landmarks, camera)).value


def coverage_table(
    answers: Mapping[str, FloatArray],
    faces: FaceSet,
    quality: npt.NDArray[np.float64],
    min_quality: float,
) -> Table:
    """Return a table of the figures on all faces, and on those that a node would judge.

    Args:
        answers: ``(N, C)`` probabilities by stream, in the classes of the faces.
        faces: N faces with labels.
        quality: ``(N,)`` quality of each face.
        min_quality: Lowest quality of a face that is judged.
    """
    judged = quality >= min_quality
    kinds = {'all': np.ones(len(faces), np.bool_), 'judged': judged, 'not judged': ~judged}
    return Table(
        'coverage',
        f'Faces with a quality of {min_quality:g} or more are judged; 95 % bootstrap intervals '
        f'over {faces.group_name()}',
        (
            'stream',
            'which faces',
            'faces',
            'coverage',
            'accuracy',
            'accuracy interval',
            'unweighted recall',
            'recall interval',
        ),
        tuple(
            _row(stream, kind, probabilities, faces, chosen)
            for stream, probabilities in answers.items()
            for kind, chosen in kinds.items()
            if chosen.any()
        ),
    )


def _row(
    stream: str,
    kind: str,
    probabilities: FloatArray,
    faces: FaceSet,
    chosen: npt.NDArray[np.bool_],
) -> tuple[Cell, ...]:
    groups: npt.NDArray[Any] | None = faces.groups()
    within = None if groups is None else groups[chosen]
    predictions, labels = probabilities.argmax(axis=1)[chosen], faces.labels()[chosen]
    right = bootstrap_accuracy(predictions, labels, within)
    recall = bootstrap_recall(predictions, labels, len(faces.classes), within)
    share = float(chosen.mean())
    return (
        *(stream, kind, int(chosen.sum()), share),
        *(right.value, right.span(), recall.value, recall.span()),
    )
