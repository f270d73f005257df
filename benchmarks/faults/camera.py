"""Camera: an image topic, its publisher, and the counts of its images."""

from dataclasses import dataclass, field
from typing import Any, TypeAlias

from sensor_msgs.msg import CompressedImage, Image

# The counts in the node's diagnostics, one of which includes every image.
OUTCOMES = ('published', 'dropped', 'late', 'failed', 'ignored')
Message: TypeAlias = Image | CompressedImage


@dataclass
class Camera:
    """One image topic.

    Attributes:
        topic: Full name of the topic.
        good: Valid image that it sends by default.
        publisher: Publisher of its images; None while it is closed.
        sent: Number of images sent since the node's counts started.
        outcomes: The node's counts of these images, from its diagnostics.
        last_ns: Stamp of the last image.
    """

    topic: str
    good: Message
    publisher: Any = None
    sent: int = 0
    outcomes: dict[str, int] = field(default_factory=dict)
    last_ns: int = 0


@dataclass(frozen=True)
class Answer:
    """The node's answer to an image.

    Attributes:
        time_s: Time of arrival, on the monotonic clock.
        delay_s: Time since the image's stamp.
        faces: Number of faces.
    """

    time_s: float
    delay_s: float
    faces: int
