"""Checks the search for copies of a photograph against another search and by eye.

``python -m benchmarks.photographs FERPLUS.npz --against OTHER.npz --out pairs.png``: the other
search is an array ``photograph (N,)`` in which rows of the same photograph have the same number;
the picture shows the pairs found, for inspection one by one.
"""

import argparse
import time
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path

import cv2
import numpy as np

from fer_ros.data.cache import CACHE
from fer_ros.data.landmarked_pictures import landmark_face_crops
from fer_ros.data.photographs import Numbers, find_photographs
from fer_ros.structures import ImageArray

_PER_ROW, _SIDE_PX = 6, 96


def pairs_of(numbers: Numbers, splits: Numbers | None = None) -> set[tuple[int, int]]:
    """Return the pairs of rows with the same number; if splits are given, only across these."""
    order = np.argsort(numbers, kind='stable')
    groups = np.split(order, np.flatnonzero(np.diff(numbers[order])) + 1)
    found = {tuple(sorted(pair)) for rows in groups for pair in combinations(rows.tolist(), 2)}
    return {(a, b) for a, b in found if splits is None or splits[a] != splits[b]}


def shares_found(numbers: Numbers, expected: Numbers, splits: Numbers) -> tuple[int, float]:
    """Return the number of expected groups across splits, and the share found completely."""
    across = {expected[a] for a, b in pairs_of(expected, splits)}
    whole = [len(set(numbers[expected == group])) == 1 for group in across]
    return len(whole), float(np.mean(whole))


def draw(images: ImageArray, pairs: Sequence[tuple[int, int]], path: Path) -> None:
    """Draw pairs side by side, each with its index in the list."""
    tiles = []
    for number, pair in enumerate(pairs):
        both = [cv2.resize(images[row], (_SIDE_PX, _SIDE_PX)) for row in pair]
        tile = cv2.copyMakeBorder(np.hstack(both), 14, 2, 2, 2, cv2.BORDER_CONSTANT, value=255)
        cv2.putText(tile, str(number), (4, 11), cv2.FONT_HERSHEY_SIMPLEX, 0.4, 0)
        tiles.append(tile)
    while len(tiles) % _PER_ROW:
        tiles.append(np.full_like(tiles[0], 255))
    rows = [np.hstack(tiles[i : i + _PER_ROW]) for i in range(0, len(tiles), _PER_ROW)]
    cv2.imwrite(str(path), np.vstack(rows))


def main() -> None:
    """Search, compare and draw."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('ferplus', type=Path)
    parser.add_argument('--against', type=Path)
    parser.add_argument('--out', type=Path)
    parser.add_argument(
        '--pairs', type=int, default=60, help='number of pairs to draw, least similar first'
    )
    parser.add_argument('--seed', type=int, help='draw random pairs instead, with this seed')
    options = parser.parse_args()
    with np.load(options.ferplus) as file:
        images, splits = file['images'], file['split']
    landmarks, _ = landmark_face_crops(images, CACHE)
    start_s = time.process_time()
    (numbers,) = find_photographs([(images, landmarks)], CACHE)
    print(f'{len(np.unique(numbers))} photographs in {len(numbers)} pictures')
    print(f'{time.process_time() - start_s:.0f} s of processor time (0: from the cache)')
    found = pairs_of(numbers)
    if options.against:
        with np.load(options.against) as file:
            expected = file['photograph']
        other = pairs_of(expected)
        print(f'{len(found)} pairs here, {len(other)} there, {len(found & other)} in both')
        count, share = shares_found(numbers, expected, splits)
        print(f'{share:.2%} of its {count} groups across splits are found completely')
    if options.out:
        flat = images.reshape(len(images), -1).astype(np.float32)
        flat -= flat.mean(axis=1, keepdims=True)
        flat /= np.linalg.norm(flat, axis=1, keepdims=True) + 1e-6
        ordered = sorted(found, key=lambda pair: float(flat[pair[0]] @ flat[pair[1]]))
        if options.seed is not None:
            np.random.default_rng(options.seed).shuffle(ordered)
        draw(images, ordered[: options.pairs], options.out)


if __name__ == '__main__':
    main()
