"""With tf2_msgs, if it is installed."""

import pytest
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import CameraInfo, Image
from stamped import header

from fer_ros.ros.conversions import bgr_to_msg

tf2 = pytest.importorskip('tf2_msgs.msg', reason='tf2_msgs is not installed')


def test_head_seen_by_calibrated_camera_is_in_tf(graph, fer_node, portrait_bgr):
    fer_node(outputs=['tf'])
    messages = graph.received(tf2.TFMessage, '/tf')
    images = graph.tester.create_publisher(Image, 'camera/image_raw', qos_profile_sensor_data)
    infos = graph.tester.create_publisher(CameraInfo, 'camera/camera_info', 10)
    graph.spin_until_matched('camera/image_raw', 'camera/camera_info', '/tf')
    height, width = portrait_bgr.shape[:2]
    k = [600.0, 0.0, width / 2, 0.0, 600.0, height / 2, 0.0, 0.0, 1.0]
    stamps = iter(range(100, 200))

    def send():
        stamp = header(next(stamps), 'eye_optical')
        infos.publish(CameraInfo(header=stamp, width=width, height=height, k=k))
        images.publish(bgr_to_msg(portrait_bgr, stamp))
        return graph.spin_until(lambda: messages, seconds=1)

    assert any(send() for _ in range(30))
    face, gaze = messages[0].transforms
    assert face.header.frame_id == gaze.header.frame_id == 'eye_optical'
    assert face.child_frame_id.startswith('face_f')
    assert gaze.child_frame_id == face.child_frame_id.replace('face', 'gaze')
    assert 0.2 < face.transform.translation.z < 2
