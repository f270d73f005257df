import cv2
import numpy as np
import pytest
from PIL import Image
from video_files import gray_image, write_video
from web_server import served

from fer_ros.errors import SourceError
from fer_ros.media.image_source import ImageSource
from fer_ros.media.sample_clip import write_sample_clip
from fer_ros.media.sample_people import portrait


def write_image(path, gray_level):
    cv2.imwrite(str(path), np.full((30, 40, 3), gray_level, np.uint8))


def test_images_of_folder_are_read_in_name_order(tmp_path):
    for name, level in (('b.png', 20), ('a.png', 10), ('c.png', 30)):
        write_image(tmp_path / name, level)
    (tmp_path / 'notes.txt').write_text('no image')
    assert [image.bgr[0, 0, 0] for image in ImageSource(str(tmp_path))] == [10, 20, 30]


def test_single_image_is_a_source_of_one_image(tmp_path):
    write_image(tmp_path / 'a.png', 10)
    (image,) = ImageSource(str(tmp_path / 'a.png'))
    assert image.bgr.shape == (30, 40, 3)


def test_video_keeps_its_rate_and_can_be_read_twice(tmp_path):
    write_sample_clip(tmp_path / 'clip.avi', rate_hz=4, size_wh=(160, 120), people=[portrait()])
    source = ImageSource(str(tmp_path / 'clip.avi'))
    assert source.rate_hz == 4
    assert [len(list(source)), len(list(source))] == [44, 44]


@pytest.mark.parametrize(
    ('name', 'content', 'sentence'),
    [
        ('nothing.mp4', None, r'nothing\.mp4 does not exist'),
        ('text.mp4', b'text', r'video .*text\.mp4 cannot be opened'),
    ],
)
def test_missing_or_unreadable_source_is_an_error(tmp_path, name, content, sentence):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(SourceError, match=sentence):
        ImageSource(str(tmp_path / name))


def test_folder_without_images_is_an_error(tmp_path):
    with pytest.raises(SourceError, match='has no image'):
        ImageSource(str(tmp_path))


def test_pictures_of_phones_that_cannot_be_read_are_reported(tmp_path):
    write_image(tmp_path / 'a.png', 10)
    for name in ('b.HEIC', 'c.heic', 'd.gif'):
        (tmp_path / name).touch()
    problems = []
    assert len(list(ImageSource(str(tmp_path), problems.append))) == 1
    assert problems == [
        'left out 3 pictures of a kind that is not read (.gif, .heic): convert to JPEG or PNG'
    ]
    (tmp_path / 'a.png').unlink()
    with pytest.raises(SourceError, match=r'has no image .*; left out 3 pictures'):
        ImageSource(str(tmp_path))


def test_tiled_picture_of_a_phone_is_not_taken_for_a_video_of_its_first_tile(tmp_path):
    (tmp_path / 'IMG_1.HEIC').write_bytes(b'ftypheic')
    with pytest.raises(SourceError, match=r'\.heic are not read: convert .*IMG_1\.HEIC'):
        ImageSource(str(tmp_path / 'IMG_1.HEIC'))


def test_damaged_image_is_an_error_naming_the_file(tmp_path):
    (tmp_path / 'cut.png').write_bytes(b'\x89PNG')
    with pytest.raises(SourceError, match=r'cut\.png cannot be read: .* not a picture'):
        list(ImageSource(str(tmp_path)))


def test_damaged_image_is_skipped_and_reported_given_a_callback(tmp_path):
    (tmp_path / 'a.png').write_bytes(b'\x89PNG')
    write_image(tmp_path / 'b.png', 20)
    problems = []
    assert len(list(ImageSource(str(tmp_path), problems.append))) == 1
    assert 'a.png cannot be read: 4 bytes are not a picture' in problems[0]


def test_missing_webcam_is_an_error():
    with pytest.raises(SourceError, match='webcam 97 cannot be opened'):
        ImageSource('97')


def test_numbered_images_are_read_in_natural_order(tmp_path):
    for number in (1, 2, 10, 11, 12):
        write_image(tmp_path / f'{number}.png', number)
    assert [image.file for image in ImageSource(str(tmp_path))] == [
        *('1.png', '2.png', '10.png'),
        *('11.png', '12.png'),
    ]


def test_pictures_are_stills_unless_a_rate_is_given(tmp_path):
    write_image(tmp_path / 'a.png', 10)
    assert ImageSource(str(tmp_path)).stills
    assert ImageSource(str(tmp_path / 'a.png')).stills
    film = ImageSource(str(tmp_path), rate_hz=5)
    assert (film.stills, film.rate_hz) == (False, 5)


def test_each_picture_lasts_two_seconds(tmp_path):
    for name in 'abc':
        write_image(tmp_path / f'{name}.png', 10)
    source = ImageSource(str(tmp_path))
    assert source.rate_hz == 0.5
    assert [image.time_s for image in source] == [0, 2, 4]


def test_folder_with_numeric_name_is_not_a_webcam(tmp_path, monkeypatch):
    (tmp_path / '2024').mkdir()
    write_image(tmp_path / '2024' / 'a.png', 10)
    monkeypatch.chdir(tmp_path)
    source = ImageSource('2024')
    assert (source.live, source.count) == (False, 1)


@pytest.mark.parametrize('suffix', ['tif', 'png', 'webp'])
def test_multi_page_image_reports_that_only_first_page_is_read(tmp_path, suffix):
    pages = [Image.new('RGB', (32, 24), (level, 0, 0)) for level in (50, 100, 150)]
    pages[0].save(tmp_path / f'stack.{suffix}', save_all=True, append_images=pages[1:])
    problems = []
    assert len(list(ImageSource(str(tmp_path / f'stack.{suffix}'), problems.append))) == 1
    assert problems == [f'stack.{suffix} contains 3 pictures, of which only the first was read']


def test_gif_is_a_video_unless_it_has_a_single_image(tmp_path):
    pictures = [Image.new('RGB', (32, 24), (level,) * 3) for level in (50, 100)]
    pictures[0].save(tmp_path / 'two.gif', save_all=True, append_images=pictures[1:], duration=500)
    pictures[0].save(tmp_path / 'one.gif')
    film, still = ImageSource(str(tmp_path / 'two.gif')), ImageSource(str(tmp_path / 'one.gif'))
    assert [image.time_s for image in film] == pytest.approx([0, 0.5])
    assert still.stills
    assert [image.bgr[0, 0].tolist() for image in still] == [[50, 50, 50]]


def test_picture_is_rotated_by_its_exif_orientation(tmp_path):
    picture = Image.new('RGB', (40, 30))
    exif = picture.getexif()
    exif[0x0112] = 6
    picture.save(tmp_path / 'turned.jpg', exif=exif)
    (image,) = ImageSource(str(tmp_path / 'turned.jpg'))
    assert image.bgr.shape == (40, 30, 3)


def test_device_file_and_symlink_to_it_are_treated_as_webcams(tmp_path):
    # A character device that is not a camera stands in for one that another program uses.
    (tmp_path / 'camera_front').symlink_to('/dev/null')
    for device in ('/dev/null', str(tmp_path / 'camera_front')):
        with pytest.raises(SourceError, match=f'webcam {device} cannot be opened'):
            ImageSource(device)


def test_error_for_unreachable_stream_omits_password(capfd):
    with pytest.raises(SourceError) as raised:
        ImageSource('http://me:secret@127.0.0.1:9/live')
    assert str(raised.value) == 'stream http://127.0.0.1/live cannot be opened'
    # The libraries that open it print messages of their own.
    assert 'secret' not in capfd.readouterr().err


def test_stream_is_a_live_source_whose_end_is_an_error(tmp_path):
    write_video(tmp_path / 'live.ts', [(index / 10, gray_image(50)) for index in range(5)])
    with served(tmp_path) as host:
        source = ImageSource(f'http://{host}/live.ts')
        assert (source.live, source.name) == (True, '127.0.0.1/live.ts')
        images = iter(source)
        assert next(images).bgr.shape == (48, 64, 3)
        with pytest.raises(SourceError, match=r'live\.ts delivers no more images'):
            list(images)
        source.close()


def test_video_file_at_an_address_is_read_like_one_on_disk(tmp_path):
    times_s = [0, 0.05, 0.1, 0.5, 0.55]
    header_first = {'movflags': '+faststart'}
    path = write_video(
        tmp_path / 'v.mp4',
        [(time_s, gray_image(50)) for time_s in times_s],
        container_options=header_first,
    )
    with served(tmp_path) as host:
        source = ImageSource(f'http://{host}/v.mp4')
        assert (source.live, source.count, source.name) == (False, 5, '127.0.0.1/v.mp4')
        assert source.rate_hz == ImageSource(str(path)).rate_hz
        for _ in range(2):
            assert [image.time_s for image in source] == times_s


@pytest.mark.parametrize('password', ['secret', 'sec[ret'])
def test_camera_with_password_is_named_without_it(tmp_path, password):
    with served(tmp_path, gray_image(50), password) as host:
        source = ImageSource(f'http://me:{password}@{host}/live')
        assert (source.live, source.name) == (True, '127.0.0.1/live')
        assert next(iter(source)).bgr.shape == (48, 64, 3)
        source.close()
