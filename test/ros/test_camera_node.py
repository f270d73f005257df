import time

import cv2
import numpy as np
import pytest
from mjpeg_camera import RATE_HZ, mjpeg_camera, taken_s
from rclpy.parameter import Parameter
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CameraInfo, Image
from stamped import header
from video_files import gray_image, write_video
from web_server import served

from fer_ros.errors import SettingError, SourceError
from fer_ros.messages.images import ImageDecoder
from fer_ros.ros.camera_node import CameraNode


@pytest.fixture
def camera_node(graph):
    def make(**parameters):
        overrides = [Parameter(name, value=value) for name, value in parameters.items()]
        return graph.add(CameraNode(parameter_overrides=overrides))

    return make


@pytest.fixture
def folder(tmp_path):
    for name, level in (('a.png', 10), ('b.png', 20), ('c.png', 30)):
        cv2.imwrite(str(tmp_path / name), np.full((30, 40, 3), level, np.uint8))
    return str(tmp_path)


def levels(images):
    return [int(ImageDecoder().bgr(image)[0, 0, 0]) for image in images]


def stamp_s(image):
    return image.header.stamp.sec + image.header.stamp.nanosec * 1e-9


def age_s(image):
    """Return how long before its stamp an image of ``mjpeg_camera`` was taken."""
    return stamp_s(image) - taken_s(ImageDecoder().bgr(image), near_s=stamp_s(image))


def test_folder_is_published_once_with_stamps_and_frame_id(graph, camera_node, folder):
    images = graph.received(Image, 'camera/image_raw')
    start_s = time.time()
    node = camera_node(
        source=folder, rate_hz=20.0, loop=False, frame_id='eye', wait_for_subscriber=True
    )
    assert graph.spin_until(lambda: node.done and len(images) == 3)
    assert levels(images) == [10, 20, 30]
    assert {image.header.frame_id for image in images} == {'eye'}
    stamps = [stamp_s(image) for image in images]
    assert start_s <= stamps[0] < stamps[1] < stamps[2] <= time.time()


def test_pictures_are_shown_two_seconds_each_in_natural_order(graph, camera_node, tmp_path):
    for number in (10, 9):
        cv2.imwrite(str(tmp_path / f'{number}.png'), np.full((30, 40, 3), number, np.uint8))
    images = graph.received(Image, 'camera/image_raw')
    camera_node(source=str(tmp_path), wait_for_subscriber=True, loop=False)
    assert graph.spin_until(lambda: len(images) == 40)
    assert levels(images) == [9] * 20 + [10] * 20
    assert stamp_s(images[20]) - stamp_s(images[0]) > 1.5


def test_video_is_played_at_its_own_frame_times(graph, camera_node, tmp_path):
    times_s = [0.0, 0.1, 0.2, 1.0]
    write_video(tmp_path / 'v.mp4', [(time_s, gray_image(50)) for time_s in times_s])
    images = graph.received(Image, 'camera/image_raw')
    camera_node(source=str(tmp_path / 'v.mp4'), wait_for_subscriber=True, loop=False)
    assert graph.spin_until(lambda: len(images) == 4)
    # A busy machine may be late with one of the two, but not by as much.
    assert stamp_s(images[3]) - stamp_s(images[2]) > 0.4


@pytest.mark.parametrize(
    ('arguments', 'frame_id'),
    [({}, 'camera_node'), ({'namespace': '/left'}, 'left/camera_node')],
)
def test_frame_id_defaults_to_node_name(graph, folder, arguments, frame_id):
    topic = f'{arguments.get("namespace", "")}/camera/image_raw'
    images = graph.received(Image, topic)
    chosen = {'source': folder, 'rate_hz': 20.0, 'wait_for_subscriber': True}
    overrides = [Parameter(name, value=value) for name, value in chosen.items()]
    graph.add(CameraNode(parameter_overrides=overrides, **arguments))
    assert graph.spin_until(lambda: images)
    assert images[0].header.frame_id == frame_id


def test_calibration_is_published_with_header_of_each_image(graph, camera_node, folder, tmp_path):
    file = tmp_path / 'calibration' / 'eye.yaml'
    file.parent.mkdir()
    zeros = ', '.join('0' * 9)
    file.write_text(
        'image_width: 40\nimage_height: 30\n'
        'camera_matrix: {data: [50, 0, 20, 0, 50, 15, 0, 0, 1]}\n'
        'distortion_coefficients: {data: []}\n'
        f'rectification_matrix: {{data: [{zeros}]}}\n'
        f'projection_matrix: {{data: [{zeros}, 0, 0, 0]}}\n'
    )
    images = graph.received(Image, 'camera/image_raw')
    infos = graph.received(CameraInfo, 'camera/camera_info')
    camera_node(
        source=folder,
        rate_hz=20.0,
        frame_id='eye',
        wait_for_subscriber=True,
        camera_info_url=f'file://{file}',
    )
    assert graph.spin_until(lambda: len(images) >= 3 and len(infos) >= 3)
    headers = [info.header for info in infos]
    assert [image.header for image in images[-2:]] == [
        header for header in headers if header in [image.header for image in images[-2:]]
    ]
    assert (infos[0].width, infos[0].k[0], infos[0].header.frame_id) == (40, 50.0, 'eye')


def test_looping_folder_starts_again(graph, camera_node, folder):
    images = graph.received(Image, 'camera/image_raw')
    camera_node(source=folder, rate_hz=20.0, wait_for_subscriber=True)
    assert graph.spin_until(lambda: len(images) >= 5)
    assert levels(images[:5]) == [10, 20, 30, 10, 20]


def test_folder_of_damaged_images_ends_with_an_error(graph, camera_node, tmp_path):
    (tmp_path / 'a.png').write_bytes(b'\x89PNG')
    node = camera_node(source=str(tmp_path), rate_hz=50.0)
    assert graph.spin_until(lambda: node.done)
    with pytest.raises(SourceError, match='no image can be read from'):
        node.spin()


def test_missing_source_is_an_error(graph, camera_node):
    with pytest.raises(SourceError, match=r'nothing\.mp4 does not exist'):
        camera_node(source='nothing.mp4')


def test_negative_rate_is_an_error(graph, camera_node, folder):
    with pytest.raises(SettingError, match='rate_hz'):
        camera_node(source=folder, rate_hz=-1.0)


def test_numeric_source_is_opened_as_webcam(graph, camera_node):
    with pytest.raises(SourceError, match='webcam 97 cannot be opened'):
        camera_node(source=97)


def test_stamps_of_camera_do_not_fall_behind_its_images(graph, camera_node):
    images = graph.received(Image, 'camera/image_raw')
    with mjpeg_camera() as address:
        camera_node(source=address)
        assert graph.spin_until(lambda: len(images) > 6 * RATE_HZ, 60.0)
    # Reading 25 of 30 images per second would add a second.
    assert min(map(age_s, images[-RATE_HZ:])) < min(map(age_s, images[:RATE_HZ])) + 0.5


def test_camera_is_read_at_its_rate_but_published_at_given_rate(graph, camera_node):
    images = graph.received(Image, 'camera/image_raw')
    with mjpeg_camera() as address:
        camera_node(source=address, rate_hz=2.0)
        assert graph.spin_until(lambda: len(images) == 5, 60.0)
    assert stamp_s(images[-1]) - stamp_s(images[0]) > 1.4
    assert min(map(age_s, images[-2:])) < age_s(images[0]) + 0.5


def test_images_continue_when_clock_is_set_back(graph, camera_node, folder):
    images = graph.received(Image, 'camera/image_raw')
    clock = graph.tester.create_publisher(Clock, '/clock', 10)
    camera_node(source=folder, rate_hz=20.0, use_sim_time=True)

    def published_at(seconds):
        clock.publish(Clock(clock=header(seconds).stamp))
        return images and images[-1].header.stamp.sec == seconds

    assert graph.spin_until(lambda: published_at(2000))
    assert graph.spin_until(lambda: published_at(1000))


def test_video_file_at_an_address_is_played_once_at_its_own_pace(graph, camera_node, tmp_path):
    timed = [(index / 10, gray_image(50)) for index in range(5)]
    write_video(tmp_path / 'v.mp4', timed, container_options={'movflags': '+faststart'})
    images = graph.received(Image, 'camera/image_raw')
    with served(tmp_path) as host:
        node = camera_node(source=f'http://{host}/v.mp4', wait_for_subscriber=True, loop=False)
        assert graph.spin_until(lambda: node.done and len(images) == 5)
    node.spin()
    assert stamp_s(images[-1]) - stamp_s(images[0]) > 0.1
