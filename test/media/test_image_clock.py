from itertools import pairwise

import pytest

from fer_ros.media.image_clock import ImageClock, stamp_s

START_NS = 1_700_000_000_000_000_000
SENT = 5_000_000


def ns(seconds):
    return round(seconds * 1e9)


def taken(stamps_s, arrivals_s=None, origin_s=None):
    """Return stamps and elapsed times in seconds, new starts and problems of images at 10 Hz."""
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


def test_increasing_stamps_are_kept_unchanged():
    stamps, elapsed, starts, problems = taken([100.0, 100.1, 100.3])
    assert stamps == [100.0, 100.1, 100.3]
    assert elapsed == [0, 0.1, 0.3]
    assert (starts, problems) == ([], [])


def test_out_of_order_image_is_dropped_and_counted():
    stamps, _, starts, problems = taken([100.0, 100.2, 100.1, 100.3])
    assert stamps == [100.0, 100.2, 100.3]
    assert starts == []
    assert problems == [
        '1 image out of order, stamped up to 0.100 s before the previous one, left out'
    ]


def test_backward_jump_is_a_new_start_and_elapsed_time_continues():
    stamps, elapsed, starts, problems = taken([100.0, 100.1, 50.0, 50.1])
    assert stamps == [100.0, 100.1, 50.0, 50.1]
    assert elapsed == [0, 0.1, 0.2, 0.3]
    assert starts == [2]
    assert problems == [
        'stamps jump back 1 time(s), first by 50.100 s after 0.10 s; all faces are forgotten there'
    ]


def test_repeated_stamp_advances_by_time_between_recordings():
    stamps, elapsed, starts, problems = taken([5.0, 5.0, 5.0, 5.0])
    assert stamps == pytest.approx([5.0, 5.1, 5.2, 5.3])
    assert elapsed == [0, 0.1, 0.2, 0.3]
    assert starts == []
    assert problems == [
        '3 images with the stamp of the previous one, to which the time between their recordings '
        'is added'
    ]


def test_stamps_repeated_in_pairs_increase_without_a_new_start():
    stamps, _, starts, _ = taken([5.0, 5.0, 5.05, 5.05, 5.3])
    assert all(a < b for a, b in pairwise(stamps))
    assert starts == []


def test_stamps_a_nanosecond_apart_still_increase_in_seconds():
    clock = ImageClock()
    latest_s = 2**31 - 1
    times = [clock.take(latest_s * 10**9 + index, START_NS + index) for index in range(3)]
    assert all(stamp_s(a.stamp_ns) < stamp_s(b.stamp_ns) for a, b in pairwise(times))


def test_camera_clock_set_after_first_image_does_not_stretch_elapsed_time():
    _, elapsed, starts, problems = taken([12.0, 1.7e9, 1.7e9 + 0.1])
    assert elapsed == [0, 0.1, 0.2]
    assert starts == []
    assert (
        'stamps leap ahead of the elapsed time 1 time(s), first by 1699999987.900 s' in problems[0]
    )


def test_camera_and_recorder_clocks_set_together_do_not_stretch_elapsed_time():
    clock = ImageClock(ns(12), ns(12))
    times = [clock.take(ns(s), ns(s)) for s in (12.0, 12.1, 1.7e9, 1.7e9 + 0.1)]
    assert [time.elapsed_ns for time in times] == [ns(0), ns(0.1), ns(0.2), ns(0.3)]


def test_stamp_jumps_leave_elapsed_time_in_step_with_recording_time():
    steps = [100.0, 100.1, 102.2, 102.3, 95.0, 95.1, 99.2]
    _, elapsed, _, _ = taken(steps)
    assert elapsed == [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6]


def test_gap_in_recording_is_not_a_stamp_jump():
    _, elapsed, _, problems = taken([100.0, 130.0], [0, 30.01])
    assert elapsed == [0, 30]
    assert problems == []


def test_slow_simulation_keeps_its_own_time():
    stamps_s, arrivals_s = [10.0, 12.0, 14.0], [0.0, 8.0, 16.0]
    _, elapsed, _, problems = taken(stamps_s, arrivals_s)
    assert elapsed == [0, 2, 4]
    assert problems == []


def test_topic_on_another_clock_starts_at_its_recording_time():
    _, elapsed, _, _ = taken([7.0, 7.1], [0.5, 0.6], origin_s=1.7e9)
    assert elapsed == [0.5, 0.6]


def test_image_without_stamp_gets_its_recording_time():
    clock = ImageClock(START_NS, START_NS)
    assert clock.take(0, START_NS + SENT).stamp_ns == START_NS + SENT
    assert list(clock.problems()) == [
        '1 image without a stamp, for which the time of recording is used'
    ]
