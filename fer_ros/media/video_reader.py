"""VideoReader: the images of a video file, each with the time at which it is shown."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from fer_ros.counted import counted
from fer_ros.errors import SourceError
from fer_ros.media.address import shown_source
from fer_ros.structures import ImageArray

# Used when a file does not state a plausible frame rate.
_DEFAULT_RATE_HZ = 30.0
_GREATEST_RATE_HZ = 480.0
# A file that is this much shorter than its header says is incomplete.
_MISSING_END_S = 0.5
# Reading stops after this many damaged places in a row.
_MOST_ERRORS = 1000
# Time in seconds for a server to deliver the next part of a file.
_SERVER_S = 30.0
# PyAV 11, which Ubuntu 24.04 packages, does not say how a video is rotated. The disposition of
# streams and the duration of frames came with 15.
_OLDEST_AV = 15


def require_av() -> ModuleType:
    """Return PyAV, which reads and writes video files.

    Raises:
        SourceError: PyAV is not installed, or too old.
    """
    install = f"pip install 'av>={_OLDEST_AV}'"
    try:
        import av
    except ImportError as error:
        raise SourceError(
            'video files are read and written by PyAV, which is not installed: '
            f'{install} ({error})'
        ) from None
    if int(av.__version__.partition('.')[0]) < _OLDEST_AV:
        raise SourceError(
            f'PyAV {av.__version__} is too old: it may show videos of phones on their '
            f'side; {install}'
        )
    return av


class VideoReader:
    """Reads a video file from start to end, skipping damaged places.

    Attributes:
        rate_hz: Images per second, on average or as the file states.
        count: Number of images that the file states; 0 if it states none.
    """

    def __init__(self, file: Path | str, on_problem: Callable[[str], None]) -> None:
        """Open a file.

        Args:
            file: Path of the file, or its address as a string.
            on_problem: Called with a sentence for each part that could not be read.

        Raises:
            SourceError: The file is missing, empty, unreadable or contains no images.
        """
        self._av = require_av()
        self._file = file
        self._shown = str(file) if isinstance(file, Path) else shown_source(file)
        self._name = Path(self._shown).name
        self._on_problem = on_problem
        with self._open() as container:
            stream = _video_stream(container)
            if stream is None:
                raise SourceError(f'video {self._shown} contains no images: {_kinds(container)}')
            self.rate_hz = _rate_hz(stream)
            self._said_s = _said_duration_s(container, stream)
            self.count = stream.frames or round((self._said_s or 0) * self.rate_hz)

    def __iter__(self) -> Iterator[tuple[float, ImageArray]]:
        """Yield the time in seconds from the file's start and ``(H, W, 3)`` uint8 BGR.

        Times are those of the container, increasing from image to image; images are turned by the
        rotation that the file states.
        """
        unreadable = _Unreadable()
        last_s = end_s = float('-inf')
        gap_s = 1 / self.rate_hz
        with self._open() as container:
            start_s = (container.start_time or 0) / 1e6
            for frame in self._frames(container, unreadable):
                # A raw stream has no times.
                time_s = max(last_s + gap_s, 0.0) if frame.time is None else frame.time - start_s
                if time_s <= last_s or frame.is_corrupt:
                    unreadable.add()
                    continue
                if last_s >= 0:
                    gap_s = time_s - last_s
                last_s = unreadable.now_s = time_s
                end_s = time_s + max(gap_s, _duration_s(frame))
                yield time_s, _bgr(frame)
        if unreadable.count:
            self._on_problem(
                f'{self._name} is damaged: {counted(unreadable.count, "image")} could not be '
                f'read, the first after {unreadable.first_s:.2f} s'
            )
        if self._said_s is not None and self._said_s - end_s > _MISSING_END_S:
            self._on_problem(
                f'{self._name} ends after {max(end_s, 0):.2f} s, but its header '
                f'states {self._said_s:.2f} s: the rest is lost'
            )

    def _open(self) -> Any:
        try:
            if not isinstance(self._file, Path):
                # Over UDP, as by default, images would be damaged.
                tcp = {'rtsp_transport': 'tcp'}
                return self._av.open(self._file, options=tcp, timeout=_SERVER_S)
            if not self._file.stat().st_size:
                raise SourceError(f'video {self._shown} is empty: it has 0 bytes')
            # In a relative path, what precedes a colon would be a protocol.
            return self._av.open(str(self._file.absolute()))
        except (self._av.error.FFmpegError, OSError) as error:
            raise SourceError(
                f'video {self._shown} cannot be opened: {error.strerror or error}'
            ) from None

    def _frames(self, container: Any, unreadable: '_Unreadable') -> Iterator[Any]:
        """Yield decoded frames; those that cannot be decoded are counted."""
        stream = _video_stream(container)
        # Decoding whole images in several threads delays each thread by an image, which does not
        # matter here.
        stream.thread_type = 'AUTO'
        packets = container.demux(stream)
        errors = 0
        while errors < _MOST_ERRORS:
            try:
                packet = next(packets, None)
                if packet is None:
                    return
                yield from packet.decode()
                errors = 0
            except (self._av.error.EOFError, self._av.error.ExitError):
                return
            except (self._av.error.FFmpegError, OSError):
                errors += 1
                unreadable.add()
                # A generator that has raised is exhausted; a new one continues after the damage.
                packets = container.demux(stream)


class _Unreadable:
    """Counts images that could not be read.

    Attributes:
        now_s: Time in seconds of the last image that could be read.
        count: Number of images that could not be read.
        first_s: Time in seconds of the last image before the first of these.
    """

    def __init__(self) -> None:
        self.now_s = self.first_s = 0.0
        self.count = 0

    def add(self) -> None:
        if not self.count:
            self.first_s = self.now_s
        self.count += 1


def _video_stream(container: Any) -> Any:
    """Return the first stream of moving images, or ``None`` if there is none."""
    for stream in container.streams.video:
        # An album cover is a video stream as well.
        if 'attached_pic' not in str(stream.disposition).lower():
            return stream
    return None


def _kinds(container: Any) -> str:
    kinds = sorted({stream.type for stream in container.streams})
    return f'there is only {", ".join(kinds)}' if kinds else 'it has no stream'


def _rate_hz(stream: Any) -> float:
    for rate in (stream.average_rate, stream.guessed_rate):
        if rate and 0 < rate <= _GREATEST_RATE_HZ:
            return float(rate)
    return _DEFAULT_RATE_HZ


def _duration_s(frame: Any) -> float:
    """Return how long a frame is shown, or 0 if the file does not say."""
    duration, time_base = frame.duration, frame.time_base
    return float(duration * time_base) if duration and time_base else 0.0


def _said_duration_s(container: Any, stream: Any) -> float | None:
    """Return the duration of the images that the header states, or ``None`` if it states none."""
    if stream.duration is not None and stream.time_base is not None:
        return float(stream.duration * stream.time_base)
    # Matroska stores it as text: 00:01:02.345.
    said = re.match(r'(\d+):(\d+):(\d+(?:\.\d+)?)', stream.metadata.get('DURATION', ''))
    if said:
        hours, minutes, seconds = said.groups()
        return int(hours) * 3600 + int(minutes) * 60 + float(seconds)
    # The duration of the whole file may be that of its sound.
    if container.duration is not None and len(container.streams) == 1:
        return float(container.duration / 1e6)
    return None


def _bgr(frame: Any) -> ImageArray:
    bgr = frame.to_ndarray(format='bgr24')
    # Degrees by which to turn the image anticlockwise.
    quarters = round(frame.rotation / 90) % 4
    return np.ascontiguousarray(np.rot90(bgr, quarters)) if quarters else bgr
