import numpy as np
import pytest
from bag_files import EMOTIONS, ns
from frames import CLASSES, face, frame

from fer_ros.bags.reader import BagReader, Topic
from fer_ros.bags.writer import EmotionBag
from fer_ros.media.image_stream import StampedImage
from fer_ros.messages.definitions import typestore

GRAY = np.zeros((24, 32), np.uint8)


def image(time_s, log_time_s):
    return StampedImage(
        '/camera', ns(time_s), ns(log_time_s), 'optical', time_s, time_s, GRAY, lambda: GRAY
    )


def test_message_has_header_and_recording_time_of_its_image(tmp_path):
    with EmotionBag(tmp_path / 'emotion') as bag:
        bag.write(image(0.1, 0.15), frame(0.1, face(3, 'fear')))
    with BagReader(tmp_path / 'emotion') as reader:
        assert reader.topics == {'/emotion': Topic(EMOTIONS, 1)}
        (message,) = reader.messages(['/emotion'])
    msg = typestore().deserialize_cdr(message.payload(), EMOTIONS)
    assert message.log_time_ns == ns(0.15)
    assert msg.header.stamp.sec * 10**9 + msg.header.stamp.nanosec == ns(0.1)
    assert msg.header.frame_id == 'optical'
    assert msg.classes == list(CLASSES)
    assert [(one.face_id, one.emotion) for one in msg.faces] == [(3, 'fear')]


@pytest.mark.parametrize(('landmarks', 'numbers'), [(True, 136), (False, 0)])
def test_landmarks_are_optional(tmp_path, landmarks, numbers):
    with EmotionBag(tmp_path / 'emotion', landmarks) as bag:
        bag.write(image(0.0, 0.0), frame(0.0, face(1, 'fear')))
    with BagReader(tmp_path / 'emotion') as reader:
        (message,) = reader.messages(['/emotion'])
    msg = typestore().deserialize_cdr(message.payload(), EMOTIONS)
    assert len(msg.faces[0].landmarks) == numbers


def test_bag_is_not_finalized_after_an_error(tmp_path):
    def write():
        with EmotionBag(tmp_path / 'emotion') as bag:
            bag.write(image(0.0, 0.0), frame(0.0))
            raise OSError('the disk is full')

    with pytest.raises(OSError, match='full'):
        write()
    assert not (tmp_path / 'emotion' / 'metadata.yaml').exists()
