"""source_stream: turns a video, a camera or pictures into stamped images."""

import time
from collections.abc import Iterator

import cv2
import numpy as np

from fer_ros.counted import counted
from fer_ros.errors import SettingError, SourceError
from fer_ros.media.cuts import mark_cuts
from fer_ros.media.image_source import ImageSource, SourceImage
from fer_ros.media.image_stream import ImageStream, StampedImage, TimeOrigin
from fer_ros.media.rate_limit import rate_limited


def source_stream(
    source: str,
    max_pixels: int,
    rate_hz: float = 0.0,
    seconds: float = 0.0,
    cuts: bool = True,
) -> ImageStream:
    """Return the images of any source except a bag, as a stream with one topic.

    Args:
        source: Device, address or path; see ``ImageSource``.
        max_pixels: Images with more pixels are left out and counted.
        rate_hz: Images per second; see ``ImageSource``. Of a camera, at most so many are taken.
        seconds: Duration after which a camera's stream ends; 0: never.
        cuts: Whether to mark where a new scene begins in a film; never done for a camera.

    Raises:
        SourceError: There is no such source or it cannot be read.
        SettingError: The rate is negative.
    """
    if not 0 <= rate_hz <= 1000:
        raise SettingError(f'the rate is {rate_hz} images per second, expected 0 to 1000')
    problems: list[str] = []
    opened = ImageSource(source, problems.append, rate_hz, max_pixels)
    images = _Stamped(opened, seconds, max_pixels, problems).images()
    if opened.live:
        images = rate_limited(images, rate_hz)
    return ImageStream(
        opened.name,
        {opened.name: opened.count},
        mark_cuts(images) if cuts and not (opened.live or opened.stills) else images,
        # Unknown for a camera, whose first image comes when it is read.
        TimeOrigin(0, 0),
        opened.live,
        opened.stills,
        problems,
    )


class _Stamped:
    """The images of a source with stamps: the time of arrival for a camera, else the time of
    the file.
    """

    def __init__(
        self,
        opened: ImageSource,
        seconds: float,
        max_pixels: int,
        problems: list[str],
    ) -> None:
        self._opened, self._max_pixels = opened, max_pixels
        # Both of the first image. The clock of the stamps may be set during a recording, which
        # does not change its times.
        self._start_ns = self._started_ns = 0
        self._limit_ns = seconds * 1e9 if opened.live and seconds else float('inf')
        self._problems = problems
        self._too_large: list[tuple[int, int]] = []

    def images(self) -> Iterator[StampedImage]:
        some = False
        try:
            for number, image in enumerate(self._opened):
                if self._opened.live and not number:
                    # Models were loaded since the camera was opened.
                    self._start_ns, self._started_ns = time.time_ns(), time.monotonic_ns()
                elapsed_ns = self._elapsed_ns(image)
                if elapsed_ns > self._limit_ns:
                    break
                height, width = image.bgr.shape[:2]
                if height * width > self._max_pixels:
                    self._too_large.append((width, height))
                    continue
                some = True
                yield self._stamped(image, elapsed_ns)
        except SourceError as error:
            # The images received until the camera disappeared are the recording.
            if not (self._opened.live and some):
                raise
            self._problems.append(str(error))
        finally:
            self._opened.close()
        if self._too_large:
            width, height = self._too_large[0]
            self._problems.append(
                f'left out {counted(len(self._too_large), "image")} with too many pixels; the '
                f'first: {width} x {height}, the limit is {self._max_pixels} in total'
            )

    def _elapsed_ns(self, image: SourceImage) -> int:
        if self._opened.live:
            return time.monotonic_ns() - self._started_ns
        return round(image.time_s * 1e9)

    def _stamped(self, image: SourceImage, elapsed_ns: int) -> StampedImage:
        stamp_ns = self._start_ns + elapsed_ns
        bgr = image.bgr
        return StampedImage(
            topic=self._opened.name,
            stamp_ns=stamp_ns,
            log_time_ns=stamp_ns,
            frame_id='camera',
            stamp_s=stamp_ns / 1e9,
            time_s=elapsed_ns / 1e9,
            gray=np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY), np.uint8),
            decode_bgr=lambda: bgr,
            file=image.file,
        )
