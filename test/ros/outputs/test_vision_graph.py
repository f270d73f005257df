"""With vision_msgs, if it is installed."""

import pytest
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import Image
from stamped import header

from fer_ros.ros.conversions import bgr_to_msg

vision = pytest.importorskip('vision_msgs.msg', reason='vision_msgs is not installed')


def test_face_is_published_as_detection_with_header_of_its_image(graph, fer_node, portrait_bgr):
    fer_node(outputs=['vision_msgs'])
    messages = graph.received(vision.Detection2DArray, '/face_detections')
    images = graph.tester.create_publisher(Image, 'camera/image_raw', qos_profile_sensor_data)
    graph.spin_until_matched('camera/image_raw', '/face_detections')
    images.publish(bgr_to_msg(portrait_bgr, header(12.5, 'eye_optical')))
    assert graph.spin_until(lambda: messages)
    assert messages[0].header == header(12.5, 'eye_optical')
    (face,) = messages[0].detections
    assert face.id == '1'
    assert face.results[0].hypothesis.class_id == 'happiness'
    center, height, width = face.bbox.center.position, *portrait_bgr.shape[:2]
    assert abs(center.x - width / 2) < 0.3 * width
    assert 0 < face.bbox.size_y < height
