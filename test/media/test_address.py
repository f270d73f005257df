import pytest

from fer_ros.media.address import shown_source


@pytest.mark.parametrize(
    ('source', 'shown'),
    [
        ('http://camera/live', 'http://camera/live'),
        ('rtsp://camera:554/live', 'rtsp://camera/live'),
        ('rtsp://me:secret@camera/live', 'rtsp://camera/live'),
        ('rtsp://me:sec@ret@camera:554/live', 'rtsp://camera/live'),
        ('rtsp://me:sec[ret@camera/live', 'rtsp://camera/live'),
        ('rtsp://me:sec/r?e#t@camera/live', 'rtsp://camera/live'),
        ('rtsp://me:secret@[fe80::1]:554/live', 'rtsp://[fe80::1]/live'),
        ('http://camera/live?user=me&password=secret', 'http://camera/live'),
    ],
)
def test_address_is_shown_without_user_and_password(source, shown):
    assert shown_source(source) == shown


@pytest.mark.parametrize('source', ['0', '/dev/video0', 'me:secret@home/a?b#c.mp4'])
def test_device_or_path_is_shown_as_it_is(source):
    assert shown_source(source) == source
