"""Two robots with one camera each and a third with four, in one graph."""

import pytest
from fer_ros.msg import FaceEmotionArray
from rclpy.parameter import Parameter
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import CameraInfo, Image
from stamped import header

from fer_ros.ros.conversions import bgr_to_msg
from fer_ros.ros.emotion_node import EmotionNode

CAMERAS = {
    'ann': ['camera'],
    'bob': ['camera'],
    'arena': ['north', 'east', 'south', 'west'],
}


@pytest.fixture
def robots(graph):
    """The messages of each robot, whose node is in a namespace named after it."""
    heard = {}
    for robot, cameras in CAMERAS.items():
        topics = [f'{camera}/image_raw' for camera in cameras]
        overrides = [Parameter('image_topics', value=topics)]
        graph.add(EmotionNode(namespace=robot, parameter_overrides=overrides))
        heard[robot] = graph.received(FaceEmotionArray, f'/{robot}/emotion')
    for robot in CAMERAS:
        assert graph.spin_until(lambda name=f'/{robot}/fer_node': graph.state(name) == 'active')
    return heard


@pytest.fixture
def show(graph, robots):
    """Return a function that publishes an image on every camera's topic, with its own frame_id."""
    publishers = {
        (robot, camera): graph.tester.create_publisher(
            Image, f'/{robot}/{camera}/image_raw', qos_profile_sensor_data
        )
        for robot, cameras in CAMERAS.items()
        for camera in cameras
    }

    def publish(bgr, stamp_s):
        topics = [publisher.topic for publisher in publishers.values()]
        graph.spin_until_matched(*topics, *(f'/{robot}/emotion' for robot in robots))
        for (robot, camera), publisher in publishers.items():
            before = len(robots[robot])
            publisher.publish(bgr_to_msg(bgr, header(stamp_s, f'{robot}_{camera}')))
            assert graph.spin_until(lambda r=robot, n=before: len(robots[r]) > n)

    return publish


def test_robots_have_separate_topics_services_and_face_ids(graph, robots, show, two_faces_bgr):
    for stamp_s in (1.0, 1.1):
        show(two_faces_bgr, stamp_s)
    told = {
        robot: {(msg.image_topic, msg.header.frame_id) for msg in messages}
        for robot, messages in robots.items()
    }
    assert told == {
        robot: {(f'/{robot}/{camera}/image_raw', f'{robot}_{camera}') for camera in cameras}
        for robot, cameras in CAMERAS.items()
    }
    ids = {
        robot: [[face.face_id for face in msg.faces] for msg in messages]
        for robot, messages in robots.items()
    }
    assert ids['ann'] == ids['bob'] == [[1, 2]] * 2
    assert ids['arena'] == [[1, 5], [2, 6], [3, 7], [4, 8]] * 2
    shared = {'/diagnostics', '/parameter_events', '/rosout'}
    for robot in robots:
        assert graph.spin_until(lambda r=robot: outside(graph, r) == shared), outside(graph, robot)


def outside(graph, robot):
    """Return the names of a robot's topics and services that are not in its namespace."""
    topics = graph.tester.get_publisher_names_and_types_by_node('fer_node', f'/{robot}')
    services = graph.tester.get_service_names_and_types_by_node('fer_node', f'/{robot}')
    return {name for name, _ in [*topics, *services] if not name.startswith(f'/{robot}/')}


def test_robots_have_separate_tf_frames(graph, two_faces_bgr):
    messages = pytest.importorskip('tf2_msgs.msg')
    transforms = graph.received(messages.TFMessage, '/tf', 100)
    for robot in ('ann', 'bob'):
        overrides = [Parameter('outputs', value=['emotion', 'tf'])]
        graph.add(EmotionNode(namespace=robot, parameter_overrides=overrides))
    for robot in ('ann', 'bob'):
        assert graph.spin_until(lambda name=f'/{robot}/fer_node': graph.state(name) == 'active')
        images = graph.tester.create_publisher(Image, f'/{robot}/camera/image_raw', 1)
        infos = graph.tester.create_publisher(CameraInfo, f'/{robot}/camera/camera_info', 1)
        graph.spin_until_matched(images.topic, infos.topic)
        k = [886.8, 0.0, 512.0, 0.0, 886.8, 200.0, 0.0, 0.0, 1.0]
        for step in range(300):
            eye = header(1 + step / 10, f'{robot}_eye')
            infos.publish(CameraInfo(header=eye, width=1024, height=400, k=k))
            images.publish(bgr_to_msg(two_faces_bgr, eye))
            if graph.spin_until(lambda eye=eye.frame_id: of(transforms, eye), seconds=1):
                break
        assert len(of(transforms, f'{robot}_eye')) == 4
    assert of(transforms, 'ann_eye') & of(transforms, 'bob_eye') == set()


def of(transforms, parent):
    """Return the frames in a parent frame."""
    return {
        one.child_frame_id
        for msg in transforms
        for one in msg.transforms
        if one.header.frame_id == parent
    }
