import time

import cv2
import numpy as np
import pytest
from video_files import gray_image, write_video
from web_server import served

from fer_ros.errors import SettingError, SourceError
from fer_ros.media.source_stream import source_stream

MAX_PIXELS = 1_000_000


@pytest.fixture
def folder(tmp_path, dots):
    (tmp_path / 'faces').mkdir()
    for index, bgr in enumerate(dots[:3]):
        cv2.imwrite(str(tmp_path / 'faces' / f'{index}.png'), bgr)
    return tmp_path / 'faces'


def test_folder_of_pictures_is_a_stream_of_stills(folder, dots):
    stream = source_stream(str(folder), MAX_PIXELS)
    images = list(stream.images)
    assert (stream.name, stream.topics) == ('faces', {'faces': 3})
    assert (stream.stills, stream.live) == (True, False)
    assert [image.file for image in images] == ['0.png', '1.png', '2.png']
    assert (images[2].decode_bgr() == dots[2]).all()
    assert (images[2].gray == 60).all()


def test_rate_turns_pictures_into_a_video(folder):
    stream = source_stream(str(folder), MAX_PIXELS, rate_hz=2)
    assert not stream.stills
    assert [image.time_s for image in stream.images] == [0, 0.5, 1]


def test_single_image_is_a_stream_of_one_image(folder):
    stream = source_stream(str(folder / '1.png'), MAX_PIXELS)
    assert [image.topic for image in stream.images] == ['1.png']


def test_video_keeps_its_own_times_and_image_count(tmp_path):
    times_s = [0, 0.05, 0.1, 0.5, 0.55]
    write_video(tmp_path / 'v.mp4', [(time_s, gray_image(50)) for time_s in times_s])
    stream = source_stream(str(tmp_path / 'v.mp4'), MAX_PIXELS)
    assert (stream.topics['v.mp4'], stream.stills) == (5, False)
    assert [image.time_s for image in stream.images] == times_s
    assert stream.problems == []


def test_given_rate_overrides_times_of_video(tmp_path):
    write_video(tmp_path / 'v.mp4', [(time_s, gray_image(50)) for time_s in (0, 0.05, 0.1)])
    stream = source_stream(str(tmp_path / 'v.mp4'), MAX_PIXELS, rate_hz=2)
    assert [image.time_s for image in stream.images] == [0, 0.5, 1]


@pytest.mark.parametrize('step_s', [-3600, 3600])
def test_times_of_camera_do_not_follow_a_clock_that_is_set(tmp_path, monkeypatch, step_s):
    now_ns = time.time_ns
    with served(tmp_path, gray_image(50)) as host:
        stream = source_stream(f'http://{host}/live', MAX_PIXELS)
        images = stream.images
        before = next(images)
        monkeypatch.setattr(time, 'time_ns', lambda: now_ns() + step_s * 10**9)
        after = next(images)
        images.close()
    assert before.time_s < after.time_s < before.time_s + 60
    assert after.stamp_ns - before.stamp_ns == round((after.time_s - before.time_s) * 1e9)


def test_times_of_camera_count_from_its_first_image(tmp_path):
    with served(tmp_path, gray_image(50)) as host:
        stream = source_stream(f'http://{host}/live', MAX_PIXELS)
        # Models are loaded meanwhile.
        time.sleep(0.6)
        first = next(stream.images)
        stream.images.close()
    assert first.time_s < 0.3
    assert first.stamp_s == pytest.approx(time.time(), abs=5)


def test_rate_limits_images_of_camera(tmp_path):
    with served(tmp_path, gray_image(90)) as host:
        stream = source_stream(f'http://{host}/live', MAX_PIXELS, rate_hz=4, seconds=1.5)
        times_s = [image.time_s for image in stream.images]
    # The server sends up to 20 per second.
    assert 2 <= len(times_s) <= 7
    assert times_s[0] == pytest.approx(0, abs=0.01)


def two_scenes(path):
    rng = np.random.default_rng(0)
    scenes = [cv2.resize(rng.integers(0, 256, (6, 8), np.uint8), (64, 48)) for _ in range(2)]
    images = [cv2.cvtColor(scene, cv2.COLOR_GRAY2BGR) for scene in scenes for _ in range(5)]
    return str(write_video(path, [(index / 10, image) for index, image in enumerate(images)]))


def test_cut_in_video_starts_a_new_scene_unless_disabled(tmp_path):
    film = two_scenes(tmp_path / 'v.mp4')
    assert [image.new_scene for image in source_stream(film, MAX_PIXELS).images] == [
        *([False] * 5),
        *(True, False, False, False, False),
    ]
    stream = source_stream(film, MAX_PIXELS, cuts=False)
    assert not any(image.new_scene for image in stream.images)


def test_damaged_image_in_folder_is_skipped_and_reported(folder):
    (folder / '1.png').write_bytes(b'\x89PNG')
    stream = source_stream(str(folder), MAX_PIXELS)
    assert len(list(stream.images)) == 2
    assert '1.png cannot be read: 4 bytes are not a picture' in stream.problems[0]


def test_image_with_too_many_pixels_is_skipped_and_reported(folder):
    cv2.imwrite(str(folder / '9.png'), np.zeros((40, 50, 3), np.uint8))
    stream = source_stream(str(folder), 32 * 24)
    assert [image.file for image in stream.images] == ['0.png', '1.png', '2.png']
    assert stream.problems == [
        f'image {folder}/9.png cannot be read: the image is 50 x 40 pixels, the limit is 768 '
        'in total'
    ]


def test_video_images_with_too_many_pixels_are_skipped_and_counted(tmp_path):
    images = [(index / 10, np.zeros((48, 64, 3), np.uint8)) for index in range(3)]
    stream = source_stream(str(write_video(tmp_path / 'v.mp4', images)), 32 * 24)
    assert list(stream.images) == []
    assert stream.problems == [
        'left out 3 images with too many pixels; the first: 64 x 48, the limit is 768 in total'
    ]


def test_truncated_jpeg_is_kept_and_reported(folder, portrait_bgr):
    data = cv2.imencode('.jpg', portrait_bgr)[1].tobytes()
    (folder / '1.jpg').write_bytes(data[: len(data) // 2])
    stream = source_stream(str(folder), MAX_PIXELS)
    assert [image.file for image in stream.images] == ['0.png', '1.jpg', '1.png', '2.png']
    assert stream.problems == [
        f'1.jpg: a JPEG of {len(data) // 2} bytes is truncated; the intact part was read'
    ]


def test_negative_rate_is_an_error(folder):
    with pytest.raises(SettingError, match=r'the rate is -1 images per second, expected 0 to'):
        source_stream(str(folder), MAX_PIXELS, rate_hz=-1)


def test_missing_source_is_an_error():
    with pytest.raises(SourceError, match=r'nothing\.mp4 does not exist'):
        source_stream('nothing.mp4', MAX_PIXELS)
