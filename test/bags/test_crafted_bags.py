"""Deliberately crafted bags are reported in a sentence, before memory runs out."""

import re

import numpy as np
import pytest
from bag_files import EMOTIONS, IMAGE, STRING, BagFile, compressed, ns, raw, text, write_images
from rosbags.rosbag2 import Writer

from fer_ros.analysis.label_topic import read_label_topic
from fer_ros.bags.damaged import cut_messages
from fer_ros.bags.images import bag_images
from fer_ros.bags.message import BagMessage, zstd
from fer_ros.bags.reader import BagReader
from fer_ros.errors import BagError, FerError
from fer_ros.media.image_stream import TimeOrigin
from fer_ros.messages.definitions import typestore
from fer_ros.messages.images import MAX_PIXELS


def write_messages(path, messages):
    """Write the given bytes as messages of an image topic."""
    with Writer(path, version=9) as bag:
        connection = bag.add_connection('/image', IMAGE, typestore=typestore())
        for index, data in enumerate(messages):
            bag.write(connection, ns(index), data)
    return path


def images_of(path):
    with BagReader(path) as bag:
        stream = bag_images(bag, (), MAX_PIXELS)
        return list(stream.images), stream.problems


def serialized(bgr, stamp_s=0):
    msg = raw(bgr, ns(stamp_s))
    return bytes(typestore().serialize_cdr(msg, IMAGE))


def with_number(data, position, value):
    return data[:position] + value.to_bytes(4, 'little') + data[position + 4 :]


def test_messages_with_corrupted_numbers_do_not_stop_reading(tmp_path, dots):
    good = serialized(dots[0])
    # Each number of the message in turn: lengths of strings and of the data, sizes, the step.
    crafted = [
        with_number(good, position, value)
        for position in range(4, 60, 4)
        for value in (0xFFFFFFFF, 0x7FFFFFFF, 0x10000000)
    ]
    last = serialized(dots[1], 60)
    images, problems = images_of(write_messages(tmp_path / 'run', [good, *crafted, last]))
    assert all(image.gray.shape == (24, 32) for image in images)
    assert (images[-1].gray == 40).all()
    left_out = [
        int(re.search(sentence, ' '.join(problems))[1])
        for sentence in (r'left out (\d+) images that could not', r'(\d+) images? out of order')
    ]
    assert all(left_out)
    assert len(images) + sum(left_out) == 2 + len(crafted)


def test_messages_not_of_declared_type_are_left_out(tmp_path, dots):
    other = bytes(typestore().serialize_cdr(text('happiness' * 50), STRING))
    images, problems = images_of(
        write_messages(tmp_path / 'run', [serialized(dots[0]), other, b'', b'\0\1\0\0'])
    )
    assert len(images) == 1
    assert '/image: left out 3 images that could not be decoded' in ' '.join(problems)


def test_invalid_schema_does_not_prevent_reading(tmp_path, dots):
    with Writer(tmp_path / 'run', version=9) as bag:
        connection = bag.add_connection('/image', IMAGE, msgdef='int99 \0 nonsense', rihs01='x')
        bag.write(connection, ns(0), serialized(dots[0]))
    images, _ = images_of(tmp_path / 'run')
    assert len(images) == 1


def test_undecodable_label_message_is_an_error(tmp_path):
    with BagFile(tmp_path / 'run') as bag:
        bag.topic('/said', STRING)
        bag.topic('/emotion', EMOTIONS)
        for topic in ('/said', '/emotion'):
            bag.write(bag._topics[topic][0], ns(0), b'\0\1\0\0\xff\xff\xff\x7f')
    with BagReader(tmp_path / 'run') as bag:
        for topic in ('/said', '/emotion'):
            with pytest.raises(FerError, match=f'label topic {topic}'):
                read_label_topic(bag, topic, TimeOrigin(ns(0), ns(0)), ('fear', 'happiness'))


@pytest.fixture(scope='module')
def bomb():
    """Two gigabytes of zeros, compressed to a few thousand bytes."""
    compressor = zstd().ZstdCompressor()
    parts = [compressor.compress(bytes(1 << 24)) for _ in range(128)]
    return b''.join([*parts, compressor.flush()])


def test_decompression_bomb_in_message_is_refused(bomb):
    with pytest.raises(BagError, match=r'compressed bytes hold more than 1073741824'):
        BagMessage('/image', IMAGE, 0, bomb).payload()


def test_decompression_bomb_in_chunk_of_damaged_bag_is_refused(tmp_path, bomb):
    kind = b'zstd'
    chunk = bytes(28) + len(kind).to_bytes(4, 'little') + kind
    chunk += len(bomb).to_bytes(8, 'little') + bomb
    record = b'\x06' + len(chunk).to_bytes(8, 'little') + chunk
    (tmp_path / 'run.mcap').write_bytes(b'\x89MCAP0\r\n' + record)
    with pytest.raises(BagError, match='hold more than'):
        list(cut_messages(tmp_path / 'run.mcap'))


@pytest.mark.parametrize(
    'metadata',
    [
        'rosbag2_bagfile_information: {message_count: .inf}',
        'rosbag2_bagfile_information: {message_count: [1]}',
        'rosbag2_bagfile_information: [' + '[' * 5000,
        '[]',
        'a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nd: [*c, *c]',
        '!!python/object/apply:os.system [exit]',
        '\0',
    ],
)
def test_invalid_metadata_does_not_prevent_reading(tmp_path, dots, metadata):
    write_images(tmp_path / 'run', dots, 10)
    (tmp_path / 'run' / 'metadata.yaml').write_text(metadata)
    images, _ = images_of(tmp_path / 'run')
    assert len(images) == len(dots)


def test_metadata_cannot_refer_to_files_outside_bag(tmp_path, dots):
    write_images(tmp_path / 'secret', dots, 10)
    write_images(tmp_path / 'run', dots[:2], 10)
    metadata = tmp_path / 'run' / 'metadata.yaml'
    metadata.write_text(metadata.read_text().replace('run.mcap', '../secret/secret.mcap'))
    images, _ = images_of(tmp_path / 'run')
    assert len(images) == 2


def test_image_claiming_billions_of_pixels_is_refused(tmp_path, dots):
    import cv2

    png = bytearray(cv2.imencode('.png', np.zeros((8, 8), np.uint8))[1].tobytes())
    png[16:24] = (50_000).to_bytes(4, 'big') * 2
    msg = compressed(bytes(png), 'png', ns(1))
    kind = 'sensor_msgs/msg/CompressedImage'
    with BagFile(tmp_path / 'run') as bag:
        bag.topic('/image/compressed', kind)
        bag.add('/image/compressed', msg, ns(1))
    with pytest.raises(BagError, match=r'50000 x 50000'):
        images_of(tmp_path / 'run')


def test_topic_with_hostile_name_is_read(tmp_path, dots):
    name = '/../../<script>alert(1)</script>/' + 300 * 'x'
    write_images(tmp_path / 'run', dots, 10, topic=name)
    images, _ = images_of(tmp_path / 'run')
    assert {image.topic for image in images} == {name}
