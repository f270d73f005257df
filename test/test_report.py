import csv

import cv2
import numpy as np
import pytest

from fer_ros.report import draw_timeline, write_table
from fer_ros.structures import FaceBox, FaceEmotion, FrameEmotions, Landmarks
from fer_ros.video_file import VideoFile

CLASSES = ('neutral', 'happiness')


def frames():
    landmarks = Landmarks(np.zeros((68, 2), np.float32))
    for step in range(30):
        probabilities = np.array([step / 30, 1 - step / 30], np.float32)
        face = FaceEmotion(
            4, FaceBox(1, 2, 3, 5), landmarks, 'neutral', 0.5, probabilities, probabilities
        )
        yield FrameEmotions(100 + step / 10, CLASSES, (face,) if step != 7 else ())


def test_table_has_a_line_per_face_and_image(tmp_path):
    write_table(list(frames()), tmp_path / 't.csv')
    with (tmp_path / 't.csv').open() as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == 29
    assert rows[3]['stamp_s'] == '100.300000000'
    assert rows[3]['face_id'] == '4'
    assert (rows[3]['neutral'], rows[3]['happiness_frame']) == ('0.10000', '0.90000')


def test_timeline_is_a_picture(tmp_path):
    draw_timeline(list(frames()), tmp_path / 't.png')
    assert cv2.imread(str(tmp_path / 't.png')).std() > 1


def test_timeline_of_nothing_is_a_picture(tmp_path):
    draw_timeline([], tmp_path / 't.png')
    assert cv2.imread(str(tmp_path / 't.png')) is not None


def test_video_keeps_images_at_their_time(tmp_path):
    video = VideoFile(tmp_path / 'v.mp4', rate_hz=10)
    for stamp_s, level in ((5.0, 50), (5.1, 100), (5.5, 200)):
        video.write(np.full((48, 64, 3), level, np.uint8), stamp_s)
    assert not (tmp_path / 'v.mp4').exists()
    video.close()
    capture = cv2.VideoCapture(str(tmp_path / 'v.mp4'))
    levels = []
    while (read := capture.read())[0]:
        levels.append(float(read[1].mean()))
    assert len(levels) == 6
    assert levels[0] == pytest.approx(50, abs=8)
    assert levels[5] == pytest.approx(200, abs=8)
