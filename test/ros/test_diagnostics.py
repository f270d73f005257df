from diagnostic_msgs.msg import DiagnosticStatus

from fer_ros.ros.diagnostics import TopicStatistics


def report(statistics, now_s=1.0, **given):
    """Return the level and the values of a report."""
    status = statistics.report('node: /eye', '/eye', now_s, 1.0, 'active', **given)
    return status.level, {pair.key: pair.value for pair in status.values}


def test_lost_images_are_counted_though_the_middleware_takes_some_back():
    statistics = TopicStatistics(since_s=0.0)
    # -1 as an unsigned 32-bit number, as Fast DDS reports an image out of order.
    for change in (18, 4294967295, -1, 2):
        statistics.on_lost(change)
    statistics.on_dropped()
    assert report(statistics)[1]['dropped'] == '21'


def test_late_images_are_counted_for_themselves():
    statistics = TopicStatistics(since_s=0.0)
    statistics.on_late()
    _, values = report(statistics)
    assert (values['late'], values['dropped']) == ('1', '0')


def test_warning_of_the_topic_is_the_message():
    status = TopicStatistics(since_s=0.0).report(
        'node: /eye', '/eye', 1.0, 1.0, 'active', 'no image on /eye'
    )
    assert (status.level, status.message) == (DiagnosticStatus.WARN, 'no image on /eye')


def test_images_that_come_unanswered_are_told_by_their_time_until_one_is_answered():
    statistics = TopicStatistics(since_s=0.0)
    for now_s in (1.0, 2.0, 3.0):
        statistics.on_received(now_s)
    assert statistics.unanswered_s(4.0) == 3.0
    statistics.on_published(0, 5.0)
    assert statistics.unanswered_s(5.0) == 0.0


def test_images_that_are_not_to_be_answered_are_not_missed():
    statistics = TopicStatistics(since_s=0.0)
    statistics.on_received(1.0)
    statistics.on_received(2.0, awaited=False)
    assert statistics.unanswered_s(9.0) == 0.0


def test_standstill_is_an_error_whatever_else_is_wrong():
    statistics = TopicStatistics(since_s=0.0)
    statistics.on_error('/eye: bad', 1.0)
    level, _ = report(statistics, warning='two publishers', error='none was answered')
    assert level == DiagnosticStatus.ERROR
