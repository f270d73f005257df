"""Processing of images that wait together, with fake outputs."""

import pytest
from rclpy.lifecycle import LifecycleNode
from stamped import header

from fer_ros.parameters.fer_node import FER_NODE
from fer_ros.ros.conversions import bgr_to_msg
from fer_ros.ros.image_processor import ImageProcessor
from fer_ros.ros.image_topic import make_image_topics
from fer_ros.ros.throttled_log import ThrottledLog


class Noting:
    """An output that records the cameras of its images in a shared list."""

    def __init__(self, name, noted):
        self.name, self.noted = name, noted

    def publish(self, image, frame, values):
        self.noted.append((self.name, image.msg.header.frame_id))


@pytest.fixture
def two_cameras(graph, models):
    """Return a processor, the topics of two cameras, and the list of what is published."""
    node = graph.add(LifecycleNode('cameras'))
    values = {spec.name: spec.default for spec in FER_NODE}
    values['image_topics'] = ['left/image_raw', 'right/image_raw']
    topics = make_image_topics(node, models, values)
    noted = []
    outputs = [Noting('emotion', noted), Noting('annotated', noted)]
    log = ThrottledLog(node.get_logger())
    return ImageProcessor(node, outputs, log, values), topics, noted


def test_each_output_publishes_all_cameras_before_next_output(two_cameras, two_faces_bgr):
    processor, (left, right), published = two_cameras
    processor.process(
        {
            left: bgr_to_msg(two_faces_bgr, header(1, 'left')),
            right: bgr_to_msg(two_faces_bgr, header(1, 'right')),
        }
    )
    assert published == [
        ('emotion', 'left'),
        ('emotion', 'right'),
        ('annotated', 'left'),
        ('annotated', 'right'),
    ]
    assert (left.statistics.published, right.statistics.published) == (1, 1)


def test_bad_image_of_one_camera_does_not_affect_another(two_cameras, two_faces_bgr):
    processor, (left, right), published = two_cameras
    bad = bgr_to_msg(two_faces_bgr, header(1, 'left'))
    bad.step = 5
    processor.process({left: bad, right: bgr_to_msg(two_faces_bgr, header(1, 'right'))})
    assert published == [('emotion', 'right'), ('annotated', 'right')]
    assert 'step is 5 bytes' in left.statistics.last_error
    assert right.statistics.last_error == ''


def test_images_one_nanosecond_apart_are_both_published(two_cameras, two_faces_bgr):
    processor, (left, _), published = two_cameras
    # One of these seconds as a floating-point number is the other.
    for nanosec in (0, 1):
        msg = bgr_to_msg(two_faces_bgr, header(2**31 - 1, f'left {nanosec}'))
        msg.header.stamp.nanosec = nanosec
        processor.process({left: msg})
    assert [name for output, name in published if output == 'emotion'] == ['left 0', 'left 1']


def test_late_image_is_counted_and_not_published(two_cameras, two_faces_bgr):
    processor, (left, _), published = two_cameras
    left.pipeline.process(two_faces_bgr, 5.0)
    processor.process({left: bgr_to_msg(two_faces_bgr, header(4, 'left'))})
    assert published == []
    assert (left.statistics.late, left.statistics.failed) == (1, 0)
