"""StampedImage and ImageStream: what is replayed, whatever it was recorded with."""

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


@dataclass(eq=False)
class ImageStream:
    """Images in the order of their recording.

    Attributes:
        name: Of the bag or file.
        topics: With how many images each holds, or less.
        images: Can be gone through once.
        rate_hz: Images per second at which a video of each topic is to be shown.
        live: Whether images come when a camera makes them, without an end.
        problems: A sentence for each thing that is not as it should be; grows while images come.
    """

    name: str
    topics: dict[str, int]
    images: Iterator[StampedImage]
    rate_hz: dict[str, float]
    live: bool = False
    problems: list[str] = field(default_factory=list)
