"""When topics are created, announced and destroyed; messages are tested separately."""

from types import SimpleNamespace

import numpy as np
import pytest
from message_types import header

from fer_ros.parameters.fer_node import FER_NODE
from fer_ros.ros.outputs.hri import HriOutput
from fer_ros.ros.throttled_log import ThrottledLog
from fer_ros.structures import FaceBox, FaceEmotion, FrameEmotions, Landmarks

VALUES = {spec.name: spec.default for spec in FER_NODE}
TRACKED = '/humans/faces/tracked'
OF_A_FACE = ('roi', 'cropped', 'aligned', 'landmarks', 'expression')


def face(face_id):
    sure = np.float32([1])
    points = Landmarks(np.random.default_rng(0).uniform(0, 40, (68, 2)).astype(np.float32))
    return FaceEmotion(face_id, FaceBox(0, 0, 40, 40), points, 'neutral', 1.0, sure, sure)


class Camera:
    """An image topic whose images are given to an output."""

    def __init__(self, output):
        self.output, self.decoded = output, 0

    @property
    def bgr(self):
        self.decoded += 1
        bgr = np.full((48, 64, 3), 90, np.uint8)
        bgr[:20] = 200
        return bgr

    def sees(self, *face_ids, **values):
        frame = FrameEmotions(1.0, ('neutral',), tuple(map(face, face_ids)), (64, 48))
        msg = SimpleNamespace(header=header())
        image = Image(topic=self, msg=msg, camera=self)
        self.output.publish(image, frame, {**VALUES, **values})


class Image(SimpleNamespace):
    @property
    def bgr(self):
        return self.camera.bgr


@pytest.fixture
def node(stand_in):
    return stand_in


@pytest.fixture
def output(node):
    made = HriOutput(node, 'f12_{}'.format, '/humans', ThrottledLog(node))
    made.activate()
    return made


def tracked(node):
    """Return the ids of each message on ``tracked``."""
    return [msg.ids for msg in node.publishers[TRACKED].sent]


def face_topics(node):
    return {topic for topic in node.publishers if topic != TRACKED}


def test_empty_list_is_published_on_activation(node, output):
    assert tracked(node) == [[]]
    assert face_topics(node) == set()


def test_new_face_gets_topics_and_is_listed(node, output):
    Camera(output).sees(7)
    node.spin()
    assert tracked(node) == [[], ['f12_7']]
    assert face_topics(node) == {f'/humans/faces/f12_7/{name}' for name in OF_A_FACE}


def test_topics_are_not_created_in_image_thread(node, output):
    Camera(output).sees(7)
    assert face_topics(node) == set()


def test_new_face_is_published_from_next_image_on(node, output):
    camera = Camera(output)
    camera.sees(7)
    node.spin()
    camera.sees(7)
    sent = {topic: len(node.publishers[topic].sent) for topic in face_topics(node)}
    assert sent == {f'/humans/faces/f12_7/{name}': 1 for name in OF_A_FACE}


@pytest.mark.parametrize(('rotate_deg', 'bright_rows'), [(0, [0, 63]), (180, [64, 127])])
def test_face_from_upside_down_camera_is_cropped_upright(node, output, rotate_deg, bright_rows):
    camera = Camera(output)
    camera.sees(7)
    node.spin()
    camera.sees(7, rotate_deg=rotate_deg)
    (cropped,) = node.publishers['/humans/faces/f12_7/cropped'].sent
    assert (cropped.height, cropped.width, cropped.encoding) == (128, 128, 'bgr8')
    rows = np.array(cropped.data).reshape(128, 128, 3)[:, 64, 0]
    found = np.flatnonzero(rows > 150)
    assert [found[0], found[-1]] == pytest.approx(bright_rows, abs=1)


def test_nothing_is_decoded_or_published_without_subscribers(node, output):
    camera = Camera(output)
    camera.sees(7)
    node.spin()
    for topic in face_topics(node):
        node.publishers[topic].subscriptions = 0
    camera.sees(7)
    assert all(not node.publishers[topic].sent for topic in face_topics(node))
    assert camera.decoded == 0


def test_list_is_published_only_on_change(node, output):
    camera = Camera(output)
    for seen in ([7], [7], [7, 9], [9], [9], []):
        camera.sees(*seen)
        node.spin()
    assert tracked(node) == [[], ['f12_7'], ['f12_7', 'f12_9'], ['f12_9'], []]


def test_topics_of_departed_face_are_destroyed(node, output):
    camera = Camera(output)
    camera.sees(7, 9)
    node.spin()
    camera.sees(9)
    node.spin()
    assert face_topics(node) == {f'/humans/faces/f12_9/{name}' for name in OF_A_FACE}


def test_faces_of_all_cameras_are_listed(node, output):
    left, right = Camera(output), Camera(output)
    left.sees(1)
    right.sees(2)
    node.spin()
    assert tracked(node)[-1] == ['f12_1', 'f12_2']
    left.sees()
    node.spin()
    assert tracked(node)[-1] == ['f12_2']


def test_list_is_repeated_for_late_subscribers(node, output):
    Camera(output).sees(7)
    node.spin()
    node.tick()
    assert tracked(node) == [[], ['f12_7'], ['f12_7']]


def test_faces_of_silent_camera_are_dropped(node, output, monkeypatch):
    clock = SimpleNamespace(now_s=50.0)
    monkeypatch.setattr('time.monotonic', lambda: clock.now_s)
    Camera(output).sees(7)
    node.spin()
    clock.now_s += 1.9
    node.tick()
    assert tracked(node)[-1] == ['f12_7']
    clock.now_s += 0.2
    node.tick()
    assert tracked(node)[-1] == []
    assert face_topics(node) == set()


def test_faces_of_slow_camera_are_published_and_stay_listed(node, output, monkeypatch):
    clock = SimpleNamespace(now_s=50.0)
    monkeypatch.setattr('time.monotonic', lambda: clock.now_s)
    camera = Camera(output)
    for _ in range(5):
        camera.sees(7)
        node.spin()
        for _ in range(3):
            clock.now_s += 1.0
            node.tick()
        clock.now_s += 0.4
    # The first image cannot tell the rate, and the topics exist from the second on.
    assert len(node.publishers['/humans/faces/f12_7/roi'].sent) == 3
    assert all(ids == ['f12_7'] for ids in tracked(node)[-12:])
    # The list is emptied 2.5 times 3.4 s after the last image.
    for later_s, ids in ((5.0, ['f12_7']), (0.2, [])):
        clock.now_s += later_s
        node.tick()
        assert tracked(node)[-1] == ids


def test_image_after_a_long_pause_is_not_taken_for_the_rate(node, output, monkeypatch):
    clock = SimpleNamespace(now_s=50.0)
    monkeypatch.setattr('time.monotonic', lambda: clock.now_s)
    camera = Camera(output)
    camera.sees(7)
    clock.now_s += 3600.0
    camera.sees(7)
    node.spin()
    clock.now_s += 25.1
    node.tick()
    assert tracked(node)[-1] == []


def test_deactivation_publishes_empty_list_and_destroys_topics(node, output):
    Camera(output).sees(7)
    node.spin()
    output.deactivate()
    assert tracked(node)[-1] == []
    assert face_topics(node) == set()


def test_nothing_is_published_after_deactivation(node, output):
    Camera(output).sees(7)
    output.deactivate()
    before = len(tracked(node))
    node.spin()
    node.tick()
    output.deactivate()
    assert len(tracked(node)) == before
    assert face_topics(node) == set()


def test_closing_destroys_all_publishers(node, output):
    Camera(output).sees(7)
    node.spin()
    output.deactivate()
    output.close()
    assert node.publishers == {}


def test_second_publisher_of_list_is_warned_about(node):
    node.others = ['hri_face_detect']
    HriOutput(node, str, '/humans', ThrottledLog(node)).activate()
    (warning,) = node.log
    assert (
        '/humans/faces/tracked: 2 nodes publish this topic (/fer_node, /hri_face_detect)'
        in warning
    )


def test_chosen_namespace_is_used(node):
    output = HriOutput(node, 'f12_{}'.format, '/robot/humans', ThrottledLog(node))
    output.activate()
    Camera(output).sees(7)
    node.spin()
    assert '/robot/humans/faces/tracked' in node.publishers
    assert '/robot/humans/faces/f12_7/roi' in node.publishers


def test_publisher_failure_is_logged_and_not_raised(node, output):
    def refuse(*arguments):
        raise RuntimeError('no room for a publisher')

    node.create_publisher = refuse
    Camera(output).sees(7)
    node.spin()
    assert 'no room for a publisher' in node.log[0]
