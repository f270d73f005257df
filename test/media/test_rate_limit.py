import itertools

import numpy as np
import pytest

from fer_ros.media.image_stream import StampedImage
from fer_ros.media.rate_limit import RateLimit, rate_limited


def taken(limit, rate_hz, seconds=2.0, start_s=1_700_000_000.0):
    stamps = [start_s + index / rate_hz for index in range(round(seconds * rate_hz))]
    return [stamp for stamp in stamps if limit.takes(stamp)]


@pytest.mark.parametrize(
    ('camera_hz', 'max_hz', 'in_two_seconds'),
    [(30, 0, 60), (30, 30, 60), (30, 15, 30), (30, 20, 40), (60, 10, 20), (10, 30, 20)],
)
def test_images_are_taken_up_to_maximum_rate(camera_hz, max_hz, in_two_seconds):
    assert len(taken(RateLimit(max_hz), camera_hz)) == pytest.approx(in_two_seconds, abs=1)


def test_jitter_of_a_camera_that_is_slightly_slower_than_the_limit_costs_no_images():
    jitter = np.random.default_rng(0).normal(0, 0.001, 20_000)
    stamps = np.arange(20_000) / 29.97 + jitter
    limit = RateLimit(30)
    assert sum(map(limit.takes, stamps.tolist())) > 0.995 * len(stamps)


def test_taken_images_are_evenly_spaced():
    stamps = taken(RateLimit(10), 30)
    gaps = [later - earlier for earlier, later in itertools.pairwise(stamps)]
    assert gaps == pytest.approx([0.1] * len(gaps), abs=1e-6)


def test_first_image_is_taken():
    assert RateLimit(0.5).takes(0.0)


def test_gap_does_not_add_images_afterwards():
    limit = RateLimit(10)
    assert limit.takes(0.0)
    assert [limit.takes(stamp) for stamp in (5.0, 5.03, 5.06, 5.1)] == [True, False, False, True]


def test_restarted_recording_is_taken_from_its_first_image():
    limit = RateLimit(1)
    assert limit.takes(100.0)
    assert limit.takes(10.0)
    assert not limit.takes(10.5)


def test_new_scene_begins_with_first_image_that_is_taken():
    gray = np.zeros((4, 4), np.uint8)
    cut, period_ns = 31, 10**9 // 30
    images = [
        StampedImage(
            topic,
            stamp_ns=index * period_ns,
            log_time_ns=index * period_ns,
            frame_id='',
            stamp_s=index / 30,
            time_s=index / 30,
            gray=gray,
            decode_bgr=lambda: gray,
            new_scene=(topic, index) == ('film', cut),
        )
        for index in range(60)
        for topic in ('film', 'other')
    ]
    new = [image for image in rate_limited(iter(images), 10) if image.new_scene]
    assert [(image.topic, round(image.time_s * 30)) for image in new] == [('film', 33)]
