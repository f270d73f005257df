import numpy as np
import pytest

from fer_ros.data.face_set import FaceSet, one_hot
from fer_ros.evaluation.conditions import pose_table, size_table
from fer_ros.face.head_shape import HEAD_SHAPE_M
from fer_ros.inference.prior_correction import CorrectedClassifier
from fer_ros.labels import FERPLUS_CLASSES
from fer_ros.models import load_classifier


def turned(yaw_deg):
    """Landmarks of a head turned sideways, 100 px across, as seen from far away."""
    angle = np.radians(yaw_deg)
    x, y, z = HEAD_SHAPE_M.T
    across = np.cos(angle) * x + np.sin(angle) * z
    return (np.stack([across, y], axis=1) * 500 + [48, 48]).astype(np.float32)


def named(table):
    return [dict(zip(table.columns, row, strict=True)) for row in table.rows]


def test_pose_table_groups_faces_by_yaw():
    yaws_deg = (0, 5, -20, 25, 40, -40)
    faces = FaceSet(
        np.zeros((6, 96, 96), np.uint8),
        np.stack([turned(yaw) for yaw in yaws_deg]),
        one_hot(np.zeros(6, np.int64), 2),
        ('calm', 'loud'),
    )
    right = np.eye(2, dtype=np.float32)[[0, 0, 0, 1, 1, 1]]
    table = named(pose_table('fused', right, faces))
    assert [(row['yaw, degrees'], row['faces']) for row in table] == [
        ('0 to 15', 2),
        ('15 to 30', 2),
        ('30 to 45', 2),
    ]
    assert [row['accuracy'] for row in table] == [1.0, 0.5, 0.0]
    assert [row['accuracy lost, points'] for row in table] == [0.0, 0.5, 1.0]


def test_accuracy_loss_of_turned_faces_is_also_given_at_equal_classes():
    # Frontal faces: both of the first class are right, and one of two of the second. Turned faces:
    # all are of the second, one of two right. A quarter is lost overall, nothing at equal classes.
    yaws_deg, labels = (0, 5, 0, 5, 20, 25), np.array([0, 0, 1, 1, 1, 1])
    faces = FaceSet(
        np.zeros((6, 96, 96), np.uint8),
        np.stack([turned(yaw) for yaw in yaws_deg]),
        one_hot(labels, 2),
        ('calm', 'loud'),
    )
    said = np.eye(2, dtype=np.float32)[[0, 0, 1, 0, 1, 0]]
    row = named(pose_table('fused', said, faces))[1]
    assert row['accuracy lost, points'] == pytest.approx(0.25)
    assert row['lost at equal classes, points'] == pytest.approx(0.0)


def test_size_table_compares_faces_with_themselves_at_smaller_sizes(
    portrait_gray, portrait_landmarks
):
    faces = FaceSet(
        portrait_gray[None],
        portrait_landmarks.points_px[None],
        one_hot(np.array([FERPLUS_CLASSES.index('happiness')]), 8),
        FERPLUS_CLASSES,
    )
    table = named(size_table(CorrectedClassifier(load_classifier()), faces))
    assert [row['width of the face, px'] for row in table] == ['64', '48', '36', '24', '20']
    assert [row['larger faces'] for row in table] == [1] * 5
    # A smile is recognized at all of these sizes.
    assert [row['accuracy'] for row in table] == pytest.approx([1.0] * 5)
    assert [row['accuracy lost, points'] for row in table] == [0.0] * 5
