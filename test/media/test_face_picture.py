import numpy as np
import pytest

from fer_ros.face.landmark_layout import MEAN_SHAPE_NORM
from fer_ros.media.face_picture import aligned_face, cropped_face
from fer_ros.structures import FaceBox, Landmarks


def halves(height=120, width=200, at=100):
    """Return an image that is dark to the left of a column and bright from there on."""
    bgr = np.full((height, width, 3), 50, np.uint8)
    bgr[:, at:] = 200
    return bgr


@pytest.mark.parametrize('side', [32, 64, 128])
def test_crop_has_requested_size(side):
    assert cropped_face(halves(), FaceBox(70, 20, 130, 80), side).shape == (side, side, 3)


def test_crop_shows_content_of_box():
    crop = cropped_face(halves(), FaceBox(70, 20, 130, 80), 128)
    assert crop[:, :60].max() <= 50
    assert crop[:, 68:].min() >= 200


def test_non_square_box_is_centered_between_black_borders():
    crop = cropped_face(halves(at=0), FaceBox(70, 20, 100, 80), 128)
    assert crop[:, :31].max() == crop[:, 97:].max() == 0
    assert crop[:, 33:95].min() == 200


def test_part_of_crop_outside_the_image_is_black():
    crop = cropped_face(halves(at=0), FaceBox(-30, 0, 30, 60), 128)
    assert crop[:, :63].max() == 0
    assert crop[:, 65:].min() == 200


@pytest.mark.parametrize('box', [(300, 10, 360, 70), (-90, 10, -30, 70), (10, -90, 70, -30)])
def test_crop_entirely_outside_the_image_is_black(box):
    assert cropped_face(halves(), FaceBox(*box), 64).max() == 0


def test_nose_tip_of_rotated_face_is_aligned_to_mean_shape():
    # A face of mean shape lying on its side, with a bright spot on the tip of the nose.
    x, y = (MEAN_SHAPE_NORM * 40).T
    points = np.column_stack([100 - y, 80 + x]).astype(np.float32)
    bgr = np.full((160, 200, 3), 20, np.uint8)
    tip_x, tip_y = np.round(points[30]).astype(int)
    bgr[tip_y - 3 : tip_y + 4, tip_x - 3 : tip_x + 4] = (0, 0, 250)
    aligned = aligned_face(bgr, Landmarks(points), 128)
    assert aligned.shape == (128, 128, 3)
    row, column = np.argwhere(aligned[:, :, 2] > 200).mean(axis=0)
    assert (column, row) == pytest.approx(63.5 + 64 * MEAN_SHAPE_NORM[30], abs=1.5)


def test_aligned_face_is_black_outside_the_image():
    points = (MEAN_SHAPE_NORM * 40 + [0, 60]).astype(np.float32)
    aligned = aligned_face(halves(at=0), Landmarks(points), 128)
    assert aligned[:, :60].max() == 0
    assert aligned[20:108, 70:].min() == 200
