"""Output: the interface of everything that publishes results."""

from collections.abc import Mapping
from typing import Any, Protocol

from fer_ros.ros.image_topic import ObservedImage
from fer_ros.structures import FrameEmotions


class Output(Protocol):
    """Publishes results; created when the node is configured.

    ``publish`` is called in the node's image thread and only while the node is active, everything
    else in the executor's thread.
    """

    def activate(self) -> None:
        """Start; ``publish`` is called from now on."""

    def publish(
        self, image: ObservedImage, frame: FrameEmotions, values: Mapping[str, Any]
    ) -> None:
        """Publish the faces in an image.

        Args:
            image: The image.
            frame: All faces in the image.
            values: The node's current parameters by name.
        """

    def deactivate(self) -> None:
        """Stop; may also be called while not active."""

    def close(self) -> None:
        """Destroy publishers, after ``deactivate``."""
