"""StampedImage and ImageStream: recorded images, whatever they were recorded with."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from fer_ros.errors import ImageError, SettingError
from fer_ros.media.image_source import ImageSource
from fer_ros.structures import ImageArray


@dataclass(frozen=True, eq=False)
class StampedImage:
    """One recorded image.

    Attributes:
        topic: Where it was published, or the name of the file that it is from.
        stamp_ns: As its header has it, in nanoseconds; 0 where nobody stamped it.
        log_time_ns: When it was recorded, in nanoseconds.
        frame_id: As its header has it.
        stamp_s: Time in seconds that the pipeline takes for its acquisition.
        time_s: Seconds since the first image of the stream; never decreasing within a topic.
        gray: ``(H, W)`` uint8.
        decode_bgr: Returns it as ``(H, W, 3)`` uint8 BGR.
    """

    topic: str
    stamp_ns: int
    log_time_ns: int
    frame_id: str
    stamp_s: float
    time_s: float
    gray: ImageArray
    decode_bgr: Callable[[], ImageArray]

    @property
    def size_wh(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.gray.shape[1], self.gray.shape[0]


@dataclass(frozen=True)
class TimeOrigin:
    """The moment of the first image, from which seconds are counted.

    Attributes:
        stamp_ns: By the clock that images are stamped with.
        log_time_ns: By the recorder's.
    """

    stamp_ns: int
    log_time_ns: int


@dataclass(frozen=True, eq=False)
class ImageStream:
    """Images in the order of their recording.

    Attributes:
        name: Of the bag or file.
        topics: With how many images each holds, or less.
        images: Can be gone through once.
        rate_hz: Images per second at which a video of each topic is to be shown.
        origin: Moment at which ``time_s`` is 0.
        live: Whether images come when a camera makes them, without an end.
        problems: A sentence for each thing that is not as it should be; grows while images come.
    """

    name: str
    topics: dict[str, int]
    images: Iterator[StampedImage]
    rate_hz: dict[str, float]
    origin: TimeOrigin
    live: bool = False
    problems: list[str] = field(default_factory=list)


def picture_stream(
    source: str, max_pixels: int, rate_hz: float = 0.0, seconds: float = 0.0
) -> ImageStream:
    """Return the images of anything but a bag, as a stream with one topic.

    Args:
        source: Webcam index, or path of a video file, an image or a folder of images.
        max_pixels: Images with more pixels are refused.
        rate_hz: Images per second; 0: the source's own, 30 for images.
        seconds: A webcam's stream ends after this time; 0: never.

    Raises:
        SourceError: There is no such source or it cannot be read.
        SettingError: The rate is negative.
    """
    if not 0 <= rate_hz <= 1000:
        raise SettingError(f'the rate is {rate_hz} images per second, allowed are 0 to 1000')
    problems: list[str] = []
    opened = ImageSource(source, problems.append)
    rate_hz = rate_hz or opened.rate_hz
    name = f'webcam_{source}' if opened.live else Path(source).resolve().name
    clock = _Clock(opened.live, rate_hz, seconds)
    return ImageStream(
        name,
        {name: opened.count},
        _images(opened, clock, name, max_pixels),
        {name: rate_hz},
        TimeOrigin(clock.start_ns, clock.start_ns),
        opened.live,
        problems,
    )


class _Clock:
    """Says when an image was taken: now by a webcam, else by its number."""

    def __init__(self, live: bool, rate_hz: float, seconds: float) -> None:
        self._live, self._rate_hz = live, rate_hz
        self._limit_s = seconds if live and seconds else float('inf')
        self.start_ns = time.time_ns() if live else 0

    def elapsed_ns(self, index: int) -> int:
        return time.time_ns() - self.start_ns if self._live else round(index / self._rate_hz * 1e9)

    def over(self, elapsed_ns: int) -> bool:
        return elapsed_ns * 1e-9 > self._limit_s


def _images(
    opened: ImageSource, clock: _Clock, name: str, max_pixels: int
) -> Iterator[StampedImage]:
    try:
        for index, bgr in enumerate(opened):
            elapsed_ns = clock.elapsed_ns(index)
            if clock.over(elapsed_ns):
                return
            yield _stamped(bgr, name, clock.start_ns, elapsed_ns, max_pixels)
    finally:
        opened.close()


def _stamped(
    bgr: ImageArray, name: str, start_ns: int, elapsed_ns: int, max_pixels: int
) -> StampedImage:
    height, width = bgr.shape[:2]
    if height * width > max_pixels:
        raise ImageError(
            f'an image of {name} is {width} x {height} pixels, allowed are {max_pixels} together'
        )
    return StampedImage(
        topic=name,
        stamp_ns=start_ns + elapsed_ns,
        log_time_ns=start_ns + elapsed_ns,
        frame_id='camera',
        stamp_s=(start_ns + elapsed_ns) / 1e9,
        time_s=elapsed_ns / 1e9,
        gray=np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY), np.uint8),
        decode_bgr=lambda: bgr,
    )
