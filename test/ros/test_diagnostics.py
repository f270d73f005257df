from diagnostic_msgs.msg import DiagnosticStatus

from fer_ros.ros.diagnostics import TopicStatistics


def report(statistics, now_s=1.0, **given):
    """Return the level and the values of a report."""
    status = statistics.report('node: /eye', '/eye', now_s, 1.0, 'active', **given)
    return status.level, {pair.key: pair.value for pair in status.values}


def test_lost_images_are_counted_ignoring_negative_changes():
    statistics = TopicStatistics(since_s=0.0)
    # -1 as an unsigned 32-bit number, as Fast DDS reports an image out of order.
    for change in (18, 4294967295, -1, 2):
        statistics.on_lost(change)
    statistics.on_dropped()
    assert report(statistics)[1]['dropped'] == '21'


def test_late_images_are_counted_separately_from_dropped_ones():
    statistics = TopicStatistics(since_s=0.0)
    statistics.on_late()
    _, values = report(statistics)
    assert (values['late'], values['dropped']) == ('1', '0')


def test_topic_warning_becomes_status_message():
    status = TopicStatistics(since_s=0.0).report(
        'node: /eye', '/eye', 1.0, 1.0, 'active', 'no image on /eye'
    )
    assert (status.level, status.message) == (DiagnosticStatus.WARN, 'no image on /eye')


def test_unanswered_time_runs_from_first_image_until_an_answer():
    statistics = TopicStatistics(since_s=0.0)
    for now_s in (1.0, 2.0, 3.0):
        statistics.on_received(now_s)
    assert statistics.unanswered_s(4.0) == 3.0
    statistics.on_published(4.0, 0, 5.0)
    assert statistics.unanswered_s(5.0) == 0.0


def test_image_that_needs_no_answer_ends_unanswered_time():
    statistics = TopicStatistics(since_s=0.0)
    statistics.on_received(1.0)
    statistics.on_received(2.0, awaited=False)
    assert statistics.unanswered_s(9.0) == 0.0


def test_faces_are_shown_until_no_more_images_are_answered():
    statistics = TopicStatistics(since_s=0.0)
    statistics.on_published(1.0, 2, 5.0)
    shown = [report(statistics, now_s)[1]['faces'] for now_s in (1.5, 2.5, 3.5)]
    assert shown == ['2', '2', '0']
    # With images 4 s apart, for 10 s.
    statistics.on_published(5.0, 2, 5.0)
    shown = [report(statistics, now_s)[1]['faces'] for now_s in (6.0, 14.9, 15.1)]
    assert shown == ['2', '2', '0']


def test_standstill_is_an_error_despite_other_faults():
    statistics = TopicStatistics(since_s=0.0)
    statistics.on_error('/eye: bad', 1.0)
    level, _ = report(statistics, warning='two publishers', error='none was answered')
    assert level == DiagnosticStatus.ERROR
