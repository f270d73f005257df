import cv2
import numpy as np
from frames import face, frame

from fer_ros.report.video_still import VideoStill


def image(value, width=64):
    return np.full((width * 3 // 4, width, 3), value, np.uint8)


def test_image_with_most_faces_is_kept():
    still = VideoStill()
    still.offer(image(10), frame(0.0, face(1, 'fear')))
    still.offer(image(20), frame(0.1, face(1, 'fear'), face(2, 'fear')))
    still.offer(image(30), frame(0.2, face(1, 'fear')))
    assert still.bgr.max() == 20


def test_image_with_more_emotions_is_kept_if_face_counts_are_equal():
    still = VideoStill()
    still.offer(image(10), frame(0.0, face(1, 'fear'), face(2, 'fear')))
    still.offer(image(20), frame(0.1, face(1, 'fear'), face(2, 'happiness')))
    assert still.bgr.max() == 20


def test_first_image_is_kept_if_no_face_appears():
    still = VideoStill()
    still.offer(image(10), frame(0.0))
    still.offer(image(20), frame(0.1))
    assert still.bgr.max() == 10


def test_kept_image_is_unaffected_by_later_changes():
    still, bgr = VideoStill(), image(10)
    still.offer(bgr, frame(0.0))
    bgr[:] = 99
    assert still.bgr.max() == 10


def test_jpeg_is_empty_before_first_image_then_scaled_down_for_page():
    still = VideoStill()
    assert still.jpeg() == b''
    still.offer(image(10, width=1920), frame(0.0))
    shown = cv2.imdecode(np.frombuffer(still.jpeg(), np.uint8), cv2.IMREAD_COLOR)
    assert shown.shape == (720, 960, 3)
