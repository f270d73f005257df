import cv2
import numpy as np
import pytest

from fer_ros.media.video_file import VideoFile


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
