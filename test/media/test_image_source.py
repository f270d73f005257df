import cv2
import numpy as np
import pytest

from fer_ros.errors import SourceError
from fer_ros.media.image_source import ImageSource
from fer_ros.media.sample_clip import write_sample_clip


def write_image(path, gray_level):
    cv2.imwrite(str(path), np.full((30, 40, 3), gray_level, np.uint8))


def test_folder_is_read_in_order_of_names(tmp_path):
    for name, level in (('b.png', 20), ('a.png', 10), ('c.png', 30)):
        write_image(tmp_path / name, level)
    (tmp_path / 'notes.txt').write_text('no image')
    assert [image[0, 0, 0] for image in ImageSource(str(tmp_path))] == [10, 20, 30]


def test_image_is_a_source_of_one(tmp_path):
    write_image(tmp_path / 'a.png', 10)
    (image,) = ImageSource(str(tmp_path / 'a.png'))
    assert image.shape == (30, 40, 3)


def test_video_has_its_rate_and_can_be_read_again(tmp_path):
    write_sample_clip(tmp_path / 'clip.avi', rate_hz=4, size_wh=(160, 120))
    source = ImageSource(str(tmp_path / 'clip.avi'))
    assert source.rate_hz == 4
    assert [len(list(source)), len(list(source))] == [48, 48]


@pytest.mark.parametrize(
    ('name', 'content', 'sentence'),
    [
        ('nothing.mp4', None, r'nothing\.mp4 does not exist'),
        ('text.mp4', b'text', r'video .*text\.mp4 cannot be opened'),
    ],
)
def test_source_that_cannot_be_read_is_an_error(tmp_path, name, content, sentence):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(SourceError, match=sentence):
        ImageSource(str(tmp_path / name))


def test_folder_without_images_is_an_error(tmp_path):
    with pytest.raises(SourceError, match='holds no image'):
        ImageSource(str(tmp_path))


def test_damaged_image_is_an_error_that_names_it(tmp_path):
    (tmp_path / 'cut.png').write_bytes(b'\x89PNG')
    with pytest.raises(SourceError, match=r'cut\.png is damaged'):
        list(ImageSource(str(tmp_path)))


def test_damaged_image_is_left_out_where_somebody_is_told(tmp_path):
    (tmp_path / 'a.png').write_bytes(b'\x89PNG')
    write_image(tmp_path / 'b.png', 20)
    said = []
    assert len(list(ImageSource(str(tmp_path), said.append))) == 1
    assert 'a.png is damaged' in said[0]


def test_missing_webcam_is_an_error():
    with pytest.raises(SourceError, match='webcam 97 cannot be opened'):
        ImageSource('97')
