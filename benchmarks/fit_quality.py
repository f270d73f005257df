"""Fit ``weights/quality.json`` of ``face/quality.py`` to disturbed faces.

Run as ``python -m benchmarks.fit_quality --data FERPLUS``; it writes the file. The appearance of
faces is learned from training faces. The regression predicts, for validation faces disturbed by
``quality_pictures.fitted_pictures``, whether the shipped model answers correctly; where there is
no face, no answer is correct.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.disturbed_faces import DisturbedFaces, disturbed_faces
from fer_ros.atomic_file import atomic_file
from fer_ros.data.cache import CACHE
from fer_ros.data.face_set import FaceSet
from fer_ros.data.ferplus import load_ferplus
from fer_ros.evaluation.predictions import ask
from fer_ros.face.alignment import align_face
from fer_ros.face.appearance import COMPARED_PX
from fer_ros.face.quality import (
    FEATURES,
    WEIGHTS,
    WORSE_IF_MORE,
    Faces,
    QualityWeights,
    faces_from_thousandths,
    measure_quality,
    small_look,
)
from fer_ros.models import load_classifier
from fer_ros.structures import Landmarks

Array = npt.NDArray[np.float64]

_LOOKS = 6000
# Each still yields four or five pictures.
_STILLS = 1500
# Number of principal components; 24 and 40 gave no better prediction.
_COMPONENTS = 12
# Features are clipped at this percentile on either side.
_RARE_PERCENT = 0.5
# Percentile at which the two linear pieces of a feature meet.
_KNOT_PERCENT = 20
_RIDGE = 1e-3
_ROUNDS = 25
_KEYS = ('low', 'high', 'knots', 'below', 'above')


def looks_of_faces(faces: FaceSet) -> npt.NDArray[np.int64]:
    """Return ``(1 + K, 256)`` mean and principal components of the appearance, in thousandths.

    Args:
        faces: Faces, some of which are used, each with its mirror image.
    """
    chosen = np.random.default_rng(0).permutation(len(faces))[:_LOOKS]
    looks = []
    for index in chosen:
        landmarks = Landmarks(faces.landmarks_px[index])
        crop = align_face(faces.images[index], landmarks, COMPARED_PX).crop
        looks += [small_look(crop), small_look(np.ascontiguousarray(crop[:, ::-1]))]
    mean = np.mean(looks, axis=0)
    components = np.linalg.svd(np.array(looks) - mean, full_matrices=False)[2][:_COMPONENTS]
    return np.rint(1000 * np.vstack([mean, components])).astype(np.int64)


def fit(features: Array, right: npt.NDArray[np.bool_], faces: Faces) -> QualityWeights:
    """Return the regression that best predicts correct answers.

    Slopes with the wrong sign are set to 0, and the others fitted again.

    Args:
        features: ``(N, F)`` features.
        right: ``(N,)`` whether the answer is correct.
        faces: Appearance of faces with which the features were measured.
    """
    low, knots, high = np.percentile(
        features, [_RARE_PERCENT, _KNOT_PERCENT, 100 - _RARE_PERCENT], axis=0
    )
    away = np.clip(features, low, high) - knots
    columns = np.column_stack([np.minimum(away, 0), np.maximum(away, 0)])
    direction = np.tile([-1 if name in WORSE_IF_MORE else 1 for name in FEATURES], 2)
    slopes, bias, used = np.zeros(len(direction)), 0.0, np.arange(len(direction))
    while True:
        solution, bias = _regression(columns[:, used], right)
        against = solution * direction[used] < 0
        if not against.any():
            break
        used = used[~against]
    slopes[used] = solution
    below, above = np.split(slopes, 2)
    return QualityWeights(low, high, knots, below, above, bias, faces)


def _regression(columns: Array, right: npt.NDArray[np.bool_]) -> tuple[Array, float]:
    """Return slopes and bias of a logistic regression (Newton's method with a small ridge)."""
    mean, spread = columns.mean(axis=0), columns.std(axis=0)
    rows = np.column_stack([(columns - mean) / spread, np.ones(len(columns))])
    ridge = np.full(rows.shape[1], _RIDGE)
    ridge[-1] = 0
    solution = np.zeros(rows.shape[1])
    for _ in range(_ROUNDS):
        p = 1 / (1 + np.exp(-rows @ solution))
        slope = rows.T @ (p - right) / len(rows) + ridge * solution
        curve = (rows * (p * (1 - p))[:, None]).T @ rows / len(rows) + np.diag(ridge)
        solution = solution - np.linalg.solve(curve, slope)
    slopes = solution[:-1] / spread
    return slopes, float(solution[-1] - mean @ slopes)


def measured(disturbed: DisturbedFaces, faces: Faces) -> Array:
    """Return the ``(N, F)`` features of disturbed faces."""
    return np.array(
        [
            measure_quality(face, Landmarks(points), faces)
            for face, points in zip(disturbed.aligned(), disturbed.landmarks_px, strict=True)
        ]
    )


def written(found: QualityWeights, looks: npt.NDArray[np.int64]) -> str:
    """Return the content of the file, with a line for each feature and component."""
    columns = [getattr(found, key) for key in _KEYS]
    features = [
        f'  {json.dumps(name)}: '
        + json.dumps(dict(zip(_KEYS, (round(float(v), 4) for v in values), strict=True)))
        for name, *values in zip(FEATURES, *columns, strict=True)
    ]
    rows = [f'  {json.dumps(row)}' for row in looks.tolist()]
    return (
        '{\n "features": {\n' + ',\n'.join(features) + '\n },\n'
        f' "bias": {found.bias:.4f},\n "faces": [\n' + ',\n'.join(rows) + '\n ]\n}\n'
    )


def main() -> None:
    """Fit and write."""
    parser = argparse.ArgumentParser(description='Fit the quality of faces.')
    parser.add_argument('--data', type=Path, required=True, help='FER+, as for fer-ros train')
    parser.add_argument('--model', default='', help='.onnx or .safetensors file')
    parser.add_argument('--out', type=Path, default=WEIGHTS)
    options = parser.parse_args()
    looks = looks_of_faces(load_ferplus(options.data, 'train', CACHE, 'majority'))
    faces = faces_from_thousandths(looks)
    classifier = load_classifier(options.model, int8=True)
    stills = load_ferplus(options.data, 'validation', CACHE, 'majority')
    disturbed = disturbed_faces(stills, True, classifier.config.crop_px, _STILLS)
    stream = classifier.config.stream
    answers = ask(classifier, disturbed.aligned(), [stream])[stream].argmax(axis=1)
    right = (answers == stills.labels()[disturbed.stills]) & disturbed.is_face
    text = written(fit(measured(disturbed, faces), right, faces), looks)
    with atomic_file(options.out) as aside:
        aside.write_text(text, encoding='utf-8')
    print(text.split(' "faces"')[0])


if __name__ == '__main__':
    main()
