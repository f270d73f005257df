import cv2
import numpy as np
import pytest
from bag_files import (
    CAMERA_INFO,
    COMPRESSED,
    DELAY_NS,
    IMAGE,
    STRING,
    BagFile,
    camera_info,
    jpeg,
    ns,
    raw,
    text,
    write_images,
)

from fer_ros.bags.images import bag_images, image_topics
from fer_ros.bags.reader import BagReader
from fer_ros.errors import BagError
from fer_ros.media.image_stream import TimeOrigin

TOPIC = '/camera/image_raw'
MAX_PIXELS = 1_000_000


def images_of(path, named=(), max_pixels=MAX_PIXELS, **more):
    with BagReader(path) as reader:
        stream = bag_images(reader, named, max_pixels, **more)
        return stream, list(stream.images)


def write_stamped(path, dots, stamps_ns):
    """Write images recorded at 10 Hz with arbitrary stamps."""
    with BagFile(path) as bag:
        bag.topic(TOPIC, IMAGE)
        for index, (bgr, stamp_ns) in enumerate(zip(dots, stamps_ns, strict=False)):
            bag.add(TOPIC, raw(bgr, stamp_ns), ns(index / 10) + DELAY_NS)
    return path


@pytest.fixture
def mixed_bag(tmp_path, dots):
    """Two cameras, one of them also compressed, and a topic without images."""
    with BagFile(tmp_path / 'mixed') as bag:
        bag.topic('/left/image', IMAGE)
        bag.topic('/left/image/compressed', COMPRESSED)
        bag.topic('/right/compressed', COMPRESSED)
        bag.topic('/said', STRING)
        for index, bgr in enumerate(dots):
            stamp_ns = ns(index / 10)
            bag.add('/left/image', raw(bgr, stamp_ns), stamp_ns)
            bag.add('/left/image/compressed', jpeg(bgr, stamp_ns), stamp_ns + 1)
            bag.add('/right/compressed', jpeg(bgr, stamp_ns), stamp_ns + 2)
            bag.add('/said', text('x'), stamp_ns + 3)
    return tmp_path / 'mixed'


def test_images_keep_stamps_frame_id_and_pixels(tmp_path, dots):
    stream, images = images_of(write_images(tmp_path / 'run', dots, 10))
    assert stream.topics == {TOPIC: 6}
    assert [image.stamp_ns for image in images] == [ns(index / 10) for index in range(6)]
    assert [image.log_time_ns - image.stamp_ns for image in images] == [DELAY_NS] * 6
    assert [image.time_s for image in images] == [0.0, 0.1, 0.2, 0.3, 0.4, 0.5]
    assert images[1].stamp_s == 1_700_000_000.1
    assert images[1].frame_id == 'camera_optical'
    assert images[1].size_wh == (32, 24)
    assert (images[1].gray == 40).all()
    assert (images[1].decode_bgr() == dots[1]).all()


def test_compressed_images_are_decoded_separately_to_gray_and_color(tmp_path, clip):
    _, images = images_of(write_images(tmp_path / 'run', clip[:2], 10, COMPRESSED))
    data = cv2.imencode('.jpg', clip[1])[1]
    # Not converted from color, which would differ by rounding.
    assert (images[1].gray == cv2.imdecode(data, cv2.IMREAD_GRAYSCALE)).all()
    assert (images[1].decode_bgr() == cv2.imdecode(data, cv2.IMREAD_COLOR)).all()


def test_image_topics_are_found_by_type(mixed_bag):
    with BagReader(mixed_bag) as reader:
        assert image_topics(reader) == [
            *('/left/image', '/left/image/compressed', '/right/compressed'),
        ]


def test_compressed_twin_of_raw_topic_is_left_out_and_reported(mixed_bag):
    stream, _ = images_of(mixed_bag)
    assert stream.topics == {'/left/image': 6, '/right/compressed': 6}
    assert stream.problems == [
        'topic /left/image/compressed (6 images) is left out: /left/image (6 images) shows '
        'the same'
    ]


def write_twins(path, dots, raw_images, encoding):
    with BagFile(path) as bag:
        bag.topic('/c', IMAGE)
        bag.topic('/c/compressed', COMPRESSED)
        for index, bgr in enumerate(dots):
            if index < raw_images:
                bag.add('/c', raw(bgr, ns(index / 10), encoding), ns(index / 10))
            bag.add('/c/compressed', jpeg(bgr, ns(index / 10)), ns(index / 10) + 1)
    return path


def test_compressed_twin_is_used_if_it_has_more_images(tmp_path, dots):
    stream, _ = images_of(write_twins(tmp_path / 'run', dots, 4, 'bgr8'))
    assert stream.topics == {'/c/compressed': 6}
    assert stream.problems == [
        'topic /c (4 images) is left out: /c/compressed (6 images) shows the same'
    ]


def test_compressed_twin_is_used_if_raw_topic_cannot_be_read(tmp_path, dots):
    stream, _ = images_of(write_twins(tmp_path / 'run', dots, 6, '32FC1'))
    assert stream.topics == {'/c/compressed': 6}
    assert stream.problems[0].startswith("topic /c is left out: encoding '32FC1' cannot be read")


def test_compressed_twin_is_read_if_named(mixed_bag):
    stream, images = images_of(mixed_bag, ['/left/image/compressed'])
    assert stream.topics == {'/left/image/compressed': 6}
    assert len(images) == 6


def write_topics(path, bgr, topics):
    with BagFile(path) as bag:
        for topic in topics:
            bag.topic(topic, IMAGE)
            bag.add(topic, raw(bgr, ns(0)), ns(0))
    return path


def test_pictures_made_from_images_of_camera_are_left_out_and_reported(tmp_path, dots):
    made = ['/camera/image_annotated', '/humans/faces/abcde/cropped']
    with BagReader(write_topics(tmp_path / 'run', dots[0], [TOPIC, *made])) as reader:
        assert image_topics(reader) == [TOPIC]
        assert reader.problems == [
            f'topic {made[0]} (1 image) is left out: its images are those of {TOPIC}, annotated',
            f'topic {made[1]} (1 image) is left out: its images are single faces, cut out for '
            'ROS4HRI',
        ]
        assert image_topics(reader, made) == made


@pytest.mark.parametrize(
    ('topics', 'cameras'),
    [
        (['/c/l', '/c/l_annotated', '/c/r', '/c/r_annotated'], ['/c/l', '/c/r']),
        (['/c/l', '/c/r', '/c/image_annotated'], ['/c/l', '/c/r']),
        (['/c/image_annotated', '/d/image_raw'], ['/c/image_annotated', '/d/image_raw']),
        (['/humans/faces/a/cropped'], ['/humans/faces/a/cropped']),
    ],
)
def test_annotated_images_are_left_out_only_beside_their_camera(tmp_path, dots, topics, cameras):
    with BagReader(write_topics(tmp_path / 'run', dots[0], topics)) as reader:
        assert image_topics(reader) == cameras


def test_missing_topic_error_lists_available_topics(mixed_bag):
    with pytest.raises(
        BagError,
        match=r'has no topic /up; there are: /left/image \(sensor_msgs/msg/Image\), /left/image/c',
    ):
        images_of(mixed_bag, ['/up'])


def test_named_topic_without_images_is_an_error(mixed_bag):
    with pytest.raises(BagError, match=r'topic /said .* contains std_msgs/msg/String, not images'):
        images_of(mixed_bag, ['/said'])


def test_named_topic_without_messages_is_an_error(tmp_path):
    with BagFile(tmp_path / 'run') as bag:
        bag.topic(TOPIC, IMAGE)
        bag.topic('/said', STRING)
        bag.add('/said', text('x'), ns(0))
    with pytest.raises(BagError, match=f'topic {TOPIC} .* contains no message'):
        images_of(tmp_path / 'run', [TOPIC])


def test_error_for_bag_without_images_lists_its_topics(tmp_path):
    with BagFile(tmp_path / 'run') as bag:
        bag.topic('/said', STRING)
        bag.add('/said', text('x'), ns(0))
    with pytest.raises(BagError, match=r'contains no images; its topics are: /said \(std_msgs'):
        images_of(tmp_path / 'run')


def test_error_for_images_in_unsupported_encoding_lists_supported_ones(tmp_path):
    depth = np.zeros((24, 32, 4), np.uint8)
    with BagFile(tmp_path / 'run') as bag:
        bag.topic('/depth', IMAGE)
        bag.add('/depth', raw(depth, ns(0), '32FC1'), ns(0))
    cannot = "'32FC1' cannot be read.*, expected one of mono8, 8UC1, .*, nv12, nv21"
    with pytest.raises(BagError, match=f'topic /depth .* {cannot}'):
        images_of(tmp_path / 'run', ['/depth'])
    with pytest.raises(BagError, match=f'topic /depth is left out: encoding {cannot}'):
        images_of(tmp_path / 'run')


def test_unnamed_topic_in_unsupported_encoding_is_left_out(tmp_path, dots):
    depth = np.zeros((24, 32, 4), np.uint8)
    with BagFile(tmp_path / 'run') as bag:
        bag.topic('/depth', IMAGE)
        bag.topic(TOPIC, IMAGE)
        for index, bgr in enumerate(dots):
            bag.add('/depth', raw(depth, ns(0), '32FC1'), ns(index))
            bag.add(TOPIC, raw(bgr, ns(index)), ns(index))
    stream, images = images_of(tmp_path / 'run')
    assert {image.topic for image in images} == {TOPIC}
    assert stream.problems[0].startswith("topic /depth is left out: encoding '32FC1'")


def test_damaged_images_are_left_out_and_counted(tmp_path, dots):
    with BagFile(tmp_path / 'run') as bag:
        bag.topic('/c', COMPRESSED)
        for index, bgr in enumerate(dots):
            msg = jpeg(bgr, ns(index))
            if index in (2, 4):
                msg.data = msg.data[:40]
            bag.add('/c', msg, ns(index))
    stream, images = images_of(tmp_path / 'run')
    assert [image.time_s for image in images] == [0, 1, 3, 5]
    assert '/c: left out 2 images that could not be decoded; the first: ' in stream.problems[0]


def test_image_with_too_many_pixels_is_an_error(tmp_path, dots):
    with pytest.raises(BagError, match='the image is 32 x 24 pixels, the limit is 100 in'):
        images_of(write_images(tmp_path / 'run', dots, 10), [TOPIC], max_pixels=100)


def test_recording_time_is_used_where_stamps_are_zero(tmp_path, dots):
    stream, images = images_of(write_stamped(tmp_path / 'run', dots, [0] * 6))
    assert [image.time_s for image in images] == [0.0, 0.1, 0.2, 0.3, 0.4, 0.5]
    assert [image.stamp_ns for image in images] == [0] * 6
    assert images[1].stamp_s == pytest.approx(1_700_000_000.105)
    assert stream.problems == [
        f'{TOPIC}: 6 images without a stamp, for which the time of recording is used'
    ]


def test_time_continues_where_stamps_jump_back(tmp_path, dots):
    stamps = [ns(100.0), ns(100.1), ns(100.2), ns(50.0), ns(50.1), ns(50.2)]
    stream, images = images_of(write_stamped(tmp_path / 'run', dots, stamps))
    assert [image.time_s for image in images] == [0.0, 0.1, 0.2, 0.3, 0.4, 0.5]
    assert [image.new_scene for image in images] == [False, False, False, True, False, False]
    assert stream.problems == [
        f'{TOPIC}: stamps jump back 1 time(s), first by 50.200 s after 0.20 s; all faces are '
        'forgotten there'
    ]


def test_out_of_order_image_is_dropped_and_reported(tmp_path, dots):
    stamps = [ns(100 + late_s) for late_s in (0, 0.1, 0.3, 0.2, 0.4, 0.5)]
    stream, images = images_of(write_stamped(tmp_path / 'run', dots, stamps))
    assert [image.time_s for image in images] == [0, 0.1, 0.3, 0.4, 0.5]
    assert not any(image.new_scene for image in images)
    assert stream.problems[0].startswith(f'{TOPIC}: 1 image out of order, stamped up to')


def test_time_follows_recording_where_stamps_repeat(tmp_path, dots):
    _, images = images_of(write_stamped(tmp_path / 'run', dots, [ns(100)] * 6))
    assert [image.stamp_ns for image in images] == [ns(100)] * 6
    assert [image.stamp_s for image in images] == pytest.approx(
        [1_700_000_100 + k / 10 for k in range(6)], abs=1e-5
    )


def test_gap_and_missing_images_are_reported(tmp_path, dots):
    with BagFile(tmp_path / 'run') as bag:
        bag.topic(TOPIC, IMAGE)
        for tenth in (0, 1, 2, 3, 23, 24):
            stamp_ns = ns(100 + tenth / 10)
            bag.add(TOPIC, raw(dots[0], stamp_ns), stamp_ns)
    stream, _ = images_of(tmp_path / 'run')
    assert stream.problems == [
        f'{TOPIC}: 19 of 25 images are missing at the usual rate of 10.0 Hz',
        f'{TOPIC}: 1 gap(s) without images, the longest of 2.00 s after 0.30 s',
    ]


def test_different_image_counts_of_topics_are_reported(tmp_path, dots):
    with BagFile(tmp_path / 'run') as bag:
        for topic in ('/left', '/right'):
            bag.topic(topic, IMAGE)
        for index in range(6):
            for topic in ('/left', '/right')[: 2 if index % 2 else 1]:
                bag.add(topic, raw(dots[0], ns(index / 10)), ns(index / 10))
    stream, _ = images_of(tmp_path / 'run')
    assert stream.problems == ['the topics contain different numbers of images: /left 6, /right 3']


def test_scene_cuts_are_not_detected_in_bags(tmp_path):
    rng = np.random.default_rng(0)
    scenes = [rng.integers(0, 256, (24, 32, 3), np.uint8) for _ in range(2)]
    _, images = images_of(write_images(tmp_path / 'run', [s for s in scenes for _ in 'abc'], 10))
    assert [image.new_scene for image in images] == [False] * 6


def test_time_starts_at_first_decodable_image(tmp_path, dots):
    with BagFile(tmp_path / 'run') as bag:
        bag.topic('/left', COMPRESSED)
        bag.topic('/right', COMPRESSED)
        for index, bgr in enumerate(dots):
            for topic, late in (('/left', 0.0), ('/right', 0.03)):
                msg = jpeg(bgr, ns(index / 10 + late))
                if (index, topic) == (0, '/left'):
                    msg.data = msg.data[:40]
                bag.add(topic, msg, ns(index / 10 + late) + DELAY_NS)
    stream, images = images_of(tmp_path / 'run')
    assert stream.origin == TimeOrigin(ns(0.03), ns(0.03) + DELAY_NS)
    assert [(image.topic, image.time_s) for image in images[:2]] == [
        ('/right', 0.0),
        ('/left', pytest.approx(0.07)),
    ]


def test_error_for_bag_without_decodable_images_gives_reason(tmp_path, dots):
    with BagFile(tmp_path / 'run') as bag:
        bag.topic('/c', COMPRESSED)
        msg = jpeg(dots[0], ns(0))
        msg.data = msg.data[:40]
        bag.add('/c', msg, ns(0))
    with pytest.raises(BagError, match='topic /c is left out: '):
        images_of(tmp_path / 'run')


def write_calibrated(path, dots, infos):
    """Write two cameras at 10 Hz, of which the left one has a camera_info after some images."""
    with BagFile(path) as bag:
        bag.topic('/left/image', IMAGE)
        bag.topic('/right/image', IMAGE)
        bag.topic('/left/camera_info', CAMERA_INFO)
        for index, bgr in enumerate(dots):
            stamp_ns = ns(index / 10)
            bag.add('/left/image', raw(bgr, stamp_ns), stamp_ns)
            bag.add('/right/image', raw(bgr, stamp_ns), stamp_ns)
            if index in infos:
                bag.add('/left/camera_info', infos[index], stamp_ns + 1)
    return path


def test_images_have_intrinsics_of_the_camera_info_beside_them(tmp_path, dots):
    size_wh = dots[0].shape[1::-1]
    infos = {1: camera_info(size_wh, 50.0), 3: camera_info(size_wh, 80.0)}
    bag = write_calibrated(tmp_path / 'run', dots, infos)
    for rectified, focal_px in ((False, [50, 50, 50, 50, 80, 80]), (True, [25] * 4 + [40] * 2)):
        stream, images = images_of(bag, rectified=rectified)
        left = [image.camera for image in images if image.topic == '/left/image']
        assert [camera.fx_px for camera in left] == focal_px
        assert {image.camera for image in images if image.topic == '/right/image'} == {None}
        assert stream.said() == ()


def test_camera_info_of_other_images_is_a_problem_and_not_used(tmp_path, dots):
    infos = {0: camera_info((640, 480), 500.0)}
    stream, images = images_of(write_calibrated(tmp_path / 'run', dots, infos))
    assert {image.camera for image in images} == {None}
    (problem,) = stream.said()
    assert problem.startswith('/left/image: camera_info is for images of 640 x 480 pixels')
