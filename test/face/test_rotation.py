import numpy as np
import pytest

from fer_ros.face.rotation import ROTATIONS_DEG, turned, turned_back, turned_box
from fer_ros.structures import AlignedFace, FaceBox, Landmarks, ObservedFace, TrackedFace

# 3 wide and 2 high.
PICTURE = np.array([[1, 2, 3], [4, 5, 6]], np.uint8)


def observed(box, points_px):
    points = np.resize(np.array(points_px, np.float32), (68, 2))
    aligned = AlignedFace(np.zeros((8, 8), np.uint8), np.zeros((68, 2), np.float32))
    return ObservedFace(TrackedFace(1, FaceBox(*box), 0.0, True), Landmarks(points), aligned)


@pytest.mark.parametrize(
    ('rotate_deg', 'expected'),
    [
        (0, [[1, 2, 3], [4, 5, 6]]),
        (90, [[4, 1], [5, 2], [6, 3]]),
        (180, [[6, 5, 4], [3, 2, 1]]),
        (270, [[3, 6], [2, 5], [1, 4]]),
    ],
)
def test_image_is_rotated_clockwise(rotate_deg, expected):
    assert turned(PICTURE, rotate_deg).tolist() == expected


@pytest.mark.parametrize('rotate_deg', ROTATIONS_DEG)
def test_landmark_is_mapped_back_to_its_pixel(rotate_deg):
    rows, columns = np.nonzero(turned(PICTURE, rotate_deg) == 6)
    seen = observed((0, 0, 1, 1), [columns[0], rows[0]])
    back = turned_back(seen, (3, 2), rotate_deg)
    assert back.landmarks.points_px[0].tolist() == [2, 1]


@pytest.mark.parametrize('rotate_deg', ROTATIONS_DEG)
def test_box_is_mapped_back_around_its_pixels(rotate_deg):
    rows, columns = np.nonzero(np.isin(turned(PICTURE, rotate_deg), [2, 3]))
    box = columns.min(), rows.min(), columns.max() + 1, rows.max() + 1, 0.5
    back = turned_back(observed(box, [0, 0]), (3, 2), rotate_deg)
    assert back.face.box == FaceBox(1, 0, 3, 1, 0.5)


@pytest.mark.parametrize('rotate_deg', ROTATIONS_DEG)
def test_box_is_rotated_with_image(rotate_deg):
    rows, columns = np.nonzero(np.isin(turned(PICTURE, rotate_deg), [2, 3]))
    expected = FaceBox(columns.min(), rows.min(), columns.max() + 1, rows.max() + 1, 0.5)
    assert turned_box(FaceBox(1, 0, 3, 1, 0.5), (3, 2), rotate_deg) == expected


def test_aligned_face_is_left_unchanged():
    seen = observed((0, 0, 1, 1), [0, 0])
    assert turned_back(seen, (3, 2), 90).aligned is seen.aligned
