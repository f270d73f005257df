"""Tested with messages of rosbags, which have the same fields as those of ROS."""

import cv2
import numpy as np
import pytest
from bag_files import compressed, jpeg, raw

from fer_ros.errors import ImageError
from fer_ros.messages.encodings import ENCODINGS
from fer_ros.messages.images import ImageDecoder

WIDTH, HEIGHT = 6, 4


def message(encoding, data, width=WIDTH, height=HEIGHT, **fields):
    msg = raw(np.zeros((height, width), np.uint8) if width and height else np.zeros((1, 1)), 1)
    msg.encoding, msg.width, msg.height = encoding, width, height
    msg.data = np.frombuffer(bytes(data), np.uint8)
    msg.step = width * ENCODINGS[encoding].pixel_bytes if encoding in ENCODINGS else width
    for name, value in fields.items():
        setattr(msg, name, value)
    return msg


def uniform(encoding, pixel, times=WIDTH * HEIGHT):
    return message(encoding, bytes(pixel) * times)


def words(encoding, values, order='<u2', **fields):
    return message(encoding, np.array(values, order).tobytes(), **fields)


# A uniform picture of BGR (30, 200, 120) in every color encoding.
COLORS = {
    'bgr8': [30, 200, 120],
    '8UC3': [30, 200, 120],
    'BGR8': [30, 200, 120],
    'rgb8': [120, 200, 30],
    'bgra8': [30, 200, 120, 255],
    '8UC4': [30, 200, 120, 255],
    'rgba8': [120, 200, 30, 255],
}
COLORS_16 = {
    'bgr16': [30, 200, 120],
    'rgb16': [120, 200, 30],
    'bgra16': [30, 200, 120, 255],
    'rgba16': [120, 200, 30, 255],
}


@pytest.mark.parametrize(('encoding', 'pixel'), COLORS.items())
def test_color_encoding_is_decoded_to_bgr_and_gray(encoding, pixel):
    msg = message(encoding, bytes(pixel) * 24, step=WIDTH * len(pixel))
    assert ImageDecoder().bgr(msg).shape == (HEIGHT, WIDTH, 3)
    assert (ImageDecoder().bgr(msg) == [30, 200, 120]).all()
    # 0.114 * 30 + 0.587 * 200 + 0.299 * 120
    assert (ImageDecoder().gray(msg) == 157).all()


@pytest.mark.parametrize(('encoding', 'pixel'), COLORS_16.items())
@pytest.mark.parametrize(('is_bigendian', 'order'), [(0, '<u2'), (1, '>u2')])
def test_16_bit_color_is_decoded_to_bgr_and_gray(encoding, pixel, is_bigendian, order):
    msg = words(encoding, [257 * value for value in pixel] * 24, order, is_bigendian=is_bigendian)
    decoder = ImageDecoder(white_level=65535)
    assert (decoder.bgr(msg) == [30, 200, 120]).all()
    assert (decoder.gray(msg) == 157).all()


@pytest.mark.parametrize('encoding', ['mono8', '8UC1'])
def test_single_channel_is_decoded_to_gray_and_bgr(encoding):
    msg = message(encoding, range(24))
    assert ImageDecoder().gray(msg).tolist()[1] == [6, 7, 8, 9, 10, 11]
    assert ImageDecoder().bgr(msg)[1, 2].tolist() == [8, 8, 8]


@pytest.mark.parametrize(('is_bigendian', 'order'), [(0, '<u2'), (1, '>u2')])
def test_mono16_is_scaled_to_eight_bits(is_bigendian, order):
    decoder = ImageDecoder(white_level=65535)
    msg = words('mono16', [257 * 100] * 24, order, is_bigendian=is_bigendian)
    assert (decoder.gray(msg) == 100).all()
    assert (decoder.bgr(msg) == 100).all()


@pytest.mark.parametrize('bits', [8, 10, 12, 14, 16])
def test_mono16_white_level_follows_bit_depth_of_sensor(bits):
    white = 2**bits - 1
    gray = ImageDecoder().gray(words('mono16', [white, white // 2, 0, 0, 0, 0] * 4))
    assert gray[0, :3].tolist() == pytest.approx([255, 127, 0], abs=1)


def test_mono16_white_level_stays_after_bright_image_and_is_reported_once():
    said = []
    decoder = ImageDecoder(on_chosen=said.append)
    bright, dark = words('mono16', [4000] * 24), words('mono16', [400] * 24)
    assert [int(decoder.gray(msg)[0, 0]) for msg in (bright, dark, bright, dark)] == [
        *(249, 25),
        *(249, 25),
    ]
    assert said == [
        '16-bit images are assumed to be white at 4095, since their brightest pixels so far have '
        '4000; set the parameter white_level to be certain'
    ]


def test_raised_white_level_of_mono16_is_reported_again():
    said = []
    decoder = ImageDecoder(on_chosen=said.append)
    for value in (400, 4000, 60000, 4000):
        decoder.gray(words('mono16', [value] * 24))
    assert [sentence.split()[8] for sentence in said] == ['1023,', '4095,', '65535,']


def test_hot_pixel_does_not_darken_mono16_image():
    picture = np.full(64 * 48, 800, np.uint16)
    picture[7] = 65535
    gray = ImageDecoder().gray(words('mono16', picture, width=64, height=48, step=128))
    assert gray[1, 1] == 199


def test_black_mono16_is_black():
    assert (ImageDecoder().gray(words('mono16', [0] * 24)) == 0).all()


def test_depth_image_is_refused_unless_white_level_is_set():
    msg = words('16UC1', [1000] * 24)
    with pytest.raises(ImageError, match='16UC1 is depth by convention; if it is a picture'):
        ImageDecoder().gray(msg)
    assert (ImageDecoder(white_level=2000).gray(msg) == 128).all()


BAYER = {
    'rggb': [[9, 50], [50, 200]],
    'bggr': [[200, 50], [50, 9]],
    'gbrg': [[50, 200], [9, 50]],
    'grbg': [[50, 9], [200, 50]],
}


@pytest.mark.parametrize('pattern', BAYER)
def test_bayer_pattern_in_png_is_decoded_like_the_raw_one(pattern):
    data = np.tile(np.array(BAYER[pattern], np.uint8), (HEIGHT // 2, WIDTH // 2))
    png = cv2.imencode('.png', data)[1].tobytes()
    in_png = compressed(png, f'bayer_{pattern}8; png compressed ')
    as_is = message(f'bayer_{pattern}8', data.tobytes())
    assert (ImageDecoder().bgr(in_png) == ImageDecoder().bgr(as_is)).all()
    assert (ImageDecoder().gray(in_png) == ImageDecoder().gray(as_is)).all()


def test_bayer_image_that_was_converted_before_compression_is_left_as_it_is():
    data = cv2.imencode('.png', np.arange(24, dtype=np.uint8).reshape(4, 6))[1].tobytes()
    msg = compressed(data, 'bayer_rggb8; png compressed mono8')
    assert ImageDecoder().gray(msg)[0].tolist() == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize('pattern', BAYER)
def test_bayer_pattern_is_decoded_to_its_color(pattern):
    data = np.tile(np.array(BAYER[pattern], np.uint8), (HEIGHT // 2, WIDTH // 2))
    bgr = ImageDecoder().bgr(message(f'bayer_{pattern}8', data.tobytes()))
    assert bgr[1, 2].tolist() == [200, 50, 9]


@pytest.mark.parametrize('pattern', BAYER)
def test_16_bit_bayer_pattern_is_decoded_to_its_color(pattern):
    data = np.tile(np.array(BAYER[pattern], np.uint16) * 257, (HEIGHT // 2, WIDTH // 2))
    bgr = ImageDecoder(white_level=65535).bgr(words(f'bayer_{pattern}16', data.ravel()))
    assert bgr[1, 2].tolist() == [200, 50, 9]


PACKED = {
    'uyvy': 'uyvy',
    'yuv422': 'uyvy',
    'yuyv': 'yuyv',
    'yuv422_yuy2': 'yuyv',
    'yvyu': 'yvyu',
}


@pytest.mark.parametrize(('encoding', 'order'), PACKED.items())
def test_red_in_packed_yuv_is_decoded_to_red(encoding, order):
    # BT.601 video levels.
    pair = [{'y': 81, 'u': 90, 'v': 240}[letter] for letter in order]
    msg = uniform(encoding, pair, WIDTH * HEIGHT // 2)
    assert ImageDecoder().bgr(msg)[0, 0].tolist() == pytest.approx([0, 0, 255], abs=2)
    assert ImageDecoder().gray(msg)[0, 0] == pytest.approx(76, abs=1)


@pytest.mark.parametrize(('encoding', 'pair'), [('nv12', [90, 240]), ('nv21', [240, 90])])
def test_red_in_two_plane_yuv_is_decoded_to_red(encoding, pair):
    msg = message(encoding, bytes([81] * 24 + pair * 6))
    assert ImageDecoder().bgr(msg).shape == (HEIGHT, WIDTH, 3)
    assert ImageDecoder().bgr(msg)[0, 0].tolist() == pytest.approx([0, 0, 255], abs=2)


@pytest.mark.parametrize('encoding', ['uyvy', 'yuyv', 'nv12', 'nv21'])
def test_yuv_round_trip_is_close_to_original(portrait_bgr, encoding):
    small = cv2.resize(portrait_bgr, (64, 48), interpolation=cv2.INTER_AREA)
    planar = cv2.cvtColor(small, cv2.COLOR_BGR2YUV_I420)
    bright, u, v = planar[:48], *planar[48:].reshape(2, 24, 32)
    first, second = (u, v) if encoding != 'nv21' else (v, u)
    if encoding.startswith('nv'):
        data = np.vstack([bright, np.dstack([first, second]).reshape(24, 64)])
    else:
        pair = np.dstack([np.repeat(plane, 2, 0) for plane in (u, v)]).reshape(48, 64)
        order = (pair, bright) if encoding == 'uyvy' else (bright, pair)
        data = np.dstack(order).reshape(48, 128)
    back = ImageDecoder().bgr(message(encoding, data.tobytes(), 64, 48))
    assert np.abs(back.astype(int) - small).mean() < 4


@pytest.mark.parametrize('encoding', ['bgr8', 'rgb8', 'mono8'])
def test_plain_encodings_are_decoded_without_copying(encoding):
    msg = message(encoding, bytes(WIDTH * HEIGHT * ENCODINGS[encoding].channels))
    msg.data = msg.data.copy()
    pixels = ImageDecoder().gray(msg) if encoding == 'mono8' else ImageDecoder().bgr(msg)
    msg.data[0] = 77
    assert 77 in np.atleast_1d(pixels[0, 0])


@pytest.mark.parametrize('encoding', ENCODINGS)
def test_row_padding_is_ignored(encoding):
    kind, decoder = ENCODINGS[encoding], ImageDecoder(white_level=65535)
    row, rows = WIDTH * kind.pixel_bytes, kind.rows(HEIGHT)
    pixels = np.random.default_rng(0).integers(0, 256, (rows, row), np.uint8)
    padded = np.hstack([pixels, np.full((rows, 6), 255, np.uint8)])
    tight = decoder.bgr(message(encoding, pixels.tobytes()))
    assert (decoder.bgr(message(encoding, padded.tobytes(), step=row + 6)) == tight).all()


def test_error_for_unknown_encoding_lists_supported_ones():
    with pytest.raises(ImageError, match="'h264' cannot be read, expected one of mono8, 8UC1"):
        ImageDecoder().gray(message('h264', bytes(96)))
    with pytest.raises(ImageError, match=r"'32FC1' cannot be read \(it is a depth image\)"):
        ImageDecoder().gray(message('32FC1', bytes(96), step=24))


@pytest.mark.parametrize(
    ('msg', 'sentence'),
    [
        (message('bgr8', bytes(72), step=17), 'step is 17 bytes, but 6 pixels of bgr8 take 18'),
        (message('bgr8', bytes(71)), 'data has 71 bytes, but 4 rows of 18 bytes take 72'),
        (message('nv12', bytes(35)), 'data has 35 bytes, but 6 rows of 6 bytes take 36'),
        (message('mono8', b'', width=0), 'the image is 0 x 4 pixels'),
        (message('mono8', b'', height=0), 'the image is 6 x 0 pixels'),
        (message('mono8', b'', width=100_000, height=70_000), 'the image is 100000 x 70000'),
        (message('yuyv', bytes(40), width=5), 'width is 5, but yuyv needs an even one'),
        (message('nv21', bytes(40), height=3), 'height is 3, but nv21 needs an even one'),
    ],
)
def test_invalid_or_inconsistent_size_is_an_error(msg, sentence):
    with pytest.raises(ImageError, match=sentence):
        ImageDecoder().gray(msg)


def test_compressed_png_is_lossless(portrait_bgr):
    data = cv2.imencode('.png', portrait_bgr)[1].tobytes()
    assert (ImageDecoder().bgr(compressed(data, 'png')) == portrait_bgr).all()


def test_compressed_jpeg_is_close_to_original(portrait_bgr):
    msg = jpeg(portrait_bgr, 1)
    assert np.abs(ImageDecoder().bgr(msg).astype(int) - portrait_bgr).mean() < 3
    assert ImageDecoder().gray(msg).shape == portrait_bgr.shape[:2]


def test_compressed_16_bit_png_is_scaled_like_mono16():
    data = cv2.imencode('.png', np.full((30, 40), 2000, np.uint16))[1].tobytes()
    assert (ImageDecoder().gray(compressed(data, 'mono16; png compressed ')) == 125).all()
    assert (ImageDecoder(white_level=2000).gray(compressed(data, 'png')) == 255).all()


def test_compressed_depth_image_is_refused_unless_white_level_is_set():
    data = cv2.imencode('.png', np.full((30, 40), 1000, np.uint16))[1].tobytes()
    msg = compressed(data, '16UC1; png compressed ')
    with pytest.raises(ImageError, match='16UC1 is depth by convention'):
        ImageDecoder().gray(msg)
    assert (ImageDecoder(white_level=2000).gray(msg) == 128).all()


@pytest.mark.parametrize('data', [b'nonsense', b''])
def test_compressed_data_that_is_no_picture_is_an_error(data):
    with pytest.raises(ImageError, match=f"format 'jpeg': {len(data)} bytes are not a picture"):
        ImageDecoder().gray(compressed(data, 'jpeg'))


def test_truncated_jpeg_in_message_is_an_error(portrait_bgr):
    data = cv2.imencode('.jpg', portrait_bgr)[1].tobytes()
    with pytest.raises(ImageError, match=r'a JPEG of .* bytes is truncated'):
        ImageDecoder().gray(compressed(data[: len(data) // 2], 'jpeg'))
