"""Fit the 3-D shape of ``face/head_shape.py`` to landmarks of many faces.

Run as ``python -m benchmarks.fit_head_shape --data FERPLUS``; prints the array. Thousands of
different heads seen from different sides determine the depth of the landmarks (structure from
motion: Tomasi & Kanade 1992), under scaled orthography, alternating between each face's pose and
the common shape. Landmarks that move with the expression have a lower weight, and the
worst-fitting tenth of the faces has none.
"""

import argparse
from pathlib import Path

import numpy as np
import numpy.typing as npt

from fer_ros.data.cache import CACHE
from fer_ros.data.datasets import load_faces
from fer_ros.face.landmark_layout import MEAN_SHAPE_NORM, MIRRORED, REGIONS

Array = npt.NDArray[np.float64]

# Mean distance of the pupils of adults (Dodgson 2004, "Variation and extrema of human
# interpupillary distance").
PUPILS_M = 0.0633
_ROUNDS = 150


def weights() -> Array:
    """Return ``(68,)`` weights: high for eyes and nose, which stay in place, low for brows, mouth
    and jaw.
    """
    weight = np.zeros(68)
    for region in ('nose_bridge', 'nose_base', 'right_eye', 'left_eye'):
        weight[list(REGIONS[region])] = 1.0
    weight[list(REGIONS['right_brow']) + list(REGIONS['left_brow'])] = 0.3
    weight[[48, 51, 54]] = 0.3
    weight[8] = 0.2
    weight[[0, 16]] = 0.1
    return weight


def fit(points: Array) -> Array:
    """Return the ``(68, 3)`` shape: x to the image's right, y down, z away from the camera.

    Args:
        points: ``(N, 68, 2)`` landmarks of N faces, in any unit.

    Returns:
        The symmetric shape in metres with the origin between the eyes; at rotation 0 the median
        face of ``points`` looks into the camera.
    """
    weight = weights()
    total = weight.sum()
    points = points - np.einsum('nkc,k->nc', points, weight)[:, None] / total
    size = np.sqrt(np.einsum('nkc,k->n', points**2, weight) / total)
    points = points / size[:, None, None]
    # Initially, the sides of the face lie further back than its middle.
    flat = MEAN_SHAPE_NORM.astype(np.float64)
    shape = _placed(np.column_stack([flat, 0.9 * flat[:, 0] ** 2]), weight)
    for _ in range(_ROUNDS):
        motion, error = _poses(points, shape, weight)
        good = error < np.percentile(error, 90)
        moved, seen = motion[good], points[good]
        normal = np.einsum('ncj,nck->jk', moved, moved)
        shape = np.linalg.solve(normal, np.einsum('ncj,nkc->jk', moved, seen)).T
        shape = _placed((shape + _mirrored(shape)) / 2, weight)
    return _upright(shape, _poses(points, shape, weight)[0])


def _poses(points: Array, shape: Array, weight: Array) -> tuple[Array, Array]:
    """Return ``(N, 2, 3)`` scaled rotations of the shape to each face, and ``(N,)`` errors."""
    weighted = shape * weight[:, None]
    inverse = np.linalg.solve(shape.T @ weighted + 1e-4 * np.eye(3), weighted.T)
    u, scales, vt = np.linalg.svd(np.einsum('nkc,jk->ncj', points, inverse), full_matrices=False)
    motion = scales.mean(axis=1)[:, None, None] * (u @ vt)
    residual = points - np.einsum('ncj,kj->nkc', motion, shape)
    return motion, np.einsum('nkc,k->n', residual**2, weight)


def _placed(shape: Array, weight: Array) -> Array:
    """Return the shape centred on its weighted mean, with the outer eye corners 1 apart."""
    shape = shape - weight @ shape / weight.sum()
    return shape / np.linalg.norm(shape[45] - shape[36])


def _mirrored(shape: Array) -> Array:
    return shape[list(MIRRORED)] * np.array([-1, 1, 1])


def _upright(shape: Array, motion: Array) -> Array:
    """Return the shape in metres with the origin between the eyes, pitched so that the median face
    looks into the camera: landmarks alone do not tell which pitch is "straight ahead".
    """
    forward = np.cross(motion[:, 0], motion[:, 1])
    nod = np.median(np.arctan2(forward[:, 1], forward[:, 2]))
    cos, sin = np.cos(nod), np.sin(nod)
    shape = shape @ np.array([[1, 0, 0], [0, cos, sin], [0, -sin, cos]])
    right, left = shape[36:42].mean(axis=0), shape[42:48].mean(axis=0)
    return (shape - (right + left) / 2) / np.linalg.norm(left - right) * PUPILS_M


def main() -> None:
    """Fit and print."""
    parser = argparse.ArgumentParser(description='Fit the 3-D shape of the 68 landmarks.')
    parser.add_argument('--data', type=Path, required=True, help='data as for fer-ros train')
    options = parser.parse_args()
    faces = load_faces(options.data, 'train', CACHE, fold=1)
    for x, y, z in fit(faces.landmarks_px.astype(np.float64)):
        print(f'        ({x:.4f}, {y:.4f}, {z:.4f}),')


if __name__ == '__main__':
    main()
