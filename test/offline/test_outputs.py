import pytest
from frames import CLASSES, frame
from video_files import gray_image, times_of

from fer_ros.analysis.emotion_log import EmotionLog
from fer_ros.media.image_stream import ImageStream, StampedImage, TimeOrigin
from fer_ros.offline.outputs import Outputs
from fer_ros.offline.settings import chosen_parameters


def image(topic, time_s):
    bgr = gray_image(50)
    stamp_ns = round(time_s * 1e9)
    return StampedImage(topic, stamp_ns, stamp_ns, '', time_s, time_s, bgr[:, :, 0], lambda: bgr)


def test_videos_of_all_cameras_begin_with_the_recording(tmp_path):
    stream = ImageStream('a', {'/left': 2, '/right': 2}, iter(()), TimeOrigin(0, 0))
    log = EmotionLog(CLASSES)
    with Outputs(tmp_path, stream, log, ('video',), chosen_parameters()) as outputs:
        for topic, time_s in (('/left', 0.0), ('/left', 0.5), ('/right', 3.0), ('/right', 3.5)):
            outputs.write(image(topic, time_s), frame(time_s))
    assert times_of(tmp_path / 'annotated_left.mp4') == pytest.approx([0, 0.5])
    assert times_of(tmp_path / 'annotated_right.mp4') == pytest.approx([0, 3, 3.5])
