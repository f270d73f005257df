"""Finds copies of photographs, within and across data sets, by the similarity of their faces.

Pictures from the web often appear several times, cropped, scaled or compressed differently. Their
bytes differ, but their faces, aligned by the landmarks, hardly do.
"""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from fer_ros.data.cache import Arrays, cache_key, load_prepared, prepare
from fer_ros.data.face_set import joined
from fer_ros.face.alignment import align_face
from fer_ros.structures import FloatArray, ImageArray, Landmarks

Numbers = npt.NDArray[np.int64]

# Two faces are from one photograph if their aligned crops correlate by more than this. The 72
# least similar such pairs were inspected, and all were copies; a few hundredths lower, different
# pictures of one person begin.
ALIGNED_CORRELATION = 0.96
# Or, as landmarks may be wrong, if the unaligned pictures correlate, both as a whole, in which any
# pale face with dark hair resembles another, and in their details.
WHOLE_CORRELATION = 0.90
DETAIL_CORRELATION = 0.70
# Side of the compared pictures: fine enough for a face, too coarse for compression to matter.
_SIDE_PX = 24
# For details: side of the pictures, width of the blur that is subtracted, and largest offset
# between two pictures.
_DETAIL_SIDE_PX, _DETAIL_SIGMA_PX, _DETAIL_SHIFT_PX = 48, 3.0, 4
# Rows and columns of correlations in memory at a time.
_ROWS, _COLUMNS = 1024, 8192
_METHOD = (
    f'photographs {ALIGNED_CORRELATION} {WHOLE_CORRELATION} {DETAIL_CORRELATION} {_SIDE_PX} '
    f'{_DETAIL_SIDE_PX} {_DETAIL_SIGMA_PX} {_DETAIL_SHIFT_PX}'
)


def find_photographs(
    sets: Sequence[tuple[ImageArray, FloatArray]], cache: Path, progress: bool = True
) -> list[Numbers]:
    """Return the number of each face's photograph, which copies share.

    Copies are joined transitively. The time grows with the square of the number of faces: a minute
    for 36,000 on two processors. The result is cached under a hash of the pictures.

    Args:
        sets: For each set, ``(N, H, W)`` uint8 gray pictures of faces and their ``(N, 68, 2)``
            landmarks in pixels; H and W may differ between sets.
        cache: Folder of the cache, created if missing.
        progress: Whether to show a progress bar.

    Returns:
        For each set, ``(N,)`` numbers from 0 over all sets, in order of first appearance.
    """
    contents = [array for images, points in sets for array in (images, points)]
    key = cache_key(f'{_METHOD} {[images.shape for images, _ in sets]}', *contents)
    count = sum(len(images) for images, _ in sets)
    prepare(_search, {key: sets}, cache, 'photographs', {key: count}, progress)
    numbers: Numbers = load_prepared(cache, key)['photographs']
    return np.split(numbers, np.cumsum([len(images) for images, _ in sets])[:-1])


def in_other_splits(
    photographs: Numbers, splits: npt.NDArray[np.int64], split: int
) -> npt.NDArray[np.bool_]:
    """Return ``(N,)`` whether the photograph of a face is in a split that must not have it.

    These splits are validation and test for training faces, training for validation faces, and
    training and validation for test faces.

    Args:
        photographs: ``(N,)`` numbers from ``find_photographs``.
        splits: ``(N,)`` indices into ``SPLITS``.
        split: Index of the split in question; faces of other splits are ``False``.
    """
    others = {0: (1, 2), 1: (0,), 2: (0, 1)}[split]
    elsewhere = np.isin(photographs, photographs[np.isin(splits, others)])
    known: npt.NDArray[np.bool_] = (splits == split) & elsewhere
    return known


def pooled(votes: npt.NDArray[Any], photographs: Numbers) -> npt.NDArray[Any]:
    """Return ``(N, C)`` for each face the sum of the votes for all copies of its photograph."""
    _, number = np.unique(photographs, return_inverse=True)
    sums = np.zeros((int(number.max(initial=-1)) + 1, votes.shape[1]), np.float64)
    np.add.at(sums, number, votes)
    return sums[number]


def _search(sets: Sequence[tuple[ImageArray, FloatArray]]) -> Arrays:
    count = sum(len(images) for images, _ in sets)
    aligned = np.concatenate([_aligned(*faces) for faces in sets])
    found = [_alike(aligned, ALIGNED_CORRELATION)]
    by_size: dict[tuple[int, ...], list[tuple[int, ImageArray]]] = {}
    start = 0
    for images, _ in sets:
        by_size.setdefault(images.shape[1:], []).append((start, images))
        start += len(images)
    for parts in by_size.values():
        rows = np.concatenate([first + np.arange(len(images)) for first, images in parts])
        found.append(rows[_alike_whole(np.concatenate([images for _, images in parts]))])
    return {'photographs': joined(count, np.concatenate(found))}


def _aligned(images: ImageArray, landmarks_px: FloatArray) -> FloatArray:
    crops = [
        align_face(image, Landmarks(points), _SIDE_PX).crop
        for image, points in zip(images, landmarks_px, strict=True)
    ]
    return _normalized(np.array(crops, np.uint8).reshape(-1, _SIDE_PX, _SIDE_PX))


def _reduced(images: ImageArray, side_px: int) -> ImageArray:
    side = side_px, side_px
    reduced = [cv2.resize(image, side, interpolation=cv2.INTER_AREA) for image in images]
    return np.array(reduced, np.uint8).reshape(-1, *side)


def _normalized(pictures: ImageArray) -> FloatArray:
    """Return ``(N, D)`` rows of mean 0 and length 1, whose dot products are correlations."""
    rows = pictures.reshape(len(pictures), math.prod(pictures.shape[1:])).astype(np.float32)
    rows -= rows.mean(axis=1, keepdims=True)
    # A picture of uniform gray resembles nothing.
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    rows /= np.where(lengths > 1, lengths, np.float32(np.inf))
    return rows


def _alike_whole(images: ImageArray) -> Numbers:
    """Return ``(P, 2)`` the pairs of pictures of one size that are similar without alignment."""
    near = _alike(_normalized(_reduced(images, _SIDE_PX)), WHOLE_CORRELATION)
    rows, number = np.unique(near, return_inverse=True)
    fine = _reduced(images[rows], _DETAIL_SIDE_PX).astype(np.float32)
    details = [image - cv2.GaussianBlur(image, (0, 0), _DETAIL_SIGMA_PX) for image in fine]
    alike = [
        _details_alike(details[first], details[second]) for first, second in number.reshape(-1, 2)
    ]
    return near[np.array(alike, np.bool_)]


def _details_alike(first: FloatArray, second: FloatArray) -> bool:
    shift = _DETAIL_SHIFT_PX
    middle = np.ascontiguousarray(second[shift:-shift, shift:-shift])
    found = cv2.matchTemplate(np.asarray(first), middle, cv2.TM_CCOEFF_NORMED)
    return float(found.max()) > DETAIL_CORRELATION


def _alike(rows: FloatArray, threshold: float) -> Numbers:
    """Return ``(P, 2)`` the pairs of rows that correlate by more than a threshold."""
    pairs = [np.zeros((0, 2), np.int64)]
    for top in range(0, len(rows), _ROWS):
        block = rows[top : top + _ROWS]
        for left in range(top, len(rows), _COLUMNS):
            near = np.argwhere(block @ rows[left : left + _COLUMNS].T > threshold)
            near += np.array([top, left])
            pairs.append(near[near[:, 0] < near[:, 1]])
    return np.concatenate(pairs)
