from dataclasses import replace

import numpy as np
import pytest
from bag_files import COMPRESSED, EMOTIONS, IMAGE, STRING, BagFile, header, jpeg, ns, raw, text
from rosbags.rosbag2 import StoragePlugin, Writer

from fer_ros.analysis.label_topic import read_label_topic
from fer_ros.bags.reader import BagReader
from fer_ros.errors import BagError, LabelError
from fer_ros.media.image_stream import TimeOrigin
from fer_ros.messages.definitions import emotions_message, typestore
from fer_ros.structures import FaceBox, FaceEmotion, FrameEmotions

CLASSES = ('neutral', 'happiness', 'fear')
ORIGIN = TimeOrigin(ns(0), ns(0))


def read(path, topic='/label'):
    with BagReader(path) as reader:
        labels = read_label_topic(reader, topic, ORIGIN, CLASSES)
    return [(i.start_s, i.end_s, i.emotion) for i in labels.intervals], labels


def write_strings(path, said):
    with BagFile(path) as bag:
        bag.topic('/label', STRING)
        for time_s, word in said:
            bag.add('/label', text(word), ns(time_s))
    return path


def write_emotions(path, images, image_topics=('/eye/image_raw',), recorded=(), frames=()):
    """Write messages with ``(face_id, emotion, x0, y0, width, height)`` for each face.

    The messages are of the images on each of some topics in turn, of which some are in the bag;
    the first of these has the given frames.
    """
    certain = np.array([0, 0, 1], np.float32)
    with BagFile(path) as bag:
        bag.topic('/label', EMOTIONS)
        for name in recorded:
            bag.topic(name, COMPRESSED)
        for number, frame in enumerate(frames):
            bag.add(recorded[0], frame, ns(number / 10))
        for index, (time_s, faces) in enumerate(images):
            found = tuple(
                FaceEmotion(
                    face_id, FaceBox(x, y, x + w, y + h), None, emotion, 1.0, certain, certain
                )
                for face_id, emotion, x, y, w, h in faces
            )
            frame = FrameEmotions(time_s, CLASSES, found, (640, 480))
            msg = emotions_message(
                frame, header(ns(time_s)), image_topics[index % len(image_topics)]
            )
            bag.add('/label', msg, ns(time_s + 0.2))
    return path


def test_string_label_holds_from_its_recording_to_next_string(tmp_path):
    said = [(1, 'fear'), (2.5, 'neutral'), (4, ''), (5, 'happiness'), (6, '')]
    found, _ = read(write_strings(tmp_path / 'run', said))
    assert found == [(1, 2.5, 'fear'), (2.5, 4, 'neutral'), (5, 6, 'happiness')]


def test_last_string_label_holds_to_the_end(tmp_path):
    found, _ = read(write_strings(tmp_path / 'run', [(1, 'fear')]))
    assert found == [(1, float('inf'), 'fear')]


def test_successive_images_of_one_emotion_form_one_label_timed_by_stamps(tmp_path):
    images = [(i / 10, [(7, 'fear' if i < 5 else 'neutral', 1, 2, 30, 40)]) for i in range(10)]
    found, labels = read(write_emotions(tmp_path / 'run', images))
    assert found == [(0, 0.5, 'fear'), (0.5, 1.4, 'neutral')]
    assert labels.intervals[0].face_id is None
    assert labels.intervals[0].regions[2].tolist() == [0.2, 1, 2, 31, 42]


def test_face_label_ends_at_first_image_without_that_face(tmp_path):
    images = [(0.0, [(7, 'fear', 0, 0, 9, 9)]), (0.1, [(7, 'fear', 0, 0, 9, 9)]), (0.2, [])]
    found, _ = read(write_emotions(tmp_path / 'run', images))
    assert found == [(0, 0.2, 'fear')]


def test_two_faces_get_separate_labels(tmp_path):
    both = [(1, 'fear', 0, 0, 9, 9), (2, 'neutral', 50, 0, 9, 9)]
    found, labels = read(write_emotions(tmp_path / 'run', [(0.0, both), (0.3, both), (0.4, [])]))
    assert sorted(found) == [(0, 0.4, 'fear'), (0, 0.4, 'neutral')]
    assert sorted(i.regions[0, 1] for i in labels.intervals) == [0, 50]


def test_labels_of_two_cameras_are_separate_and_apply_to_their_own_images(tmp_path):
    left, right = [(1, 'fear', 0, 0, 9, 9)], [(1, 'neutral', 0, 0, 9, 9)]
    path = write_emotions(
        tmp_path / 'run',
        [(0.0, left), (0.1, right), (0.2, left), (0.3, right), (0.4, []), (0.5, right)],
        ['/left/image_raw', '/right/image_raw'],
        ['/left/image_raw/compressed', '/right/image_raw/compressed'],
    )
    found, labels = read(path)
    assert found == [(0, 0.4, 'fear'), (0.1, pytest.approx(1.1), 'neutral')]
    for camera, emotion in (('/left', 'fear'), ('/right', 'neutral')):
        at_once = labels.at(0.25, f'{camera}/image_raw/compressed')
        assert [interval.emotion for _, interval in at_once] == [emotion]


def test_labels_of_a_topic_that_is_not_in_the_bag_apply_to_all_images(tmp_path):
    images = [(0.0, [(1, 'fear', 0, 0, 9, 9)])]
    _, labels = read(write_emotions(tmp_path / 'run', images, recorded=['/renamed/compressed']))
    assert len(list(labels.at(0.1, '/renamed/compressed'))) == 1


def test_labels_of_images_once_a_second_form_one_label(tmp_path):
    images = [(float(i), [(7, 'fear', 1, 2, 30, 40)]) for i in range(5)]
    found, _ = read(write_emotions(tmp_path / 'run', images))
    assert found == [(0, 7, 'fear')]


def test_labels_of_single_images_do_not_apply_to_the_images_between_them(tmp_path, dots):
    path = write_emotions(
        tmp_path / 'run',
        [(0.0, [(7, 'fear', 1, 2, 30, 40)]), (10.0, [(7, 'fear', 1, 2, 30, 40)])],
        recorded=['/eye/image_raw/compressed'],
        frames=[jpeg(dots[0], ns(number / 10)) for number in range(200)],
    )
    found, _ = read(path)
    assert found == [(0, 0.5, 'fear'), (10, 10.5, 'fear')]


def test_labels_without_a_stamp_are_timed_by_their_recording(tmp_path):
    frame = FrameEmotions(0.0, CLASSES, (), (640, 480))
    certain = np.array([0, 0, 1], np.float32)
    afraid = FaceEmotion(7, FaceBox(1, 2, 31, 42), None, 'fear', 1.0, certain, certain)
    with BagFile(tmp_path / 'run') as bag:
        bag.topic('/label', EMOTIONS)
        for time_s, faces in ((1.0, (afraid,)), (1.4, ())):
            msg = emotions_message(replace(frame, faces=faces), header(0), '/eye/image_raw')
            bag.add('/label', msg, ns(time_s))
    found, _ = read(tmp_path / 'run')
    assert found == [(1.0, 1.4, 'fear')]


def test_missing_label_topic_error_lists_available_topics(tmp_path):
    with pytest.raises(BagError, match='has no label topic /nothing; there are: /label'):
        read(write_strings(tmp_path / 'run', [(1, 'fear')]), '/nothing')


def test_label_topic_of_wrong_type_is_an_error(tmp_path, dots):
    with BagFile(tmp_path / 'run') as bag:
        bag.topic('/label', IMAGE)
        bag.add('/label', raw(dots[0], ns(0)), ns(0))
    with pytest.raises(LabelError, match='/label contains sensor_msgs/msg/Image, expected std_m'):
        read(tmp_path / 'run')


def test_unknown_class_on_label_topic_is_an_error(tmp_path):
    with pytest.raises(LabelError, match=r"/label, 2\.00 s: emotion 'joy' is unknown, expected n"):
        read(write_strings(tmp_path / 'run', [(1, 'fear'), (2, 'joy')]))


def test_label_topic_without_labels_is_an_error(tmp_path):
    with pytest.raises(LabelError, match=r'/label of bag .* contains no label'):
        read(write_strings(tmp_path / 'run', [(1, '')]))


def test_emotions_message_of_another_version_is_refused(tmp_path):
    # The fields of a message without faces, as they were when classes followed the header.
    older = bytes(typestore().serialize_cdr(header(ns(0)), 'std_msgs/msg/Header')) + bytes(16)
    with Writer(tmp_path / 'run', version=9, storage_plugin=StoragePlugin.MCAP) as bag:
        connection = bag.add_connection('/label', EMOTIONS, typestore=typestore())
        bag.write(connection, ns(0), older)
    with pytest.raises(LabelError, match=r'label topic /label contains .* of another version'):
        read(tmp_path / 'run')
