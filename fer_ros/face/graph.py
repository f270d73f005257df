"""Aligned landmarks → node features; the fixed edges of the landmark graph."""

from itertools import pairwise

import numpy as np
import numpy.typing as npt

from fer_ros.face.landmark_layout import CLOSED_REGIONS, MEAN_SHAPE_NORM, REGIONS
from fer_ros.structures import NUM_LANDMARKS, FloatArray

# Links between regions, chosen where expressions show: brow to eye (frown, raised brows), nose to
# lip (disgust), lip to lip (open mouth), lip to jaw, mouth corner to eye (smile), brow to brow.
REGION_LINKS: tuple[tuple[int, int], ...] = (
    *((17, 36), (19, 37), (20, 38), (21, 39), (22, 42), (23, 43), (24, 44), (26, 45)),
    *((21, 22), (21, 27), (22, 27), (39, 27), (42, 27), (30, 31), (30, 33), (30, 35)),
    *((37, 41), (38, 40), (43, 47), (44, 46)),
    *((31, 50), (33, 51), (35, 52), (31, 48), (35, 54)),
    *((48, 60), (50, 61), (51, 62), (52, 63), (54, 64), (56, 65), (57, 66), (58, 67)),
    *((61, 67), (62, 66), (63, 65), (48, 54), (51, 57)),
    *((48, 4), (54, 12), (57, 8), (59, 6), (55, 10)),
    *((48, 36), (54, 45), (48, 39), (54, 42), (0, 36), (16, 45), (0, 17), (16, 26)),
)

# Centres; the distance of each landmark from each of them is a feature.
_CENTER_REGIONS = ('right_eye', 'left_eye', 'outer_lip')

NUM_NODE_FEATURES = 2 + 2 + len(_CENTER_REGIONS) + len(REGIONS)


def _region_one_hot() -> FloatArray:
    one_hot = np.zeros((NUM_LANDMARKS, len(REGIONS)), np.float32)
    for column, indices in enumerate(REGIONS.values()):
        one_hot[list(indices), column] = 1
    return one_hot


def _center_weights() -> FloatArray:
    """Return the ``(3, 68)`` matrix whose product with the landmarks gives the centres."""
    weights = np.zeros((len(_CENTER_REGIONS), NUM_LANDMARKS), np.float32)
    for row, name in enumerate(_CENTER_REGIONS):
        weights[row, list(REGIONS[name])] = 1 / len(REGIONS[name])
    return weights


_REGION_ONE_HOT = _region_one_hot()
_CENTER_WEIGHTS = _center_weights()


def anatomical_edges() -> npt.NDArray[np.int64]:
    """Return the directed edges of the graph as ``(2, E)``: sources, then targets.

    Neighbours along each region (rings closed) and the links between regions, each in both
    directions, and a self-loop at every node, so that attention can weigh a node's own state.
    """
    links = list(REGION_LINKS)
    for name, indices in REGIONS.items():
        links += pairwise(indices)
        if name in CLOSED_REGIONS:
            links.append((indices[-1], indices[0]))
    both_ways = sorted({*links, *((b, a) for a, b in links)})
    loops = [(node, node) for node in range(NUM_LANDMARKS)]
    return np.array(both_ways + loops, np.int64).T


def node_features(landmarks_norm: FloatArray) -> FloatArray:
    """Return the features of each landmark for the graph network.

    Per node: aligned x, y; displacement from the mean face; distances to the centres of both eyes
    and of the mouth; one-hot region.

    Args:
        landmarks_norm: ``(..., 68, 2)`` float32, aligned landmarks in [-1, 1] crop coordinates.

    Returns:
        ``(..., 68, F)`` float32 with F = ``NUM_NODE_FEATURES``.
    """
    features = np.empty((*landmarks_norm.shape[:-1], NUM_NODE_FEATURES), np.float32)
    features[..., :2] = landmarks_norm
    # The displacement is about a tenth of the coordinates; scaled to their size it trains faster.
    features[..., 2:4] = (landmarks_norm - MEAN_SHAPE_NORM) * 4
    centers = _CENTER_WEIGHTS @ landmarks_norm  # (..., 3, 2)
    apart = landmarks_norm[..., :, None, :] - centers[..., None, :, :]
    features[..., 4:7] = np.sqrt(np.square(apart).sum(axis=-1))
    features[..., 7:] = _REGION_ONE_HOT
    return features
