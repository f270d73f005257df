"""Camera: an image topic, what it sends, and what became of that."""

from dataclasses import dataclass, field
from typing import Any, TypeAlias

from sensor_msgs.msg import CompressedImage, Image

# The ways in which the node says what became of an image.
FATES = ('published', 'dropped', 'late', 'failed', 'ignored')
Message: TypeAlias = Image | CompressedImage


@dataclass
class Camera:
    """One image topic.

    Attributes:
        topic: Its full name.
        good: What it sends when nothing is wrong.
        publisher: Of its images; None while nobody sends any.
        sent: Images, since the node counts.
        fates: What became of them, as the node's diagnostics say.
        last_ns: Stamp of the last image.
    """

    topic: str
    good: Message
    publisher: Any = None
    sent: int = 0
    fates: dict[str, int] = field(default_factory=dict)
    last_ns: int = 0


@dataclass(frozen=True)
class Answer:
    """What came of an image.

    Attributes:
        time_s: When it arrived.
        delay_s: Time since the image's stamp.
        faces: Number of them.
    """

    time_s: float
    delay_s: float
    faces: int
