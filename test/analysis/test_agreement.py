import pytest
from frames import CLASSES, face, frame, log_of

from fer_ros.analysis.agreement import ConfusionFigures, Latency, add_confusions, measure_agreement


def rows(*spans):
    """Return ten rows per second for ``(start_s, end_s, emotion)`` spans."""
    return [
        (step / 10, emotion)
        for start_s, end_s, emotion in spans
        for step in range(round(start_s * 10), round(end_s * 10))
    ]


def test_agreement_without_labels_is_none():
    assert measure_agreement(log_of(rows((0, 1, 'fear')))) is None


def test_image_accuracy_confusion_and_f1_compare_estimates_with_labels():
    log = log_of(rows((0, 3, 'fear'), (3, 4, 'neutral')), [(0, 4, 'fear')])
    images = measure_agreement(log).images
    assert images.count == 40
    assert images.accuracy == 0.75
    assert images.confusion == ((0, 0, 0), (0, 0, 0), (10, 0, 30))
    # Precision 1, recall 3/4; fear is the only class that is labelled.
    assert images.macro_f1 == pytest.approx(6 / 7)


def test_each_label_counts_once_by_highest_mean_probability():
    log = log_of(
        rows((0, 3, 'fear'), (3, 4, 'neutral'), (4, 6, 'happiness')),
        [(0, 4, 'fear'), (4, 6, 'neutral')],
    )
    intervals = measure_agreement(log).intervals
    assert (intervals.count, intervals.accuracy) == (2, 0.5)
    assert intervals.confusion == ((0, 1, 0), (0, 0, 0), (0, 0, 1))


def test_unlabelled_images_are_not_counted():
    assert measure_agreement(log_of(rows((0, 9, 'fear')), [(2, 3, 'fear')])).labelled_images == 10


def test_missing_face_counts_in_no_face_share_and_not_as_error():
    found = measure_agreement(log_of(rows((0, 3, 'fear'), (3, 4, None)), [(0, 4, 'fear')]))
    assert found.no_face_share == 0.25
    assert found.images.accuracy == 1.0
    assert found.each[0].no_face_share == 0.25


def test_latency_ends_at_first_agreement_lasting_half_a_second():
    log = log_of(
        rows((0, 1, 'neutral'), (1, 1.2, 'fear'), (1.2, 2, 'neutral'), (2, 4, 'fear')),
        [(0.5, 4, 'fear')],
    )
    assert measure_agreement(log).latency_s == Latency(
        median=pytest.approx(1.5), longest=pytest.approx(1.5), recognised=1, of=1
    )


def test_latency_is_zero_if_estimate_agrees_from_start():
    log = log_of(rows((0, 4, 'fear')), [(1, 3, 'fear')])
    assert measure_agreement(log).latency_s.median == 0


def test_label_from_before_the_first_image_starts_with_it():
    found = measure_agreement(log_of(rows((0, 4, 'fear')), [(-30, 5, 'fear')]))
    assert (found.each[0].start_s, found.latency_s.median) == (0, 0)


def test_latency_on_a_camera_that_starts_later_counts_from_its_first_image():
    log = log_of(rows((0, 4, 'fear')), [(0, 60, 'fear')], '/first')
    for time_s, emotion in rows((30, 31, 'neutral'), (31, 34, 'fear')):
        log.append('/second', time_s, frame(time_s, face(1, emotion)))
    first, second = measure_agreement(log).each
    assert (first.start_s, second.start_s) == (0, 30)
    assert (first.latency_s, second.latency_s) == (0, pytest.approx(1))


def test_short_agreement_up_to_label_end_counts_for_latency():
    log = log_of(rows((0, 3.8, 'neutral'), (3.8, 4, 'fear')), [(1, 4, 'fear')])
    assert measure_agreement(log).latency_s.median == pytest.approx(2.8)


def test_label_that_is_never_recognised_has_no_latency():
    log = log_of(rows((0, 4, 'neutral')), [(1, 4, 'fear')])
    latency = measure_agreement(log).latency_s
    assert (latency.median, latency.recognised, latency.of) == (None, 0, 1)


def test_flicker_counts_only_changes_within_a_label():
    log = log_of(
        rows((0, 1, 'neutral'), (1, 2, 'fear'), (2, 3, 'neutral')),
        [(0, 1, 'neutral'), (1, 3, 'fear')],
    )
    # One change in 0.9 s + 1.9 s, the times from the first to the last image of each label.
    assert measure_agreement(log).flicker_per_min == pytest.approx(60 / 2.8)


def test_label_without_images_is_not_judged():
    found = measure_agreement(log_of(rows((0, 1, 'fear')), [(5, 6, 'fear')]))
    assert found.each == ()
    assert found.images == ConfusionFigures(0, None, None, CLASSES, ((0, 0, 0),) * 3)


def test_label_without_a_face_has_no_estimate():
    found = measure_agreement(log_of(rows((0, 1, None)), [(0, 1, 'fear')]))
    assert (found.each[0].estimate, found.intervals.count) == ('', 0)


def test_confusions_of_two_bags_are_added():
    first = measure_agreement(log_of(rows((0, 3, 'fear')), [(0, 3, 'fear')])).images
    second = measure_agreement(log_of(rows((0, 1, 'fear')), [(0, 1, 'neutral')])).images
    both = add_confusions([first, second])
    assert (both.count, both.accuracy) == (40, 0.75)
    assert both.confusion == ((0, 0, 10), (0, 0, 0), (0, 0, 30))


def test_added_confusions_without_images_have_no_accuracy():
    nothing = measure_agreement(log_of(rows((0, 1, None)), [(0, 1, 'fear')])).images
    assert add_confusions([nothing]).accuracy is None
