"""StampedImage and ImageStream: recorded images, whatever they were recorded with."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

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
        file: Name of the picture's own file; empty for an image of a video, camera or bag.
        new_scene: Whether nobody of the images before is known any more.
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
        name: Name of the bag or file.
        topics: With how many images each holds, or less.
        images: Can be gone through once.
        origin: Moment at which ``time_s`` is 0.
        live: Whether images come when a camera makes them, without an end.
        stills: Whether they are pictures that do not follow one another in time.
        problems: A sentence for each thing that is not as it should be; grows while images come.
    """

    name: str
    topics: dict[str, int]
    images: Iterator[StampedImage]
    origin: TimeOrigin
    live: bool = False
    stills: bool = False
    problems: list[str] = field(default_factory=list)
