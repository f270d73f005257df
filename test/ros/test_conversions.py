import array
import dataclasses
import math

import cv2
import numpy as np
import pytest
from fer_ros.msg import FaceEmotion as FaceEmotionMsg
from fer_ros.msg import FaceEmotionArray
from rclpy.serialization import deserialize_message, serialize_message
from sensor_msgs.msg import CompressedImage, Image
from stamped import header

from fer_ros.errors import ImageError
from fer_ros.messages.emotions import frame_from_msg, stamp_s_from_msg
from fer_ros.messages.images import ENCODINGS
from fer_ros.ros import conversions
from fer_ros.ros.conversions import (
    bgr_from_msg,
    bgr_to_msg,
    cv_bridge_converter,
    frame_to_msg,
    gray_from_msg,
    rosbags_converter,
)
from fer_ros.structures import FaceBox, FaceEmotion, FrameEmotions, HeadPose, Judgement, Landmarks

WIDTH, HEIGHT = 6, 4
CLASSES = ('neutral', 'anger', 'fear')


def message(encoding, data, width=WIDTH, height=HEIGHT, step=None, is_bigendian=0):
    data = bytes(data)
    return Image(
        encoding=encoding,
        width=width,
        height=height,
        step=width * ENCODINGS.get(encoding, 1) if step is None else step,
        is_bigendian=is_bigendian,
        data=array.array('B', data),
    )


def uniform(encoding, pixel, **arguments):
    return message(
        encoding,
        bytes(pixel)
        * (WIDTH * HEIGHT // (2 if len(pixel) == 4 and ENCODINGS[encoding] == 2 else 1)),
        **arguments,
    )


# A uniform picture of BGR (30, 200, 120) in every encoding of three colours.
COLOURS = {
    'bgr8': [30, 200, 120],
    'rgb8': [120, 200, 30],
    'bgra8': [30, 200, 120, 255],
    'rgba8': [120, 200, 30, 255],
}


@pytest.mark.parametrize(('encoding', 'pixel'), COLOURS.items())
def test_colour_encoding_becomes_bgr_and_gray(encoding, pixel):
    msg = uniform(encoding, pixel)
    assert bgr_from_msg(msg).shape == (HEIGHT, WIDTH, 3)
    assert (bgr_from_msg(msg) == [30, 200, 120]).all()
    # 0.114 * 30 + 0.587 * 200 + 0.299 * 120
    assert (gray_from_msg(msg) == 157).all()


def test_mono8_is_gray_and_gray_bgr():
    msg = message('mono8', range(24))
    assert gray_from_msg(msg).tolist()[1] == [6, 7, 8, 9, 10, 11]
    assert bgr_from_msg(msg)[1, 2].tolist() == [8, 8, 8]


@pytest.mark.parametrize(('is_bigendian', 'order'), [(0, '<u2'), (1, '>u2')])
def test_mono16_is_scaled_to_eight_bits(is_bigendian, order):
    data = np.full(24, 257 * 100, order).tobytes()
    msg = message('mono16', data, is_bigendian=is_bigendian)
    assert (gray_from_msg(msg) == 100).all()
    assert (bgr_from_msg(msg) == 100).all()


@pytest.mark.parametrize(
    ('encoding', 'top_left'),
    [('bayer_rggb8', 'r'), ('bayer_bggr8', 'b'), ('bayer_gbrg8', 'gb'), ('bayer_grbg8', 'gr')],
)
def test_bayer_pattern_becomes_its_colours(encoding, top_left):
    cells = {
        'r': [[9, 50], [50, 200]],
        'b': [[200, 50], [50, 9]],
        'gb': [[50, 200], [9, 50]],
        'gr': [[50, 9], [200, 50]],
    }[top_left]
    data = np.tile(np.array(cells, np.uint8), (HEIGHT // 2, WIDTH // 2))
    bgr = bgr_from_msg(message(encoding, data.tobytes()))
    assert bgr[1, 2].tolist() == [200, 50, 9]


@pytest.mark.parametrize(
    ('encoding', 'pair'),
    [
        ('yuv422', [128, 90, 128, 90]),
        ('uyvy', [128, 90, 128, 90]),
        ('yuv422_yuy2', [90, 128, 90, 128]),
        ('yuyv', [90, 128, 90, 128]),
    ],
)
def test_packed_yuv_without_colour_is_gray(encoding, pair):
    bgr = bgr_from_msg(uniform(encoding, pair))
    assert bgr.shape == (HEIGHT, WIDTH, 3)
    # (90 - 16) * 255 / 219: video levels.
    assert (bgr == 86).all()


@pytest.mark.parametrize(
    ('encoding', 'pair'),
    [('uyvy', [90, 81, 240, 81]), ('yuyv', [81, 90, 81, 240])],
)
def test_packed_yuv_of_red_is_red(encoding, pair):
    # BT.601 video levels: Y 81, U 90, V 240.
    bgr = bgr_from_msg(uniform(encoding, pair))
    assert bgr[0, 0].tolist() == pytest.approx([0, 0, 255], abs=2)


@pytest.mark.parametrize('encoding', ['bgr8', 'rgb8', 'mono8'])
def test_plain_encodings_are_views_on_the_message(encoding):
    msg = message(encoding, bytes(WIDTH * HEIGHT * ENCODINGS[encoding]))
    pixels = gray_from_msg(msg) if encoding == 'mono8' else bgr_from_msg(msg)
    msg.data[0] = 77
    assert 77 in pixels[0, 0] if pixels.ndim == 3 else pixels[0, 0] == 77


@pytest.mark.parametrize('encoding', ENCODINGS)
def test_padding_at_the_end_of_rows_is_left_out(encoding):
    rng = np.random.default_rng(0)
    row = WIDTH * ENCODINGS[encoding]
    pixels = rng.integers(0, 256, (HEIGHT, row), np.uint8)
    padded = np.hstack([pixels, np.full((HEIGHT, 5), 255, np.uint8)])
    tight = bgr_from_msg(message(encoding, pixels.tobytes()))
    assert (bgr_from_msg(message(encoding, padded.tobytes(), step=row + 5)) == tight).all()


@pytest.mark.parametrize('encoding', ENCODINGS)
@pytest.mark.parametrize('library', [cv_bridge_converter, rosbags_converter])
def test_every_library_gives_equal_pixels(monkeypatch, encoding, library):
    convert = library()
    if convert is None:
        pytest.skip('not installed')
    rng = np.random.default_rng(0)
    data = rng.integers(0, 256, WIDTH * HEIGHT * ENCODINGS[encoding], np.uint8).tobytes()
    ours = bgr_from_msg(message(encoding, data))
    known = {'uyvy': 'yuv422', 'yuyv': 'yuv422_yuy2'}.get(encoding, encoding)
    msg = message(encoding, data)
    msg.encoding = known
    theirs = convert(msg, 'bgr8')
    # rosbags-image rounds 16 bits down where OpenCV, and cv_bridge with it, rounds to the nearest.
    tolerance = 1 if encoding == 'mono16' and library is rosbags_converter else 0
    if encoding == 'mono16':
        theirs = cv2.cvtColor(convert(message('mono16', data), 'mono8'), cv2.COLOR_GRAY2BGR)
    assert np.abs(ours.astype(int) - theirs).max() <= tolerance


def test_unknown_encoding_names_those_that_are_supported():
    with pytest.raises(ImageError, match="encoding '32FC1' cannot be read, supported are mono8"):
        gray_from_msg(message('32FC1', bytes(96), step=24))


@pytest.mark.parametrize(
    ('msg', 'sentence'),
    [
        (message('bgr8', bytes(72), step=17), 'step is 17 bytes, but 6 pixels of bgr8 take 18'),
        (message('bgr8', bytes(71)), 'data has 71 bytes, but 4 rows of 18 bytes take 72'),
        (message('mono8', b'', width=0), 'the image is 0 x 4 pixels'),
        (message('mono8', b'', height=0), 'the image is 6 x 0 pixels'),
        (message('mono8', b'', width=100_000, height=70_000), 'the image is 100000 x 70000'),
        (message('yuyv', bytes(40), width=5), 'width is 5, but yuyv needs an even one'),
    ],
)
def test_sizes_that_do_not_fit_are_an_error(msg, sentence):
    with pytest.raises(ImageError, match=sentence):
        gray_from_msg(msg)


def compressed(kind, pixels):
    ok, data = cv2.imencode(kind, pixels)
    assert ok
    return CompressedImage(format=kind[1:], data=array.array('B', data.tobytes()))


def test_compressed_png_is_lossless():
    pixels = np.random.default_rng(0).integers(0, 256, (30, 40, 3), np.uint8)
    assert (bgr_from_msg(compressed('.png', pixels)) == pixels).all()


def test_compressed_jpeg_is_close():
    pixels = np.full((30, 40, 3), (30, 200, 120), np.uint8)
    assert bgr_from_msg(compressed('.jpg', pixels)).astype(int) == pytest.approx(pixels, abs=3)
    assert gray_from_msg(compressed('.jpg', pixels)).shape == (30, 40)


def test_compressed_image_with_padding_is_read():
    msg = compressed('.jpg', np.full((30, 40, 3), 90, np.uint8))
    msg.data = array.array('B', bytes(msg.data) + b'\r\n' + bytes(64))
    assert gray_from_msg(msg).shape == (30, 40)


@pytest.mark.parametrize('kind', ['.jpg', '.png'])
def test_compressed_image_cut_in_half_is_an_error(kind):
    pixels = np.random.default_rng(0).integers(0, 256, (30, 40, 3), np.uint8)
    msg = compressed(kind, pixels)
    msg.data = msg.data[: len(msg.data) // 2]
    with pytest.raises(ImageError, match='ends before the picture does'):
        gray_from_msg(msg)


def test_compressed_nonsense_is_an_error():
    with pytest.raises(ImageError, match="format 'jpeg' and 8 bytes is no picture"):
        gray_from_msg(CompressedImage(format='jpeg', data=array.array('B', b'nonsense')))


def test_compressed_enormous_image_is_refused_before_it_is_decoded():
    msg = compressed('.png', np.zeros((300, 400), np.uint8))
    with pytest.raises(ImageError, match='the image is 400 x 300 pixels, allowed are 1000'):
        gray_from_msg(msg, max_pixels=1000)


def test_bgr_there_and_back_is_the_same():
    pixels = np.random.default_rng(0).integers(0, 256, (30, 40, 3), np.uint8)
    msg = bgr_to_msg(pixels, header(3.25))
    assert (bgr_from_msg(msg) == pixels).all()
    assert (msg.width, msg.height, msg.step, msg.encoding) == (40, 30, 120, 'bgr8')
    assert stamp_s_from_msg(msg.header.stamp) == 3.25


def test_without_a_library_the_sentence_says_what_to_install(monkeypatch):
    monkeypatch.setattr(conversions, 'cv_bridge_converter', lambda: None)
    monkeypatch.setattr(conversions, 'rosbags_converter', lambda: None)
    conversions.image_converter.cache_clear()
    with pytest.raises(ImageError, match=r'needs cv_bridge .* or the pip package rosbags-image'):
        bgr_from_msg(message('rgba8', bytes(96)))
    conversions.image_converter.cache_clear()


def face(**fields):
    points = np.arange(136, dtype=np.float32).reshape(68, 2) / 4
    smoothed = np.array([0.25, 0.5, 0.25], np.float32)
    alone = np.array([0.0, 1.0, 0.0], np.float32)
    return FaceEmotion(
        **{
            'face_id': 2,
            'box': FaceBox(10, 20, 50, 80),
            'landmarks': Landmarks(points),
            'emotion': 'anger',
            'confidence': 0.5,
            'probabilities': smoothed,
            'frame_probabilities': alone,
            **fields,
        }
    )


def frame_of(*faces, stamp_s=7.5):
    return FrameEmotions(stamp_s, CLASSES, faces, (640, 480), 'ferplus.onnx@012345abcdef')


def there_and_back(frame, **options):
    """Return a frame after the conversion to its message and through the wire, and back."""
    msg = frame_to_msg(frame, header(frame.stamp_s), '/eye/image_raw', **options)
    return frame_from_msg(deserialize_message(serialize_message(msg), FaceEmotionArray))


def test_frame_there_and_back_is_the_same():
    frame = frame_of(face(first_seen_s=7.25, detected=True), face(face_id=9))
    back = there_and_back(frame)
    assert (back.stamp_s, back.classes, back.size_wh) == (7.5, CLASSES, (640, 480))
    assert (back.model, back.measure_names) == ('ferplus.onnx@012345abcdef', ())
    before, after = frame.faces[0], back.faces[0]
    assert (after.face_id, after.emotion, after.confidence) == (2, 'anger', 0.5)
    assert (after.judgement, after.first_seen_s, after.detected) == (Judgement.JUDGED, 7.25, True)
    assert after.box == before.box
    assert (after.landmarks.points_px == before.landmarks.points_px).all()
    assert (after.probabilities == before.probabilities).all()
    assert (after.frame_probabilities == before.frame_probabilities).all()
    assert [face.face_id for face in back.faces] == [2, 9]


def test_frame_of_nobody_there_and_back_is_empty():
    assert there_and_back(frame_of(stamp_s=0.0)) == frame_of(stamp_s=0.0)


def test_what_is_not_known_there_and_back_is_nan_or_empty():
    nothing = np.empty(0, np.float32)
    unknown = face(
        landmarks=None,
        emotion='',
        confidence=math.nan,
        probabilities=nothing,
        frame_probabilities=nothing,
        judgement=Judgement.NO_FACE_SHAPE,
    )
    (after,) = there_and_back(frame_of(unknown)).faces
    assert (after.landmarks, after.emotion, after.judgement) == (None, '', 5)
    numbers = [after.confidence, after.quality, *dataclasses.astuple(after.head)[:4]]
    assert np.isnan([*numbers, *after.head.position_m]).all()
    assert {len(after.probabilities), len(after.frame_probabilities), len(after.measures)} == {0}


def test_zeros_there_and_back_stay_zeros():
    zero = face(
        landmarks=Landmarks(np.zeros((68, 2), np.float32)),
        confidence=0.0,
        probabilities=np.zeros(3, np.float32),
        first_seen_s=0.0,
        quality=0.0,
        head=HeadPose(0.0, 0.0, 0.0, 0.0, (0.0, 0.0, 0.0)),
    )
    (after,) = there_and_back(frame_of(zero)).faces
    assert (after.confidence, after.first_seen_s, after.quality) == (0, 0, 0)
    assert after.head == HeadPose(0, 0, 0, 0, (0, 0, 0))
    assert after.landmarks.points_px.tolist() == [[0, 0]] * 68
    assert after.probabilities.tolist() == [0, 0, 0]


def test_pose_quality_and_measures_there_and_back_are_the_same():
    head = HeadPose(0.5, -0.25, 0.125, 0.75, (0.1, -0.2, 1.3))
    full = face(head=head, quality=0.875, measures=np.array([0.5, -1], np.float32))
    frame = dataclasses.replace(frame_of(full), measure_names=('valence', 'arousal'))
    back = there_and_back(frame)
    assert back.measure_names == ('valence', 'arousal')
    (after,) = back.faces
    assert (after.head, after.quality) == (head, 0.875)
    assert after.measures.tolist() == [0.5, -1]


def test_judgements_are_the_constants_of_the_message():
    constants = {name: getattr(FaceEmotionMsg, name) for name in Judgement.__members__}
    assert constants == Judgement.__members__


def test_message_says_topic_size_and_landmark_layout():
    msg = frame_to_msg(frame_of(face()), header(7.5), '/eye/image_raw')
    assert (msg.image_topic, msg.image_width, msg.image_height) == ('/eye/image_raw', 640, 480)
    assert (msg.landmark_layout, len(msg.faces[0].landmarks)) == ('ibug68', 136)


def test_landmarks_can_be_left_out():
    msg = frame_to_msg(frame_of(face()), header(0), '/eye/image_raw', landmarks=False)
    assert (msg.landmark_layout, len(msg.faces[0].landmarks)) == ('', 0)
    assert frame_from_msg(msg).faces[0].landmarks is None
