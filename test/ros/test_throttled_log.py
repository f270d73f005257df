import pytest

from fer_ros.errors import ImageError
from fer_ros.ros.throttled_log import ThrottledLog


class Logger(list):
    """Records what is logged."""

    def warning(self, text):
        self.append(('warning', text))

    def error(self, text):
        self.append(('error', text))


@pytest.fixture
def logger():
    return Logger()


def test_message_with_other_numbers_is_logged_once_in_five_seconds(logger):
    now = [0.0]
    log = ThrottledLog(logger, lambda: now[0])
    for now[0], count in ((0.0, 1), (4.9, 22), (5.0, 333)):
        log.say('/eye', f'{count} images are lost')
    assert logger == [
        ('warning', '/eye: 1 images are lost'),
        ('warning', '/eye: 333 images are lost'),
    ]


def test_other_topics_and_messages_are_logged_at_once(logger):
    log = ThrottledLog(logger, lambda: 0.0)
    for topic, text in (('/a', 'dark'), ('/b', 'dark'), ('/a', 'bright')):
        log.say(topic, text)
    assert [text for _, text in logger] == ['/a: dark', '/b: dark', '/a: bright']


def test_messages_about_same_subject_are_logged_once(logger):
    log = ThrottledLog(logger, lambda: 0.0)
    log.say('/a', 'nothing comes', about='no image')
    log.say('/a', 'still nothing', about='no image')
    assert logger == [('warning', '/a: nothing comes')]


def test_cleared_log_repeats_message(logger):
    log = ThrottledLog(logger, lambda: 0.0)
    log.say('/a', 'dark')
    log.clear()
    log.say('/a', 'dark')
    assert len(logger) == 2


def test_expected_error_is_logged_without_and_others_with_traceback(logger):
    log = ThrottledLog(logger, lambda: 0.0)
    log.say('/a', 'too large', ImageError('too large'))
    log.say('/a', 'ZeroDivisionError', ZeroDivisionError('x'))
    assert logger[0] == ('error', '/a: too large')
    assert logger[1][1].endswith('ZeroDivisionError: x\n')
