import numpy as np
import pytest
from fer_ros.msg import FaceEmotionArray
from fer_ros.srv import AnalyzeImage
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import Image
from stamped import header

from fer_ros.ros.conversions import bgr_to_msg


def analyze(graph, image):
    return graph.call(AnalyzeImage, '/fer_node/analyze', AnalyzeImage.Request(image=image))


@pytest.fixture
def configured(graph, fer_node):
    """A configured, inactive node."""
    fer_node(wait=False, autostart=False)
    request = ChangeState.Request(transition=Transition(id=Transition.TRANSITION_CONFIGURE))
    assert graph.call(ChangeState, '/fer_node/change_state', request).success


def test_inactive_node_returns_faces_of_image(graph, configured, two_faces_bgr):
    answer = analyze(graph, bgr_to_msg(two_faces_bgr, header(7, 'eye')))
    assert (answer.success, answer.message) == (True, '2 face(s)')
    assert answer.emotions.header == header(7, 'eye')
    assert answer.emotions.image_topic == ''
    assert (answer.emotions.image_width, answer.emotions.image_height) == (1024, 400)
    assert [face.face_id for face in answer.emotions.faces] == [1, 2]
    assert {face.emotion for face in answer.emotions.faces} == {'happiness'}


def test_image_without_faces_gives_empty_list(graph, configured):
    answer = analyze(graph, bgr_to_msg(np.full((240, 320, 3), 90, np.uint8), header(1)))
    assert (answer.success, answer.message, answer.emotions.faces) == (True, '0 face(s)', [])


def test_answer_does_not_depend_on_earlier_images(graph, configured, portrait_bgr, two_faces_bgr):
    image = bgr_to_msg(portrait_bgr, header(1))
    first = analyze(graph, image)
    analyze(graph, bgr_to_msg(two_faces_bgr, header(2)))
    # Unknown values are NaN, which equals nothing.
    assert str(analyze(graph, image)) == str(first)


def test_unreadable_image_is_answered_with_the_reason(graph, configured, portrait_bgr):
    image = bgr_to_msg(portrait_bgr, header(1))
    image.encoding = '32FC1'
    answer = analyze(graph, image)
    assert not answer.success
    assert answer.message.startswith("encoding '32FC1' cannot be read")
    assert answer.emotions == FaceEmotionArray()


def test_unconfigured_node_answers_with_the_reason(graph, fer_node, portrait_bgr):
    fer_node(wait=False, autostart=False)
    answer = analyze(graph, bgr_to_msg(portrait_bgr, header(1)))
    assert not answer.success
    assert answer.message == (
        '/fer_node is not configured: ros2 lifecycle set /fer_node configure'
    )


def test_analyzing_does_not_affect_tracked_faces(graph, fer_node, portrait_bgr, two_faces_bgr):
    fer_node()
    emotions = graph.received(FaceEmotionArray, 'emotion')
    images = graph.tester.create_publisher(Image, 'camera/image_raw', qos_profile_sensor_data)
    graph.spin_until_matched('camera/image_raw', 'emotion')
    images.publish(bgr_to_msg(portrait_bgr, header(1)))
    assert graph.spin_until(lambda: len(emotions) == 1)
    analyze(graph, bgr_to_msg(two_faces_bgr, header(0.5)))
    images.publish(bgr_to_msg(portrait_bgr, header(1.1)))
    assert graph.spin_until(lambda: len(emotions) == 2)
    before, after = emotions
    assert [face.face_id for face in before.faces] == [face.face_id for face in after.faces] == [1]


def test_face_from_upside_down_camera_is_located_in_original_image(graph, fer_node, portrait_bgr):
    fer_node(rotate_deg=180)
    upside_down = np.ascontiguousarray(portrait_bgr[::-1, ::-1])
    (face,) = analyze(graph, bgr_to_msg(upside_down, header(1))).emotions.faces
    # The portrait's is around (222, 115) of 512 x 400.
    middle = face.roi.x_offset + face.roi.width / 2, face.roi.y_offset + face.roi.height / 2
    assert middle == pytest.approx((290, 285), abs=12)
