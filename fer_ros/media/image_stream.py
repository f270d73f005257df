"""StampedImage and ImageStream: images of any recording."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from fer_ros.face.pose import CameraIntrinsics
from fer_ros.structures import ImageArray


@dataclass(frozen=True, eq=False)
class StampedImage:
    """One recorded image.

    Attributes:
        topic: Topic it was published on, or name of the file it is from.
        stamp_ns: Stamp in its header in nanoseconds; 0 if there is none.
        log_time_ns: Time of recording in nanoseconds.
        frame_id: Frame in its header.
        stamp_s: Acquisition time in seconds, as used by the pipeline.
        time_s: Seconds since the first image of the stream; never decreasing within a topic.
        gray: ``(H, W)`` uint8.
        decode_bgr: Returns the image as ``(H, W, 3)`` uint8 BGR.
        file: Name of the picture's file; empty for an image from a video, camera or bag.
        new_scene: Whether a new scene starts, so that all earlier faces are forgotten.
        camera: Intrinsics of the camera; ``None`` if unknown.
    """

    topic: str
    stamp_ns: int
    log_time_ns: int
    frame_id: str
    stamp_s: float
    time_s: float
    gray: ImageArray
    decode_bgr: Callable[[], ImageArray]
    file: str = ''
    new_scene: bool = False
    camera: CameraIntrinsics | None = None

    @property
    def size_wh(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.gray.shape[1], self.gray.shape[0]


@dataclass(frozen=True)
class TimeOrigin:
    """The time of the first image, from which seconds are counted.

    Attributes:
        stamp_ns: Nanoseconds by the clock that stamps images.
        log_time_ns: Nanoseconds by the recorder's clock.
    """

    stamp_ns: int
    log_time_ns: int


@dataclass(frozen=True, eq=False)
class ImageStream:
    """Images in the order in which they were recorded.

    Attributes:
        name: Name of the bag or file.
        topics: Upper bound of the number of images per topic.
        images: The images; can be iterated once.
        origin: Time at which ``time_s`` is 0; for a camera unknown, and 0.
        live: Whether images come from a camera, in real time and without end.
        stills: Whether the images are unrelated pictures rather than a sequence in time.
        problems: A sentence for each problem; grows while images are read.
        stop: Is set to end a live stream; its images so far are the recording.
    """

    name: str
    topics: dict[str, int]
    images: Iterator[StampedImage]
    origin: TimeOrigin
    live: bool = False
    stills: bool = False
    problems: list[str] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)

    def said(self) -> tuple[str, ...]:
        """Return the problems without repetitions, which reading twice may cause."""
        return tuple(dict.fromkeys(self.problems))
