"""The live path and the offline path agree."""

import numpy as np
import pytest
from bag_files import COMPRESSED, IMAGE, write_images
from fer_ros.msg import FaceEmotionArray
from portrait_clip import portrait_frames
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rclpy.serialization import deserialize_message
from sensor_msgs.msg import CompressedImage, Image

from fer_ros.bags.reader import BagReader
from fer_ros.offline.jobs import judge_bags, make_jobs
from fer_ros.offline.settings import RunSettings

RELIABLE = QoSProfile(depth=100, reliability=ReliabilityPolicy.RELIABLE)
TOLERANCE = 1e-4
OF_THE_IMAGE = (
    *('image_topic', 'image_width', 'image_height', 'model', 'classes'),
    *('landmark_layout', 'measure_names'),
)


def messages(bag, topic, kind):
    with BagReader(bag) as reader:
        return [deserialize_message(found.payload(), kind) for found in reader.messages([topic])]


def published_one_by_one(graph, topic, images):
    """Publish each image after the last one was answered, so that none is dropped."""
    answers = graph.received(FaceEmotionArray, 'emotion', RELIABLE)
    publisher = graph.tester.create_publisher(type(images[0]), topic, RELIABLE)
    # The node finds reliable publishers and requests reliable delivery.
    assert graph.spin_until(
        lambda: (
            [
                entry.qos_profile.reliability
                for entry in graph.tester.get_subscriptions_info_by_topic(topic)
            ]
            == [ReliabilityPolicy.RELIABLE]
        )
    )
    graph.spin_until_matched(topic, 'emotion')
    for index, image in enumerate(images):
        publisher.publish(image)
        assert graph.spin_until(lambda count=index + 1: len(answers) >= count)
    return answers


@pytest.mark.parametrize(
    ('kind', 'message', 'transport', 'suffix'),
    [(IMAGE, Image, 'raw', ''), (COMPRESSED, CompressedImage, 'compressed', '/compressed')],
    ids=['raw', 'compressed'],
)
def test_live_node_and_bag_replay_give_same_estimates(
    graph, fer_node, tmp_path, kind, message, transport, suffix
):
    topic = f'/camera/image_raw{suffix}'
    # One face, two faces, and nobody.
    clip = list(portrait_frames(10, (320, 240)))[20:80]
    bag = write_images(tmp_path / 'run', clip, 10, kind, topic)
    settings = RunSettings(parts=('bag',), progress=False)
    (verdict,) = judge_bags(make_jobs([bag], tmp_path / 'out', settings))
    offline = messages(verdict.job.folder / 'emotion', '/emotion', FaceEmotionArray)

    fer_node(image_transport=transport)
    live = published_one_by_one(graph, topic, messages(bag, topic, message))

    assert len(live) == len(offline) == 60
    assert {len(msg.faces) for msg in live} == {0, 1, 2}
    for one, other in zip(live, offline, strict=True):
        assert one.header == other.header
        for name in OF_THE_IMAGE:
            assert getattr(one, name) == getattr(other, name), name
        for face, same in zip(one.faces, other.faces, strict=True):
            for name in ('face_id', 'first_seen', 'detected', 'roi', 'judgement', 'emotion'):
                assert getattr(face, name) == getattr(same, name), name
            for name in ('probabilities', 'frame_probabilities', 'landmarks'):
                difference = np.subtract(getattr(face, name), getattr(same, name))
                assert np.abs(difference).max() <= TOLERANCE
