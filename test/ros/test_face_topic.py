import pytest
from detection_messages import detection, detections
from fer_ros.msg import FaceEmotionArray
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import Image
from stamped import header

from fer_ros.ros.conversions import bgr_to_msg
from fer_ros.ros.face_topic import FaceTopic, face_topic_name
from fer_ros.structures import FaceBox

S = 1_000_000_000
FACE = detection(100.0, 80.0, 40.0, 60.0, ('face', 0.9))
CHAIR = detection(300.0, 80.0, 40.0, 60.0, ('chair', 0.8))


class Reported(list):
    """Records what is reported, as pairs of boxes and stamp."""

    fault = ''

    def __call__(self, boxes, stamp_s, normalised):
        assert not normalised
        self.append((boxes, stamp_s))
        return self.fault


@pytest.mark.parametrize(
    ('face_topic', 'image_topic', 'name'),
    [
        ('detections', '/camera/image_raw', '/camera/detections'),
        ('faces/boxes', '/robot/eye/image_raw/compressed', '/robot/eye/faces/boxes'),
        ('/yolo/detections', '/camera/image_raw', '/yolo/detections'),
        ('detections', '/image', '/detections'),
    ],
)
def test_face_topic_is_relative_to_image_topic_or_absolute(face_topic, image_topic, name):
    assert face_topic_name(face_topic, image_topic) == name


def test_faces_of_chosen_class_are_reported_with_stamp_of_their_image():
    reported = Reported()
    topic = FaceTopic('/detections', ['face'], message=None)
    assert topic.take(detections(12 * S + S // 2, FACE, CHAIR), reported, 99 * S) == ''
    assert reported == [([FaceBox(80, 50, 120, 110, 0.9)], 12.5)]


def test_empty_detections_are_reported():
    reported = Reported()
    assert FaceTopic('/detections', ['any'], None).take(detections(3 * S), reported, 0) == ''
    assert reported == [([], 3.0)]


def test_boxes_without_stamp_get_arrival_time_and_a_warning():
    reported = Reported()
    fault = FaceTopic('/detections', ['any'], None).take(detections(0, FACE), reported, 7 * S)
    assert fault == 'boxes have no stamp; the time of arrival is used'
    assert reported[0][1] == 7.0


def test_boxes_stamped_by_another_clock_give_a_warning():
    reported = Reported()
    reported.fault = 'stamped 85.0 s after the images that come now'
    fault = FaceTopic('/detections', ['any'], None).take(detections(95 * S, FACE), reported, 0)
    assert fault == (
        'boxes are stamped 85.0 s after the images that come now and are ignored: their detector '
        'must copy the image stamp'
    )


def test_missing_vision_msgs_fails_to_configure_with_install_command(graph, fer_node):
    try:
        import vision_msgs.msg  # noqa: F401
    except ImportError:
        pass
    else:
        pytest.skip('vision_msgs is installed')
    node = fer_node(wait=False, face_source='topic')
    assert graph.spin_until(lambda: node.transition_error)
    assert node.transition_error.startswith(
        'cannot configure: face_source: topic needs the messages of vision_msgs, which is not '
        'installed: sudo apt install ros-'
    )
    assert node.transition_error.endswith('-vision-msgs')
    assert graph.state() == 'unconfigured'


@pytest.mark.parametrize(
    ('image_topics', 'face_topic', 'shared'),
    [
        (['left/image_raw', 'right/image_raw'], '/yolo/detections', '/yolo/detections'),
        (['eyes/left', 'eyes/right'], 'detections', '/eyes/detections'),
    ],
)
def test_one_face_topic_for_two_cameras_fails_to_configure(
    graph, fer_node, image_topics, face_topic, shared
):
    node = fer_node(
        wait=False, face_source='topic', image_topics=image_topics, face_topic=face_topic
    )
    assert graph.spin_until(lambda: node.transition_error)
    assert f'resolves to one topic, {shared}, for several image topics' in node.transition_error


class Detector:
    """Publishes images and, like a slower detector, boxes for them; records the results."""

    def __init__(self, graph, image_bgr, *found):
        self.graph = graph
        self._image_bgr, self._found = image_bgr, found
        self._messages = pytest.importorskip('vision_msgs.msg')
        create = graph.tester.create_publisher
        self._images = create(Image, 'camera/image_raw', qos_profile_sensor_data)
        self._boxes = create(self._messages.Detection2DArray, 'camera/detections', 10)
        self._emotions = graph.received(FaceEmotionArray, 'emotion')
        graph.spin_until_matched('camera/image_raw', 'camera/detections', 'emotion')

    def show(self, stamp_s):
        """Publish an image; return the faces that are published for it."""
        before = len(self._emotions)
        self._images.publish(bgr_to_msg(self._image_bgr, header(stamp_s)))
        assert self.graph.spin_until(lambda: len(self._emotions) > before)
        return self._emotions[-1].faces

    def report(self, stamp_s):
        """Publish the boxes of an image."""
        messages = self._messages
        found = []
        for x, y, width, height, class_id in self._found:
            one = messages.Detection2D(results=[messages.ObjectHypothesisWithPose()])
            one.results[0].hypothesis.class_id = class_id
            one.bbox.center.position.x, one.bbox.center.position.y = x, y
            one.bbox.size_x, one.bbox.size_y = width, height
            found.append(one)
        self._boxes.publish(messages.Detection2DArray(header=header(stamp_s), detections=found))


def test_faces_found_by_another_node_are_judged_and_tracked(graph, fer_node, two_faces_bgr):
    pytest.importorskip('vision_msgs.msg')
    fer_node(face_source='topic', face_classes=['face'])
    # The left one of two faces, and the right one as something else.
    found = [(222.0, 115.0, 100.0, 130.0, 'face'), (802.0, 115.0, 100.0, 130.0, 'poster')]
    detector = Detector(graph, two_faces_bgr, *found)
    assert detector.show(1.0) == []
    detector.report(1.0)
    stamps = iter(1 + step / 10 for step in range(1, 300))
    assert graph.spin_until(lambda: detector.show(next(stamps)))
    for _ in range(10):
        (face,) = detector.show(next(stamps))
        assert (face.face_id, face.emotion) == (1, 'happiness')
        assert face.roi.x_offset < 222 < face.roi.x_offset + face.roi.width
