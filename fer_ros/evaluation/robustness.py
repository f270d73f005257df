"""The accuracy of a model over the strength of disturbances."""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from fer_ros.data.disturbances import (
    Disturb,
    blurred,
    coarse,
    covered,
    exposed,
    noisy,
    shaded,
    to_image,
    to_pixels,
)
from fer_ros.data.face_set import FaceSet
from fer_ros.data.synthetic_clips import SHOWN_PX
from fer_ros.evaluation.predictions import answers_for
from fer_ros.evaluation.report import Curves, Table
from fer_ros.face.alignment import align_face
from fer_ros.inference.classifier import Classifier
from fer_ros.metrics import bootstrap_accuracy
from fer_ros.progress import ProgressBar
from fer_ros.structures import AlignedFace, FloatArray, Landmarks


@dataclass(frozen=True)
class Disturbance:
    """A way to degrade faces.

    Attributes:
        name: Name of the disturbance with the unit of its strength.
        strengths: Strengths, in the order in which they are drawn.
        pixels: Function that disturbs the pixels of an aligned crop.
    """

    name: str
    strengths: tuple[float, ...]
    pixels: Disturb


def _cover(pixels: FloatArray, share: float, rng: np.random.Generator) -> FloatArray:
    side = round(len(pixels) * share**0.5)
    y, x = (int(v) for v in rng.integers(0, len(pixels) - side + 1, 2))
    return covered(pixels, (y, x), (side, side), 128.0)


DISTURBANCES = (
    Disturbance('blur (sigma, px)', (0, 0.5, 1, 1.5, 2, 3), lambda p, s, _: blurred(p, s)),
    Disturbance('light (log gamma)', (-1, -0.5, 0, 0.5, 1, 1.5), lambda p, s, _: exposed(p, s)),
    Disturbance(
        'light from one side (log)',
        (0, 0.5, 1, 1.5, 2),
        lambda p, s, rng: shaded(p, s, rng.uniform(0, 2 * np.pi)),
    ),
    Disturbance(
        'resolution (px across the crop)',
        (48, 36, 24, 18, 12),
        lambda p, s, _: coarse(p, s / len(p)),
    ),
    Disturbance('noise (gray levels)', (0, 5, 10, 20, 30), noisy),
    Disturbance('covered (share of the crop)', (0, 0.05, 0.1, 0.2, 0.3), _cover),
)


def robustness(classifier: Classifier, faces: FaceSet) -> Curves:
    """Return the accuracy at each strength of each of ``DISTURBANCES``, with its interval.

    The landmarks are those of the undisturbed faces, so that only the model is measured.

    Args:
        classifier: The model.
        faces: Faces with labels.
    """
    curves: Curves = {}
    groups = faces.groups()
    stream = classifier.config.stream
    total = sum(len(disturbance.strengths) for disturbance in DISTURBANCES)
    with ProgressBar(total=total, desc='robustness', unit='strength') as bar:
        for disturbance in DISTURBANCES:
            points = curves.setdefault(disturbance.name, [])
            for strength in disturbance.strengths:
                disturbed = _disturbed(faces, classifier.config.crop_px, disturbance, strength)
                answers = answers_for(classifier, disturbed, [stream], faces.classes)[stream]
                found = bootstrap_accuracy(answers.argmax(axis=1), faces.labels(), groups)
                points.append((strength, found))
                bar.update()
    return curves


def robustness_table(curves: Curves, drawn: str) -> Table:
    """Return a table with a row per disturbance and strength.

    Args:
        curves: Curves returned by ``robustness``.
        drawn: Plural noun for what the bootstrap resamples.
    """
    rows = [
        (name, f'{strength:g}', found.value, found.span())
        for name, points in curves.items()
        for strength, found in points
    ]
    return Table(
        'robustness',
        'Accuracy on disturbed faces, with the landmarks of the undisturbed ones; 95 % bootstrap '
        f'intervals over {drawn}',
        ('disturbance', 'strength', 'accuracy', 'interval'),
        tuple(rows),
    )


def _disturbed(
    faces: FaceSet, crop_px: int, disturbance: Disturbance, strength: float
) -> Iterator[AlignedFace]:
    rng = np.random.default_rng(0)
    for image, points in zip(faces.images, faces.landmarks_px, strict=True):
        # At the same size for all models, so that a pixel of blur is the same disturbance.
        face = align_face(image, Landmarks(points), SHOWN_PX)
        crop = to_image(disturbance.pixels(to_pixels(face.crop), strength, rng))
        if crop_px != SHOWN_PX:
            enlarged = cv2.resize(crop, (crop_px, crop_px), interpolation=cv2.INTER_LINEAR)
            crop = np.asarray(enlarged, np.uint8)
        yield AlignedFace(crop, face.landmarks_norm)
