"""VideoFile: writes stamped images to a video file that browsers and chat programs play."""

from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from fer_ros.errors import SourceError
from fer_ros.media.video_reader import require_av
from fer_ros.structures import ImageArray

# Ticks per second; a multiple of the usual frame rates.
_TIME_BASE = Fraction(1, 90_000)
# What OpenCV makes of sRGB, by the numbers of ITU-T H.273: BT.601 with values from 16 to 235.
_COLOURS = {'color_primaries': 1, 'color_trc': 13, 'colorspace': 6, 'color_range': 1}
_H264: dict[str, str] = {'preset': 'ultrafast', 'crf': '23'}
_VP9: dict[str, str] = {'deadline': 'realtime', 'cpu-used': '8', 'crf': '32', 'b:v': '0'}


class VideoFile:
    """An MP4 file, in H.264 if possible, that gets its final name when it is closed.

    Each image is shown at its own time, whatever the rate.
    """

    def __init__(self, path: Path) -> None:
        """Args:
        path: Path of the file.

        Raises:
            SourceError: PyAV is not installed or too old, or can write neither H.264 nor VP9.
        """
        self._av = require_av()
        self._path = path
        self._aside = path.with_name(f'.{path.name}')
        self._codec, self._options = self._choose()
        self._container: Any = None
        self._stream: Any = None
        self._start_s = 0.0
        self._last_ticks = -1

    @property
    def note(self) -> str:
        """A sentence if the video is not H.264; otherwise empty."""
        if self._codec == 'libx264':
            return ''
        return f'{self._path.name} is VP9, because this build of PyAV cannot write H.264'

    @property
    def empty(self) -> bool:
        """Whether no image has been written."""
        return self._container is None

    def write(self, bgr: ImageArray, stamp_s: float) -> None:
        """Add an image.

        Args:
            bgr: ``(H, W, 3)`` uint8; later images are scaled to the size of the first.
            stamp_s: Time in seconds; an image that is not later than the last one is left out.

        Raises:
            SourceError: The file cannot be written.
        """
        try:
            if self._container is None:
                self._open(bgr, stamp_s)
            ticks = round((stamp_s - self._start_s) / _TIME_BASE)
            if ticks <= self._last_ticks:
                return
            self._last_ticks = ticks
            yuv = cv2.cvtColor(self._fitted(bgr), cv2.COLOR_BGR2YUV_I420)
            frame = self._av.VideoFrame.from_ndarray(yuv, format='yuv420p')
            frame.pts, frame.time_base = ticks, _TIME_BASE
            self._container.mux(self._stream.encode(frame))
        except (self._av.error.FFmpegError, OSError) as error:
            raise self._failure(error) from None

    def close(self) -> None:
        """Finish the file; without any image, no file is created.

        Raises:
            SourceError: The file cannot be written.
        """
        if self._container is None:
            return
        container, self._container = self._container, None
        try:
            container.mux(self._stream.encode(None))
            container.close()
            self._aside.replace(self._path)
        except (self._av.error.FFmpegError, OSError) as error:
            with suppress(OSError):
                self._aside.unlink(missing_ok=True)
            raise self._failure(error) from None

    def _choose(self) -> tuple[str, dict[str, str]]:
        for codec, options in (('libx264', _H264), ('libvpx-vp9', _VP9)):
            with suppress(self._av.error.FFmpegError, ValueError):
                self._av.codec.Codec(codec, 'w')
                return codec, options
        raise SourceError(
            f'video {self._path} cannot be written: this build of PyAV has no encoder for H.264 '
            'or VP9'
        )

    def _open(self, bgr: ImageArray, stamp_s: float) -> None:
        container = self._av.open(
            str(self._aside), 'w', format='mp4', options={'movflags': '+faststart'}
        )
        stream = container.add_stream(self._codec, options=self._options)
        height, width = bgr.shape[:2]
        # Colour has half the resolution, so both sides must be even.
        stream.width, stream.height = width + width % 2, height + height % 2
        stream.pix_fmt = 'yuv420p'
        stream.codec_context.time_base = _TIME_BASE
        # Players take an HD video that does not say so for BT.709.
        for name, number in _COLOURS.items():
            setattr(stream.codec_context, name, number)
        container.start_encoding()
        self._container, self._stream, self._start_s = container, stream, stamp_s

    def _fitted(self, bgr: ImageArray) -> ImageArray:
        """Return an image of the video's size, with edges repeated where a pixel is missing."""
        height, width = self._stream.height, self._stream.width
        bottom, right = height - bgr.shape[0], width - bgr.shape[1]
        if bottom not in (0, 1) or right not in (0, 1):
            return np.asarray(cv2.resize(bgr, (width, height)), np.uint8)
        if bottom or right:
            return np.asarray(
                cv2.copyMakeBorder(bgr, 0, bottom, 0, right, cv2.BORDER_REPLICATE), np.uint8
            )
        return bgr

    def _failure(self, error: Exception) -> SourceError:
        reason = getattr(error, 'strerror', None) or error
        return SourceError(f'video {self._path} cannot be written: {reason}')
