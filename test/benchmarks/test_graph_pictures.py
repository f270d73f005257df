import numpy as np
import pytest

from benchmarks.graph_pictures import CONDITIONS, disturbed_picture
from fer_ros.data.landmarked_pictures import cut_chip
from fer_ros.data.synthetic_clips import Still
from fer_ros.face.landmark_layout import REGIONS
from fer_ros.face.landmarks import LandmarkPredictor
from fer_ros.structures import Landmarks


@pytest.fixture(scope='module')
def predictor():
    return LandmarkPredictor()


@pytest.fixture
def still(portrait_gray, portrait_landmarks):
    """A square picture filled by the face, as in prepared data sets."""
    chip, points_px = cut_chip(portrait_gray, portrait_landmarks)
    return Still(chip, Landmarks(points_px))


def condition(beginning):
    return next(one for one in CONDITIONS if one.name.startswith(beginning))


def seen(still, beginning, strength, predictor):
    rng = np.random.default_rng(0)
    return disturbed_picture(still, condition(beginning), strength, rng, predictor)


def test_landmarks_of_small_face_span_requested_width(still, predictor):
    _, landmarks = seen(still, 'width', 24, predictor)
    assert landmarks.following_box().width_px == pytest.approx(24, abs=2)


def test_face_is_never_enlarged(still, predictor):
    picture, _ = seen(still, 'width', 10_000, predictor)
    assert picture.shape == still.image.shape


@pytest.mark.parametrize(
    ('beginning', 'hidden', 'left'),
    [
        ('mouth', 'inner_lip', 'nose_bridge'),
        ('eyes', 'right_eye', 'outer_lip'),
        ('eyes', 'left_brow', 'nose_base'),
    ],
)
def test_cover_hides_only_its_part_of_face(beginning, hidden, left, still, predictor):
    picture, _ = seen(still, beginning, 1.6, predictor)
    changed = picture != still.image

    def share(name):
        points = np.rint(still.landmarks.points_px[list(REGIONS[name])]).astype(int)
        return changed[points[:, 1], points[:, 0]].mean()

    assert share(hidden) > 0.7
    assert share(left) == 0


def test_landmarks_are_found_in_disturbed_picture_not_copied_from_still(still, predictor):
    width_px = still.landmarks.following_box().width_px
    off = [
        np.linalg.norm(found.points_px - still.landmarks.points_px, axis=1).mean() / width_px
        for found in (seen(still, 'blur', sigma_px, predictor)[1] for sigma_px in (0.5, 12))
    ]
    assert 0 < off[0] < 0.05 < off[1]


@pytest.mark.parametrize('one', CONDITIONS, ids=lambda one: one.name)
def test_same_seed_gives_same_disturbed_picture(one, still, predictor):
    first, again = (
        disturbed_picture(still, one, one.strengths[0], np.random.default_rng(3), predictor)
        for _ in range(2)
    )
    assert (first[0] == again[0]).all()
    assert (first[1].points_px == again[1].points_px).all()
    assert first[0].shape != still.image.shape or (first[0] != still.image).any()
