import cv2
import numpy as np
import pytest

from fer_ros.data.disturbances import shaded, to_image
from fer_ros.data.face_set import FaceSet, joined, one_hot
from fer_ros.data.photographs import find_photographs, in_other_splits, pooled


@pytest.fixture
def photograph(portrait_gray, portrait_landmarks):
    """Return the portrait as a picture of 60 px, lit and cropped as given, and its landmarks."""

    def picture(angle, offset_xy=(0, 0), side=120):
        x, y = 162 + offset_xy[0], 55 + offset_xy[1]
        lit = shaded(portrait_gray[y : y + side, x : x + side].astype(np.float32), 2.0, angle)
        image = cv2.resize(to_image(lit), (60, 60), interpolation=cv2.INTER_AREA)
        points = (portrait_landmarks.points_px - (x, y)) * (60 / side)
        return image, points.astype(np.float32)

    return picture


def as_set(*pictures):
    images, points = zip(*pictures, strict=True)
    return np.stack(images), np.stack(points)


def test_recropped_or_recompressed_photograph_is_recognized(photograph, tmp_path):
    image, points = photograph(0.0)
    code = cv2.imencode('.jpg', image, [cv2.IMWRITE_JPEG_QUALITY, 40])[1]
    compressed = cv2.imdecode(code, cv2.IMREAD_GRAYSCALE)
    cropped = photograph(0.0, offset_xy=(-14, -10), side=146)
    other = photograph(3.0)
    faces = as_set((image, points), other, (compressed, points), cropped)
    (numbers,) = find_photographs([faces], tmp_path, progress=False)
    assert numbers.tolist() == [0, 1, 0, 0]


def test_copies_are_found_across_sets_of_different_image_size(photograph, tmp_path):
    first = as_set(photograph(0.0), photograph(3.0))
    image, points = photograph(3.0)
    larger = np.stack([cv2.resize(image, (90, 90))]), np.stack([points * 1.5])
    numbers = find_photographs([first, larger], tmp_path, progress=False)
    assert [part.tolist() for part in numbers] == [[0, 1], [1]]


def test_uniformly_gray_pictures_are_not_copies(photograph, tmp_path):
    _, points = photograph(0.0)
    faces = np.full((2, 60, 60), 90, np.uint8), np.stack([points, points])
    (numbers,) = find_photographs([faces], tmp_path, progress=False)
    assert numbers.tolist() == [0, 1]


def test_photograph_search_is_cached(photograph, tmp_path):
    faces = as_set(photograph(0.0), photograph(3.0))
    find_photographs([faces], tmp_path, progress=False)
    (file,) = tmp_path.iterdir()
    np.savez(file, photographs=np.array([5, 5]))
    (numbers,) = find_photographs([faces], tmp_path, progress=False)
    assert numbers.tolist() == [5, 5]


def test_empty_set_has_no_photographs(tmp_path):
    nothing = np.zeros((0, 48, 48), np.uint8), np.zeros((0, 68, 2), np.float32)
    assert [len(part) for part in find_photographs([nothing], tmp_path, progress=False)] == [0]


def test_pairs_are_joined_transitively():
    assert joined(6, np.array([[4, 5], [0, 3], [5, 3]])).tolist() == [0, 1, 2, 0, 0, 0]


def test_faces_with_copies_in_forbidden_splits_are_found():
    photographs = np.array([0, 1, 2, 3, 0, 1, 4, 1, 2, 4])
    splits = np.array([0, 0, 0, 0, 1, 1, 1, 2, 2, 2])
    known = [np.flatnonzero(in_other_splits(photographs, splits, n)).tolist() for n in range(3)]
    assert known == [[0, 1, 2], [4, 5], [7, 8, 9]]


def test_votes_of_copies_are_added_up():
    votes = np.array([[9, 1], [0, 10], [5, 5]], np.uint8)
    assert pooled(votes, np.array([7, 3, 7])).tolist() == [[14, 6], [0, 10], [14, 6]]


def test_faces_are_grouped_by_subject_or_else_by_photograph_and_clip():
    faces = {
        'images': np.zeros((4, 8, 8), np.uint8),
        'landmarks_px': np.zeros((4, 68, 2), np.float32),
        'targets': one_hot(np.zeros(4, np.int64), 2),
        'classes': ('a', 'b'),
    }
    photographs, clips = np.array([0, 1, 1, 2]), np.array(['x', 'x', 'y', 'z'])
    assert FaceSet(**faces).groups() is None
    assert FaceSet(**faces, photographs=photographs).groups().tolist() == [0, 1, 1, 2]
    both = FaceSet(**faces, photographs=photographs, clips=clips)
    assert both.groups().tolist() == [0, 0, 0, 1]
    known = FaceSet(**faces, photographs=photographs, subjects=np.array(['a', 'b', 'b', 'a']))
    assert known.groups().tolist() == ['a', 'b', 'b', 'a']
    assert (both.group_name(), known.group_name()) == ('photographs and clips', 'subjects')
