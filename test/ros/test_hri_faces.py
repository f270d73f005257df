import sys
from types import SimpleNamespace

import pytest
from fer_ros.msg import FaceEmotionArray
from message_types import header, types_of
from rclpy.clock import Clock
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import Image
from stamped import header as stamped

from fer_ros.ros.conversions import bgr_to_msg
from fer_ros.ros.hri_faces import HriFaces
from fer_ros.structures import FaceBox

HRI = types_of('hri_msgs')


class Listener:
    """A stand-in for a node whose subscriptions are called by hand, and the results.

    Attributes:
        callbacks: By topic.
        reported: Boxes, stamp in seconds, and whether the boxes are normalised.
        said: Names of topics, and what is wrong with them.
        publishers: How many each topic has.
    """

    def __init__(self, namespace='/humans'):
        self.callbacks, self.reported, self.said, self.publishers = {}, [], [], 1
        self.faces = HriFaces(namespace, HRI)
        self.faces.subscribe(self, self._report, lambda *what: self.said.append(what))

    def create_subscription(self, kind, topic, callback, qos):
        self.callbacks[topic] = callback
        return topic

    def destroy_subscription(self, topic):
        del self.callbacks[topic]

    def count_publishers(self, topic):
        return self.publishers

    def get_clock(self):
        return Clock()

    def track(self, *ids):
        msg = HRI.IdsList(header=header(sec=12, nanosec=0), ids=list(ids))
        self.callbacks['/humans/faces/tracked'](msg)

    def show(self, name, *edges, sec=12):
        fields = dict(zip(('xmin', 'ymin', 'xmax', 'ymax', 'c'), edges, strict=True))
        msg = HRI.NormalizedRegionOfInterest2D(header=header(sec, 500_000_000), **fields)
        self.callbacks[f'/humans/faces/{name}/roi'](msg)

    def _report(self, boxes, stamp_s, normalised):
        self.reported.append((boxes, stamp_s, normalised))
        return ''


def test_subscriptions_follow_ids_as_they_come_and_go():
    listener = Listener()
    listener.track('ab1', 'ab2')
    assert set(listener.callbacks) == {
        '/humans/faces/tracked',
        '/humans/faces/ab1/roi',
        '/humans/faces/ab2/roi',
    }
    listener.track('ab2', 'ab3')
    assert set(listener.callbacks) == {
        '/humans/faces/tracked',
        '/humans/faces/ab2/roi',
        '/humans/faces/ab3/roi',
    }
    listener.faces.unsubscribe()
    assert listener.callbacks == {}


def test_region_is_clipped_and_reported_with_stamp_of_its_image():
    listener = Listener()
    listener.track('ab1')
    listener.show('ab1', 0.25, 0.5, 0.5, 1.25, 0.75)
    assert listener.reported == [([FaceBox(0.25, 0.5, 0.5, 1.0, 0.75)], 12.5, True)]
    assert listener.said == []


def test_empty_list_is_reported():
    listener = Listener()
    listener.track()
    assert listener.reported == [([], 12.0, False)]


@pytest.mark.parametrize(
    'edges', [(0.5, 0.5, 0.5, 0.6), (float('nan'), 0.0, 1.0, 1.0), (1.5, 0.0, 2.0, 1.0)]
)
def test_empty_or_non_finite_region_is_ignored_with_a_warning(edges):
    listener = Listener()
    listener.track('ab1')
    listener.show('ab1', *edges, 1.0)
    assert listener.reported == []
    ((topic, fault),) = listener.said
    assert topic == '/humans/faces/ab1/roi'
    assert fault == 'a region is empty, or has no finite edges, and is ignored'


def test_invalid_ids_are_named_and_others_are_used():
    listener = Listener()
    listener.track('ab1', '7up', 'a/../b')
    assert set(listener.callbacks) == {'/humans/faces/tracked', '/humans/faces/ab1/roi'}
    ((_, fault),) = listener.said
    assert fault == "['7up', 'a/../b'] are no ids of faces by REP 155"


def test_list_of_too_many_faces_is_ignored_with_a_warning():
    listener = Listener()
    listener.track(*(f'f{number}' for number in range(101)))
    assert set(listener.callbacks) == {'/humans/faces/tracked'}
    assert 'has 101 ids' in listener.said[0][1]


def test_reason_for_silence_is_given():
    listener = Listener()
    assert listener.faces.silence(0.0) == ''
    listener.track('ab1')
    assert listener.faces.silence(0.0).startswith('no roi of the faces ab1 for ')
    listener.publishers = 0
    assert listener.faces.silence(0.0).startswith('nobody publishes it')
    assert listener.faces.silence(60.0) == ''


def test_time_when_nobody_was_there_is_no_silence(monkeypatch):
    clock = SimpleNamespace(now_s=50.0)
    monkeypatch.setattr('time.monotonic', lambda: clock.now_s)
    listener = Listener()
    listener.track()
    clock.now_s += 600.0
    listener.track('ab1')
    assert listener.faces.silence(5.0) == ''
    clock.now_s += 6.0
    listener.track('ab1', 'ab2')
    assert listener.faces.silence(5.0) == 'no roi of the faces ab1, ab2 for 6 s'


@pytest.mark.parametrize(
    ('parameters', 'fault'),
    [
        ({'image_topics': ['/left/image', '/right/image']}, 'image_topics names 2'),
        ({'outputs': ['emotion', 'hri']}, 'the node would take its own faces'),
    ],
)
def test_second_camera_or_own_hri_output_fails_to_configure(graph, fer_node, parameters, fault):
    node = fer_node(wait=False, face_source='hri', **parameters)
    assert graph.spin_until(lambda: node.transition_error)
    assert fault in node.transition_error


def test_missing_hri_msgs_fails_to_configure_naming_them(graph, fer_node, monkeypatch):
    monkeypatch.setitem(sys.modules, 'hri_msgs.msg', None)
    node = fer_node(wait=False, face_source='hri')
    assert graph.spin_until(lambda: node.transition_error)
    assert 'face_source: hri needs the messages of hri_msgs' in node.transition_error


def test_faces_of_ros4hri_node_are_judged_and_tracked(graph, fer_node, two_faces_bgr):
    hri = pytest.importorskip('hri_msgs.msg', reason='hri_msgs is not installed')
    fer_node(face_source='hri')
    create = graph.tester.create_publisher
    images = create(Image, 'camera/image_raw', qos_profile_sensor_data)
    tracked = create(hri.IdsList, '/humans/faces/tracked', 10)
    roi = create(hri.NormalizedRegionOfInterest2D, '/humans/faces/ab1/roi', 10)
    emotions = graph.received(FaceEmotionArray, 'emotion')
    graph.spin_until_matched('camera/image_raw', '/humans/faces/tracked', 'emotion')

    def show(stamp_s):
        before = len(emotions)
        images.publish(bgr_to_msg(two_faces_bgr, stamped(stamp_s)))
        assert graph.spin_until(lambda: len(emotions) > before)
        return emotions[-1].faces

    assert show(1.0) == []
    tracked.publish(hri.IdsList(header=stamped(1.0), ids=['ab1']))
    graph.spin_until_matched('/humans/faces/ab1/roi')
    # The left one of two faces.
    height, width = two_faces_bgr.shape[:2]
    edges = {'xmin': 172 / width, 'ymin': 50 / height, 'xmax': 272 / width, 'ymax': 180 / height}
    roi.publish(hri.NormalizedRegionOfInterest2D(header=stamped(1.0), c=1.0, **edges))
    stamps = iter(1 + step / 10 for step in range(1, 300))
    assert graph.spin_until(lambda: show(next(stamps)))
    for _ in range(10):
        (face,) = show(next(stamps))
        assert (face.face_id, face.emotion) == (1, 'happiness')
        assert face.roi.x_offset < 222 < face.roi.x_offset + face.roi.width
