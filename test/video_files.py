"""Video files with images at chosen times, for tests of their readers."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

_SHARED = Path(__file__).parents[1] / '..' / 'shared'


def gray_image(level, size_wh=(64, 48)):
    return np.full((size_wh[1], size_wh[0], 3), level, np.uint8)


def write_video(path, timed, codec='libx264', options=None, rotation=0, container_options=None):
    """Write ``(time_s, bgr)`` images; times are multiples of a millisecond."""
    with av.open(str(path), 'w', options=container_options or {}) as container:
        stream = container.add_stream(codec, options=options or {})
        stream.height, stream.width = timed[0][1].shape[:2]
        stream.pix_fmt = 'yuv420p'
        stream.codec_context.time_base = Fraction(1, 1000)
        for time_s, bgr in timed:
            frame = av.VideoFrame.from_ndarray(bgr, format='bgr24')
            frame.pts, frame.time_base = round(time_s * 1000), Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def times_of(path):
    """Return the presentation time of every image of a video file."""
    with av.open(str(path)) as container:
        return [frame.time for frame in container.decode(video=0)]


def shared_file(name):
    """Return a file in the folder of cases; skip the test if it does not exist."""
    path = _SHARED / name
    if not path.is_file():
        pytest.skip(f'there is no {path}')
    return path
