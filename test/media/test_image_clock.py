from itertools import pairwise

import pytest

from fer_ros.media.image_clock import ImageClock, stamp_s

START_NS = 1_700_000_000_000_000_000
SENT = 5_000_000


def ns(seconds):
    return round(seconds * 1e9)


def taken(stamps_s, arrivals_s=None, origin_s=None):
    """Return seconds of stamp, elapsed seconds and new starts, of images at 10 Hz."""
    arrivals_s = arrivals_s or [index / 10 for index in range(len(stamps_s))]
    clock = ImageClock(ns(stamps_s[0] if origin_s is None else origin_s), START_NS)
    times = [
        clock.take(ns(stamp_s), START_NS + ns(arrival_s))
        for stamp_s, arrival_s in zip(stamps_s, arrivals_s, strict=True)
    ]
    kept = [time for time in times if time is not None]
    return (
        [time.stamp_ns / 1e9 for time in kept],
        pytest.approx([time.elapsed_ns / 1e9 for time in kept]),
        [index for index, time in enumerate(kept) if time.new_start],
        list(clock.problems()),
    )


def test_growing_stamps_are_taken_as_they_are():
    stamps, elapsed, starts, problems = taken([100.0, 100.1, 100.3])
    assert stamps == [100.0, 100.1, 100.3]
    assert elapsed == [0, 0.1, 0.3]
    assert (starts, problems) == ([], [])


def test_image_that_was_overtaken_is_dropped_and_counted():
    stamps, _, starts, problems = taken([100.0, 100.2, 100.1, 100.3])
    assert stamps == [100.0, 100.2, 100.3]
    assert starts == []
    assert problems == [
        '1 image out of order, stamped up to 0.100 s before the previous one, left out'
    ]


def test_jump_back_is_a_new_start_and_seconds_go_on():
    stamps, elapsed, starts, problems = taken([100.0, 100.1, 50.0, 50.1])
    assert stamps == [100.0, 100.1, 50.0, 50.1]
    assert elapsed == [0, 0.1, 0.2, 0.3]
    assert starts == [2]
    assert problems == [
        'stamps jump back 1 time(s), first by 50.100 s after 0.10 s; all faces are forgotten there'
    ]


def test_repeated_stamp_grows_by_what_passed():
    stamps, elapsed, starts, problems = taken([5.0, 5.0, 5.0, 5.0])
    assert stamps == pytest.approx([5.0, 5.1, 5.2, 5.3])
    assert elapsed == [0, 0.1, 0.2, 0.3]
    assert starts == []
    assert problems == [
        '3 images with the stamp of the previous one, to which the time between their recordings '
        'is added'
    ]


def test_each_stamp_twice_is_no_step_back():
    stamps, _, starts, _ = taken([5.0, 5.0, 5.05, 5.05, 5.3])
    assert all(a < b for a, b in pairwise(stamps))
    assert starts == []


def test_stamps_that_differ_by_a_nanosecond_are_later_ones_in_seconds_too():
    clock = ImageClock()
    latest_s = 2**31 - 1
    times = [clock.take(latest_s * 10**9 + index, START_NS + index) for index in range(3)]
    assert all(stamp_s(a.stamp_ns) < stamp_s(b.stamp_ns) for a, b in pairwise(times))


def test_clock_that_is_set_after_the_first_image_makes_no_long_recording():
    _, elapsed, starts, problems = taken([12.0, 1.7e9, 1.7e9 + 0.1])
    assert elapsed == [0, 0.1, 0.2]
    assert starts == []
    assert (
        'stamps leap ahead of the elapsed time 1 time(s), first by 1699999987.900 s' in problems[0]
    )


def test_clocks_of_camera_and_recorder_that_are_set_together_make_no_long_recording():
    clock = ImageClock(ns(12), ns(12))
    times = [clock.take(ns(s), ns(s)) for s in (12.0, 12.1, 1.7e9, 1.7e9 + 0.1)]
    assert [time.elapsed_ns for time in times] == [ns(0), ns(0.1), ns(0.2), ns(0.3)]


def test_steps_do_not_shift_what_follows_against_the_time_of_recording():
    steps = [100.0, 100.1, 102.2, 102.3, 95.0, 95.1, 99.2]
    _, elapsed, _, _ = taken(steps)
    assert elapsed == [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6]


def test_hole_in_a_recording_is_no_step():
    _, elapsed, _, problems = taken([100.0, 130.0], [0, 30.01])
    assert elapsed == [0, 30]
    assert problems == []


def test_slow_simulation_keeps_its_own_time():
    stamps_s, arrivals_s = [10.0, 12.0, 14.0], [0.0, 8.0, 16.0]
    _, elapsed, _, problems = taken(stamps_s, arrivals_s)
    assert elapsed == [0, 2, 4]
    assert problems == []


def test_topic_of_another_clock_begins_where_it_was_recorded():
    _, elapsed, _, _ = taken([7.0, 7.1], [0.5, 0.6], origin_s=1.7e9)
    assert elapsed == [0.5, 0.6]


def test_image_without_a_stamp_has_the_time_of_its_recording():
    clock = ImageClock(START_NS, START_NS)
    assert clock.take(0, START_NS + SENT).stamp_ns == START_NS + SENT
    assert list(clock.problems()) == [
        '1 image without a stamp, for which the time of recording is used'
    ]
