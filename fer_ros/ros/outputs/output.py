"""Output: something that the node publishes of what it sees."""

from collections.abc import Mapping
from typing import Any, Protocol

from fer_ros.ros.image_topic import ObservedImage
from fer_ros.structures import FrameEmotions


class Output(Protocol):
    """Publishes from what is seen; made when the node is configured.

    ``publish`` is called in the node's image thread, everything else in that of its executor;
    while the node is not active, ``publish`` is not called.
    """

    def activate(self) -> None:
        """Begin; ``publish`` follows."""

    def publish(
        self, image: ObservedImage, frame: FrameEmotions, values: Mapping[str, Any]
    ) -> None:
        """Publish what was seen in an image.

        Args:
            image: The image.
            frame: All faces in it.
            values: The node's parameters by name, as they are at present.
        """

    def deactivate(self) -> None:
        """End; may be called whether it had begun or not."""

    def close(self) -> None:
        """Destroy publishers, after ``deactivate``."""
