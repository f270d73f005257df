"""Tables of the loss in accuracy on faces that are small or turned away."""

from collections.abc import Iterable, Iterator
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from fer_ros.data.face_set import FaceSet
from fer_ros.data.synthetic_clips import found_landmarks
from fer_ros.evaluation.predictions import aligned_faces, answers_for
from fer_ros.evaluation.report import Cell, Table
from fer_ros.face.alignment import align_face
from fer_ros.face.landmarks import LandmarkPredictor
from fer_ros.face.pose import CameraIntrinsics, head_pose
from fer_ros.inference.classifier import Classifier
from fer_ros.metrics import (
    Labels,
    bootstrap_accuracy,
    bootstrap_gain,
    bootstrap_recall,
    bootstrap_recall_gain,
    bootstrap_sums,
    hit_counts,
    ratio,
    recall_counts,
)
from fer_ros.progress import ProgressBar
from fer_ros.structures import AlignedFace, FloatArray, Landmarks

WIDTHS_PX = (64, 48, 36, 24, 20)
# Lower ends of the ranges of yaw.
YAWS_DEG = (0, 15, 30, 45)
# Field of view that a face fills at about arm's length.
_HFOV_DEG = 10.0


def pose_table(stream: str, probabilities: FloatArray, faces: FaceSet) -> Table:
    """Return a table of the figures by yaw, and of the loss against frontal faces.

    The faces in different rows are different, so they are compared in two ways: as they are, and
    with the frontal faces weighted to the class frequencies of the turned ones.

    Args:
        stream: Name of the stream that answered.
        probabilities: ``(N, C)`` probabilities.
        faces: N faces with labels.
    """
    yaws_deg, labels, groups = facing_yaws_deg(faces), faces.labels(), faces.groups()
    predictions = probabilities.argmax(axis=1)
    hits = hit_counts(predictions, labels)
    by_class = recall_counts(predictions, labels, len(faces.classes))
    bin_of = np.searchsorted(YAWS_DEG, yaws_deg, side='right') - 1
    frontal = (bin_of == 0)[:, None]
    rows: list[tuple[Cell, ...]] = []
    for number, low in enumerate(YAWS_DEG):
        inside = (bin_of == number) & ~np.isnan(yaws_deg)
        if not inside.any():
            continue
        within = None if groups is None else groups[inside]
        right = bootstrap_accuracy(predictions[inside], labels[inside], within)
        recall = bootstrap_recall(predictions[inside], labels[inside], len(faces.classes), within)
        turned = inside[:, None]
        both = np.concatenate([hits * frontal, hits * turned], axis=1)
        lost = bootstrap_sums(lambda s: ratio(s[..., :2]) - ratio(s[..., 2:]), both, groups)
        classes = np.concatenate([by_class * frontal, by_class * turned], axis=1)
        alike = bootstrap_sums(_lost_at_equal_classes, classes, groups)
        end = f' to {YAWS_DEG[number + 1]}' if number + 1 < len(YAWS_DEG) else ' and more'
        figures = (right.value, right.span(), recall.value, recall.span())
        missing = (
            (lost.value, lost.span(), alike.value, alike.span()) if number else (0.0, '-') * 2
        )
        rows.append((f'{low}{end}', int(inside.sum()), *figures, *missing))
    return Table(
        'poses',
        f'By yaw, estimated from the landmarks ({stream}); lost against the first row, which has '
        f'other faces; 95 % bootstrap intervals over {faces.group_name()}',
        (
            'yaw, degrees',
            'faces',
            'accuracy',
            'accuracy interval',
            'unweighted recall',
            'recall interval',
            'accuracy lost, points',
            'interval',
            'lost at equal classes, points',
            'interval at equal classes',
        ),
        tuple(rows),
    )


def size_table(classifier: Classifier, faces: FaceSet) -> Table:
    """Return a table of the loss when the same faces are made smaller.

    Args:
        classifier: The model.
        faces: Faces with labels.
    """
    labels, groups = faces.labels(), faces.groups()
    stream, crop_px = classifier.config.stream, classifier.config.crop_px

    def named(seen: Iterable[AlignedFace]) -> Labels:
        return answers_for(classifier, seen, [stream], faces.classes)[stream].argmax(axis=1)

    whole = named(aligned_faces(faces, crop_px))
    widths_px = np.array([_width_px(points) for points in faces.landmarks_px])
    rows: list[tuple[Cell, ...]] = []
    for width_px in WIDTHS_PX:
        larger = widths_px > width_px
        if not larger.any():
            continue
        chosen = faces.select(larger)
        bar = ProgressBar(
            _shrunk(chosen, width_px, crop_px),
            f'faces of {width_px} px',
            len(chosen),
            unit=' faces',
        )
        within = None if groups is None else groups[larger]
        lost = _lost(whole[larger], named(bar), labels[larger], len(faces.classes), within)
        rows.append((str(width_px), len(chosen), *lost))
    return Table(
        'sizes',
        'Faces made smaller, with landmarks found again; paired loss against the same faces at '
        f'full size; 95 % bootstrap intervals over {faces.group_name()}',
        (
            'width of the face, px',
            'larger faces',
            'accuracy',
            'accuracy lost, points',
            'accuracy interval',
            'unweighted recall lost, points',
            'recall interval',
        ),
        tuple(rows),
    )


def _lost(
    before: Labels,
    after: Labels,
    labels: Labels,
    num_classes: int,
    groups: npt.NDArray[np.str_] | None,
) -> tuple[float, float, str, float, str]:
    lost = bootstrap_gain(before, after, labels, groups)
    recall = bootstrap_recall_gain(before, after, labels, num_classes, groups)
    right = float((after == labels).mean())
    return right, lost.value, lost.span(), recall.value, recall.span()


def _lost_at_equal_classes(sums: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return the loss in accuracy of turned faces against frontal ones of the same classes.

    Args:
        sums: ``(…, 4 C)``: ``recall_counts`` of frontal faces, then of turned ones. Classes
            without a frontal face are left out.
    """
    hits, faces, turned_hits, turned = np.split(sums, 4, axis=-1)
    known = turned * (faces > 0)
    expected = (known * hits / np.maximum(faces, 1)).sum(axis=-1)
    found = (turned_hits * (faces > 0)).sum(axis=-1)
    lost: npt.NDArray[Any] = (expected - found) / known.sum(axis=-1)
    return lost


def facing_yaws_deg(faces: FaceSet) -> npt.NDArray[np.float64]:
    """Return ``(N,)`` absolute yaws, estimated from the landmarks; NaN if these fit no head."""
    height, width = faces.images.shape[1:]
    camera = CameraIntrinsics.from_hfov((width, height), _HFOV_DEG)
    yaws = [head_pose(Landmarks(points), camera).yaw_rad for points in faces.landmarks_px]
    return np.abs(np.degrees(np.array(yaws, np.float64)))


def _width_px(points: FloatArray) -> float:
    return Landmarks(points).following_box().width_px


def _shrunk(faces: FaceSet, width_px: int, crop_px: int) -> Iterator[AlignedFace]:
    predictor = LandmarkPredictor()
    for image, points in zip(faces.images, faces.landmarks_px, strict=True):
        scale = width_px / _width_px(points)
        size_wh = tuple(max(round(side * scale), 1) for side in reversed(image.shape))
        small = np.asarray(cv2.resize(image, size_wh, interpolation=cv2.INTER_AREA), np.uint8)
        expected = Landmarks(((points + 0.5) * np.float32(scale)) - np.float32(0.5))
        yield align_face(small, found_landmarks(small, expected, predictor), crop_px)
