import cv2
import numpy as np
import pytest

from fer_ros.errors import ImageError, SettingError, SourceError
from fer_ros.media.image_stream import picture_stream

MAX_PIXELS = 1_000_000


@pytest.fixture
def folder(tmp_path, dots):
    (tmp_path / 'faces').mkdir()
    for index, bgr in enumerate(dots[:3]):
        cv2.imwrite(str(tmp_path / 'faces' / f'{index}.png'), bgr)
    return tmp_path / 'faces'


def test_folder_of_images_has_a_steady_rate(folder, dots):
    stream = picture_stream(str(folder), MAX_PIXELS)
    images = list(stream.images)
    assert (stream.name, stream.topics, stream.live) == ('faces', {'faces': 3}, False)
    assert stream.rate_hz == {'faces': 30.0}
    assert [image.time_s for image in images] == [0, 0.033333333, 0.066666667]
    assert (images[2].decode_bgr() == dots[2]).all()
    assert (images[2].gray == 60).all()


def test_rate_can_be_chosen(folder):
    images = list(picture_stream(str(folder), MAX_PIXELS, rate_hz=2).images)
    assert [image.time_s for image in images] == [0, 0.5, 1]


def test_single_image_is_a_stream_of_one(folder):
    stream = picture_stream(str(folder / '1.png'), MAX_PIXELS)
    assert [image.topic for image in stream.images] == ['1.png']


def test_video_has_its_own_rate_and_number_of_images(tmp_path):
    writer = cv2.VideoWriter(
        str(tmp_path / 'v.avi'), cv2.VideoWriter.fourcc(*'MJPG'), 20.0, (64, 48)
    )
    for _ in range(5):
        writer.write(np.zeros((48, 64, 3), np.uint8))
    writer.release()
    stream = picture_stream(str(tmp_path / 'v.avi'), MAX_PIXELS)
    assert (stream.rate_hz['v.avi'], stream.topics['v.avi']) == (20.0, 5)
    assert [image.time_s for image in stream.images] == [0, 0.05, 0.1, 0.15, 0.2]


def test_damaged_image_of_a_folder_is_left_out_and_said(folder):
    (folder / '1.png').write_bytes(b'\x89PNG')
    stream = picture_stream(str(folder), MAX_PIXELS)
    assert len(list(stream.images)) == 2
    assert '1.png is damaged or of an unknown kind' in stream.problems[0]


def test_images_of_too_many_pixels_are_an_error(folder):
    with pytest.raises(ImageError, match='of faces is 32 x 24 pixels, allowed are 100 together'):
        list(picture_stream(str(folder), 100).images)


def test_negative_rate_is_an_error(folder):
    with pytest.raises(SettingError, match=r'the rate is -1 images per second, allowed are 0 to'):
        picture_stream(str(folder), MAX_PIXELS, rate_hz=-1)


def test_missing_source_is_an_error():
    with pytest.raises(SourceError, match=r'nothing\.mp4 does not exist'):
        picture_stream('nothing.mp4', MAX_PIXELS)
