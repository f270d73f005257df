"""Videos, images, folders of images and webcams as a stream of stamped images."""

import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from fer_ros.camera import ImageSource
from fer_ros.errors import ImageError
from fer_ros.replay.stamped_image import ImageStream, StampedImage
from fer_ros.structures import ImageArray


def picture_stream(source: str, max_pixels: int, seconds: float = 0.0) -> ImageStream:
    """Return the images of anything but a bag, as a stream with one topic.

    Args:
        source: Webcam index, or path of a video file, an image or a folder of images.
        max_pixels: Images with more pixels are refused.
        seconds: A webcam's stream ends after this time; 0: never.

    Raises:
        SourceError: There is no such source or it cannot be read.
    """
    problems: list[str] = []
    opened = ImageSource(source, problems.append)
    name = f'webcam_{source}' if opened.live else Path(source).resolve().name
    return ImageStream(
        name,
        {name: opened.count},
        _images(opened, name, max_pixels, seconds),
        {name: opened.rate_hz},
        opened.live,
        problems,
    )


def _images(
    opened: ImageSource, name: str, max_pixels: int, seconds: float
) -> Iterator[StampedImage]:
    start_ns = time.time_ns() if opened.live else 0
    try:
        for index, bgr in enumerate(opened):
            elapsed_ns = (
                time.time_ns() - start_ns if opened.live else round(index / opened.rate_hz * 1e9)
            )
            if opened.live and seconds and elapsed_ns * 1e-9 > seconds:
                return
            yield _stamped(bgr, name, start_ns, elapsed_ns, max_pixels)
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
        stamp_s=(start_ns + elapsed_ns) * 1e-9,
        time_s=elapsed_ns * 1e-9,
        gray=np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY), np.uint8),
        decode_bgr=lambda: bgr,
    )
