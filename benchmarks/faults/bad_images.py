"""Image and camera_info messages with wrong, unusual or random fields."""

import array
import copy
from collections.abc import Iterator
from random import Random
from typing import Any

from sensor_msgs.msg import CameraInfo, Image

_UINT32_MAX = 2**32 - 1
_ENCODINGS = (
    *('', ' ', 'bgr', 'BGR_8', '32FC1', '64FC3', '16UC1', 'mono8\n', 'жираф', '🙂'),
    *('../../etc/passwd', '%s%n%x', 'x' * 10_000),
)
# Valid encodings that need another number of bytes than the image has, or even sides.
_OTHER_ENCODINGS = ('bgra8', 'rgb16', 'bgr16', 'rgba16')


def unreadable_images(good: Image) -> Iterator[Image]:
    """Yield images that cannot be read because of one field, or of two that belong together.

    Args:
        good: Valid image, ``bgr8`` without padding.
    """
    row, size = good.step, len(good.data)
    for encoding in (*_ENCODINGS, *_OTHER_ENCODINGS):
        yield _with(good, encoding=encoding)
    for step in (0, 1, row - 1, row + 1, _UINT32_MAX):
        yield _with(good, step=step)
    for length in (0, 1, size // 2, size - 1):
        yield _with(good, data=good.data[:length])
    for side in (0, 40_000, 2**31, _UINT32_MAX):
        yield _with(good, height=side)
        yield _with(good, width=side)
        yield _with(good, height=side, width=side)
    # Products that overflow 32 bits to small numbers.
    yield _with(good, height=2**16, width=2**16, step=0)
    yield _with(good, height=2**31, width=2, step=2**31)
    yield _with(good, encoding='yuv422', width=good.width - 1)
    yield _with(good, encoding='nv12', height=good.height - 1, step=good.width)


def odd_images(good: Image) -> Iterator[Image]:
    """Yield unusual images that can be read.

    Args:
        good: Valid image, ``bgr8`` without padding.
    """
    for is_bigendian in (1, 2, 255):
        yield _with(good, is_bigendian=is_bigendian)
    for frame_id in ('', '\n', 'x' * 100_000, '🙂'):
        odd = copy.copy(good)
        odd.header = copy.copy(good.header)
        odd.header.frame_id = frame_id
        yield odd
    yield _with(good, data=good.data + array.array('B', bytes(1000)))
    yield _with(good, encoding='mono8')
    # A string is cut at its zero byte in transport.
    yield _with(good, encoding='bgr8\0rubbish')
    yield _with(good, encoding='bayer_rggb8')
    yield _with(good, height=1)
    yield _with(good, width=1)
    yield _with(good, width=1, height=1)
    yield _with(good, width=good.width // 2, encoding='mono16', is_bigendian=1)


def random_image(good: Image, random: Random) -> Image:
    """Return an image with random values in several fields."""
    width = random.choice((0, 1, random.randrange(4000), random.randrange(2**32)))
    height = random.choice((0, 1, random.randrange(4000), random.randrange(2**32)))
    fields = {
        'encoding': random.choice((*_ENCODINGS, 'mono8', 'mono16', 'bayer_gbrg16', 'nv21')),
        'height': height,
        'width': width,
        'step': random.choice((0, width, min(3 * width, _UINT32_MAX), random.randrange(2**32))),
        'is_bigendian': random.randrange(256),
        'data': array.array('B', random.randbytes(random.randrange(100_000))),
    }
    names = random.sample(sorted(fields), random.randint(2, len(fields)))
    return _with(good, **{name: fields[name] for name in names})


def random_camera_info(random: Random) -> CameraInfo:
    """Return a ``CameraInfo`` with numbers that are impossible for a camera."""

    def numbers(count: int) -> list[float]:
        odd = (0.0, -1.0, 1e-300, 1e300, float('nan'), float('inf'), -float('inf'), 300.0)
        return [random.choice(odd) for _ in range(count)]

    sides = (0, 1, 240, 320, _UINT32_MAX)
    info = CameraInfo(
        width=random.choice(sides),
        height=random.choice(sides),
        distortion_model=random.choice(('', 'plumb_bob', 'equidistant', 'x' * 1000)),
        d=numbers(random.choice((0, 1, 4, 5, 8, 14, 100))),
        k=numbers(9),
        r=numbers(9),
        p=numbers(12),
        binning_x=random.choice(sides),
        binning_y=random.choice(sides),
    )
    info.roi.x_offset, info.roi.width = random.choice(sides), random.choice(sides)
    info.header.frame_id = random.choice(('', 'camera'))
    return info


def _with(good: Image, **fields: Any) -> Image:
    """Return a copy of an image, with its own header and some fields replaced."""
    image = copy.copy(good)
    image.header = copy.copy(good.header)
    for name, value in fields.items():
        setattr(image, name, value)
    return image
