import numpy as np
import pytest

from fer_ros.face.graph import NUM_NODE_FEATURES, anatomical_edges, node_features
from fer_ros.face.landmark_layout import MEAN_SHAPE_NORM, MIRRORED, REGIONS


def test_regions_contain_every_landmark_once():
    assert sorted(i for indices in REGIONS.values() for i in indices) == list(range(68))


def test_landmark_mirrored_twice_is_itself():
    assert [MIRRORED[MIRRORED[i]] for i in range(68)] == list(range(68))


def test_mirrored_mean_face_is_the_mean_face():
    mirrored = MEAN_SHAPE_NORM[list(MIRRORED)] * [-1, 1]
    assert mirrored == pytest.approx(MEAN_SHAPE_NORM, abs=2e-3)


def test_edges_are_bidirectional_and_unique_and_every_node_has_self_loop():
    edges = {(int(a), int(b)) for a, b in anatomical_edges().T}
    assert len(edges) == anatomical_edges().shape[1]
    assert {(b, a) for a, b in edges} == edges
    assert all((node, node) in edges for node in range(68))


def test_edges_are_symmetric_about_midline():
    edges = {(int(a), int(b)) for a, b in anatomical_edges().T}
    assert {(MIRRORED[a], MIRRORED[b]) for a, b in edges} == edges


def test_graph_is_connected():
    neighbours = {node: set() for node in range(68)}
    for a, b in anatomical_edges().T:
        neighbours[int(a)].add(int(b))
    reached, waiting = {0}, [0]
    while waiting:
        new = neighbours[waiting.pop()] - reached
        reached |= new
        waiting += new
    assert len(reached) == 68


def test_mean_face_has_no_displacement():
    features = node_features(MEAN_SHAPE_NORM)
    assert features.shape == (68, NUM_NODE_FEATURES)
    assert (features[:, :2] == MEAN_SHAPE_NORM).all()
    assert (features[:, 2:4] == 0).all()


@pytest.mark.parametrize(
    ('column', 'region'), [(4, 'right_eye'), (5, 'left_eye'), (6, 'outer_lip')]
)
def test_node_features_include_distances_to_eyes_and_mouth(column, region):
    center = MEAN_SHAPE_NORM[list(REGIONS[region])].mean(axis=0)
    distances = np.linalg.norm(MEAN_SHAPE_NORM - center, axis=1)
    assert node_features(MEAN_SHAPE_NORM)[:, column] == pytest.approx(distances, abs=1e-6)


def test_batch_has_same_features_as_single_faces():
    faces = np.stack([MEAN_SHAPE_NORM, MEAN_SHAPE_NORM * 0.9, MEAN_SHAPE_NORM + 0.1])
    batch = node_features(faces)
    assert (batch[1] == node_features(faces[1])).all()
