import io
import struct
import zlib
from contextlib import suppress

import cv2
import numpy as np
import pytest
from PIL import Image

from fer_ros.errors import ImageError
from fer_ros.messages.picture import Picture, decode_picture, read_header

COLOR = cv2.IMREAD_COLOR
# For images on topics, which must be complete.
AS_SENT = cv2.IMREAD_IGNORE_ORIENTATION
MAX_PIXELS = 1_000_000


@pytest.fixture(scope='module')
def picture(portrait_bgr):
    return cv2.resize(portrait_bgr, (328, 246), interpolation=cv2.INTER_AREA)


@pytest.fixture(scope='module')
def jpeg(picture):
    return cv2.imencode('.jpg', picture)[1].tobytes()


@pytest.fixture(scope='module')
def png(picture):
    return cv2.imencode('.png', picture)[1].tobytes()


def progressive(bgr):
    return cv2.imencode('.jpg', bgr, [cv2.IMWRITE_JPEG_PROGRESSIVE, 1])[1].tobytes()


def with_restarts(bgr):
    return cv2.imencode('.jpg', bgr, [cv2.IMWRITE_JPEG_RST_INTERVAL, 3])[1].tobytes()


def without_tables(jpeg):
    """Return a JPEG without Huffman tables, as sent by UVC cameras."""
    kept, position = bytearray(jpeg[:2]), 2
    while jpeg[position + 1] != 0xDA:
        after = position + 2 + int.from_bytes(jpeg[position + 2 : position + 4], 'big')
        if jpeg[position + 1] != 0xC4:
            kept += jpeg[position:after]
        position = after
    return bytes(kept + jpeg[position:])


def with_thumbnail(bgr):
    """Return a JPEG that has another one in its EXIF data."""
    small, whole = io.BytesIO(), io.BytesIO()
    Image.new('RGB', (16, 8)).save(small, 'JPEG')
    Image.fromarray(bgr[:, :, ::-1]).save(whole, 'JPEG', exif=b'Exif\0\0' + small.getvalue())
    return whole.getvalue()


def chunk(kind, content):
    body = kind + content
    return struct.pack('>I', len(content)) + body + struct.pack('>I', zlib.crc32(body))


def bomb(width, height):
    """Return a PNG of a few bytes that claims to be enormous."""
    header = struct.pack('>IIBBBBB', width, height, 8, 2, 0, 0, 0)
    body = chunk(b'IHDR', header) + chunk(b'IDAT', zlib.compress(b'')) + chunk(b'IEND', b'')
    return b'\x89PNG\r\n\x1a\n' + body


def jpeg_of_size(jpeg, width, height):
    """Return a JPEG whose header claims another size."""
    start = jpeg.index(b'\xff\xc0') + 5
    return jpeg[:start] + struct.pack('>HH', height, width) + jpeg[start + 4 :]


def test_jpeg_header_gives_size_and_end(jpeg):
    assert read_header(jpeg) == Picture('JPEG', 328, 246, len(jpeg), sequential=True)
    assert read_header(jpeg + bytes(90)) == Picture('JPEG', 328, 246, len(jpeg), sequential=True)


def test_png_header_gives_size_and_end(png):
    assert read_header(png + bytes(90)) == Picture('PNG', 328, 246, len(png))


def test_jpeg_header_is_not_confused_with_that_of_thumbnail(picture):
    data = with_thumbnail(picture)
    found = read_header(data)
    assert (found.width, found.height, found.end) == (328, 246, len(data))


def test_webp_header_gives_size(picture):
    found = read_header(cv2.imencode('.webp', picture)[1].tobytes())
    assert (found.width, found.height) == (328, 246)


@pytest.mark.parametrize('padding', [bytes(600), bytes(90_000), b'\r\n', b'\xff\xd8\xff' * 40])
def test_padding_after_end_of_picture_is_ignored(jpeg, png, padding):
    for data in (jpeg, png):
        bare = decode_picture(data, COLOR, MAX_PIXELS)
        assert (decode_picture(data + padding, COLOR, MAX_PIXELS) == bare).all()


@pytest.mark.parametrize('kind', [bytes, with_restarts, without_tables], ids=lambda f: f.__name__)
def test_jpeg_with_complete_scan_but_no_end_marker_is_read(picture, jpeg, kind):
    data = with_restarts(picture) if kind is with_restarts else kind(jpeg)
    whole = decode_picture(data, COLOR, MAX_PIXELS)
    assert (decode_picture(data[:-2], COLOR, MAX_PIXELS) == whole).all()
    assert (decode_picture(data[:-1], COLOR, MAX_PIXELS) == whole).all()


@pytest.mark.parametrize('share', [0.3, 0.5, 0.9, 0.99])
def test_truncated_picture_is_an_error(picture, jpeg, png, share):
    for data in (jpeg, png, progressive(picture), with_restarts(picture)):
        with pytest.raises(ImageError, match='bytes is truncated'):
            decode_picture(data[: int(share * len(data))], COLOR, MAX_PIXELS)


def test_jpeg_truncated_anywhere_in_scan_is_an_error(picture, jpeg):
    for data in (jpeg, with_restarts(picture)):
        # Bytes of the last rows' right edge, outside the picture, may be missing.
        for length in range(1000, len(data) - 150, 151):
            with pytest.raises(ImageError, match='is truncated'):
                decode_picture(data[:length], COLOR, MAX_PIXELS)


def test_progressive_jpeg_without_end_marker_is_an_error(picture):
    with pytest.raises(ImageError, match='is truncated'):
        decode_picture(progressive(picture)[:-2], COLOR, MAX_PIXELS)


def test_truncated_jpeg_is_partially_decoded_on_request(picture, jpeg):
    said = []
    half = decode_picture(jpeg[: len(jpeg) // 2], COLOR, MAX_PIXELS, said.append)
    assert said == [f'a JPEG of {len(jpeg) // 2} bytes is truncated']
    assert half.shape == picture.shape
    assert np.abs(half[:90].astype(int) - picture[:90]).mean() < 4


@pytest.mark.parametrize('size', [(60_000, 60_000), (1001, 1000), (0, 10)])
def test_picture_with_too_large_or_zero_size_is_refused_by_its_header(jpeg, size):
    width, height = size
    for data in (bomb(width, height), jpeg_of_size(jpeg, width, height)):
        with pytest.raises(ImageError, match=f'the image is {width} x {height} pixels'):
            decode_picture(data, COLOR, MAX_PIXELS, on_cut=print)


@pytest.mark.parametrize('length', range(0, 700, 7))
def test_first_bytes_of_picture_alone_are_an_error(jpeg, png, length):
    for data in (jpeg, png):
        with pytest.raises(ImageError, match=r'not a picture|is truncated|0 x 0 pixels'):
            decode_picture(data[:length], COLOR, MAX_PIXELS)


def test_flipped_bits_give_picture_or_image_error(jpeg, png):
    rng = np.random.default_rng(1)
    for number in range(300):
        data = bytearray((jpeg, png)[number % 2])
        for place in rng.integers(0, len(data) if number % 3 else 700, 4):
            data[place] ^= 1 << int(rng.integers(8))
        with suppress(ImageError):
            assert decode_picture(bytes(data), COLOR, MAX_PIXELS).ndim == 3


def test_flipped_bits_print_nothing(jpeg, png, capfd):
    rng = np.random.default_rng(1)
    for number in range(100):
        data = bytearray((jpeg, png)[number % 2])
        for place in rng.integers(1000, len(data), 20):
            data[place] ^= 1 << int(rng.integers(8))
        for flags in (COLOR, cv2.IMREAD_GRAYSCALE):
            with suppress(ImageError):
                decode_picture(bytes(data), flags | AS_SENT, MAX_PIXELS)
    assert capfd.readouterr() == ('', '')


def test_error_for_wrong_png_checksum_names_chunk(png):
    data = bytearray(png)
    data[len(data) // 2] ^= 1
    with pytest.raises(ImageError, match='damaged: the checksum of its IDAT is wrong'):
        decode_picture(bytes(data), COLOR, MAX_PIXELS)


@pytest.mark.parametrize('kind', [b'zTXt', b'iCCP', b'iTXt'])
def test_compressed_metadata_of_png_is_ignored(png, kind, capfd):
    packed = zlib.compress(bytes(50_000_000), 9)
    beside = chunk(kind, b'name\0\0' + packed)
    after_header = 8 + 25
    swollen = png[:after_header] + beside + png[after_header:]
    plain = decode_picture(png, COLOR, MAX_PIXELS)
    assert np.array_equal(decode_picture(swollen, COLOR, MAX_PIXELS), plain)
    assert capfd.readouterr().err == ''


@pytest.mark.parametrize('flags', [COLOR, cv2.IMREAD_GRAYSCALE])
@pytest.mark.parametrize(
    'kind', ['plain', 'progressive', 'with restarts', 'without tables', 'gray']
)
def test_jpeg_on_topic_has_same_pixels_as_decoded_by_opencv(picture, jpeg, kind, flags):
    data = {
        'plain': jpeg,
        'progressive': progressive(picture),
        'with restarts': with_restarts(picture),
        'without tables': without_tables(jpeg),
        'gray': cv2.imencode('.jpg', picture[:, :, 0])[1].tobytes(),
    }[kind]
    assert np.array_equal(
        decode_picture(data, flags | AS_SENT, MAX_PIXELS),
        cv2.imdecode(np.frombuffer(data, np.uint8), flags),
    )


def test_any_bytes_like_object_is_decoded_to_same_pixels(jpeg, png):
    for data in (jpeg, png):
        expected = decode_picture(data, COLOR, MAX_PIXELS)
        for held in (np.frombuffer(data, np.uint8), memoryview(data), bytearray(data)):
            assert np.array_equal(decode_picture(held, COLOR, MAX_PIXELS), expected)
