"""A listener like libhri, with the real messages if they are installed."""

import time

import numpy as np
import pytest
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import CameraInfo, Image
from stamped import header

from fer_ros.ros.conversions import bgr_to_msg

hri = pytest.importorskip('hri_msgs.msg', reason='hri_msgs is not installed')


class Listener:
    """Subscribes to a face's topics when its id appears, and drops them when it leaves.

    Attributes:
        lists: The ids of every message on ``tracked``.
        faces: The messages about faces that are present, by id and topic.
        gone: Those about faces that have left.
    """

    def __init__(self, graph):
        self.node, self.lists, self.faces, self.gone = graph.tester, [], {}, {}
        self._subscriptions = {}
        self.node.create_subscription(hri.IdsList, '/humans/faces/tracked', self._on_ids, 10)

    def _on_ids(self, msg):
        self.lists.append(list(msg.ids))
        for name in set(msg.ids) - set(self.faces):
            self._begin(name)
        for name in set(self.faces) - set(msg.ids):
            for subscription in self._subscriptions.pop(name):
                self.node.destroy_subscription(subscription)
            self.gone[name] = self.faces.pop(name)

    def _begin(self, name):
        kinds = {
            'roi': hri.NormalizedRegionOfInterest2D,
            'cropped': Image,
            'aligned': Image,
            'landmarks': hri.FacialLandmarks,
            'expression': hri.Expression,
        }
        self.faces[name] = {topic: [] for topic in kinds}
        self._subscriptions[name] = [
            self.node.create_subscription(
                kind, f'/humans/faces/{name}/{topic}', self.faces[name][topic].append, 10
            )
            for topic, kind in kinds.items()
        ]

    def has_all(self):
        return any(all(topics.values()) for topics in self.faces.values())


class Camera:
    """Publishes an image repeatedly, as a camera pointed at it would."""

    def __init__(self, graph):
        self.graph, self.stamp_s = graph, 100.0
        make = graph.tester.create_publisher
        self.images = make(Image, 'camera/image_raw', qos_profile_sensor_data)
        self.info = make(CameraInfo, 'camera/camera_info', 10)
        graph.spin_until_matched('camera/image_raw')

    def show(self, bgr, condition):
        """Publish until a condition holds."""
        end = time.monotonic() + 60
        while not condition():
            assert time.monotonic() < end
            self.stamp_s += 0.1
            height, width = bgr.shape[:2]
            k = [600.0, 0.0, width / 2, 0.0, 600.0, height / 2, 0.0, 0.0, 1.0]
            info = CameraInfo(header=header(self.stamp_s), width=width, height=height, k=k)
            self.info.publish(info)
            self.images.publish(bgr_to_msg(bgr, header(self.stamp_s)))
            self.graph.spin_until(lambda: False, seconds=0.1)


def test_listener_sees_a_face_appear_leave_and_come_back(graph, fer_node, portrait_bgr):
    fer_node(outputs=['emotion', 'hri'])
    listener, camera = Listener(graph), Camera(graph)
    camera.show(portrait_bgr, listener.has_all)
    (name,) = listener.faces
    assert name.isidentifier()
    assert name[0].isalpha()
    seen = listener.faces[name]
    assert 0 < seen['roi'][0].xmin < seen['roi'][0].xmax < 1
    assert (seen['cropped'][0].width, seen['cropped'][0].height) == (128, 128)
    assert len(seen['landmarks'][0].landmarks) == 70
    assert seen['expression'][0].expression == 'happy'
    assert seen['expression'][0].valence > 0.3

    camera.show(np.zeros_like(portrait_bgr), lambda: not listener.faces)
    assert listener.lists[-1] == []
    topics = f'/humans/faces/{name}/'
    assert graph.spin_until(
        lambda: (
            not any(
                topic.startswith(topics) for topic, _ in graph.tester.get_topic_names_and_types()
            )
        )
    )

    camera.show(portrait_bgr, listener.has_all)
    # A face is recognised again within five seconds.
    assert list(listener.faces) == [name]


def test_deactivated_node_publishes_empty_list(graph, fer_node, portrait_bgr):
    node = fer_node(outputs=['hri'])
    listener, camera = Listener(graph), Camera(graph)
    camera.show(portrait_bgr, lambda: listener.faces)
    node.trigger_deactivate()
    assert graph.spin_until(lambda: listener.lists[-1] == [])


def test_face_of_silent_camera_is_dropped_from_list(graph, fer_node, portrait_bgr):
    fer_node(outputs=['hri'])
    listener, camera = Listener(graph), Camera(graph)
    camera.show(portrait_bgr, lambda: listener.faces)
    assert graph.spin_until(lambda: listener.lists[-1] == [])


def test_late_listener_learns_which_faces_are_present(graph, fer_node, portrait_bgr):
    fer_node(outputs=['hri'])
    first, camera = Listener(graph), Camera(graph)
    camera.show(portrait_bgr, lambda: first.faces)
    late = Listener(graph)
    camera.show(portrait_bgr, lambda: late.faces)
    assert late.faces.keys() == first.faces.keys()


def test_reconfigured_node_gives_new_face_ids(graph, fer_node, portrait_bgr):
    node = fer_node(outputs=['hri'])
    listener, camera = Listener(graph), Camera(graph)
    camera.show(portrait_bgr, lambda: listener.faces)
    node.trigger_deactivate()
    node.trigger_cleanup()
    assert graph.spin_until(lambda: not listener.faces)
    node.trigger_configure()
    node.trigger_activate()
    camera.show(portrait_bgr, lambda: listener.faces)
    assert listener.faces.keys().isdisjoint(listener.gone)
