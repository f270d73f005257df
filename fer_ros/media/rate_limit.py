"""RateLimit: selects images from a camera that delivers more than needed."""

from collections.abc import Iterator
from dataclasses import replace

from fer_ros.media.image_stream import StampedImage


class RateLimit:
    """Selects images up to a maximum rate, as evenly as they arrive."""

    def __init__(self, max_rate_hz: float) -> None:
        """Args:
        max_rate_hz: Images per second, measured by their stamps; 0: no limit.
        """
        self._period_s = 1 / max_rate_hz if max_rate_hz else 0.0
        self._last_s = float('-inf')
        self._due_s = float('-inf')

    def takes(self, stamp_s: float) -> bool:
        """Return whether to take an image.

        Args:
            stamp_s: Acquisition time in seconds. A stamp that goes back, as when a recording
                starts again, resets the limit.
        """
        if stamp_s < self._last_s:
            self._due_s = float('-inf')
        self._last_s = stamp_s
        # A slightly early stamp belongs to the image that is due.
        if stamp_s < self._due_s - self._period_s / 100:
            return False
        # Due times stay one period apart, so that 20 of 30 images are taken instead of every
        # second one. Up to one period late is made up for, so that jitter costs no images; a
        # pause is not.
        paused = stamp_s - self._due_s > 2 * self._period_s
        self._due_s = stamp_s if paused else max(self._due_s, stamp_s - self._period_s)
        self._due_s += self._period_s
        return True


def rate_limited(images: Iterator[StampedImage], max_rate_hz: float) -> Iterator[StampedImage]:
    """Yield the images of each topic that its rate limit selects.

    If the first image of a new scene is left out, the scene begins with the next one.

    Args:
        images: Images of any number of topics.
        max_rate_hz: Images per second and topic; see ``RateLimit``.
    """
    limits: dict[str, RateLimit] = {}
    new_scenes: set[str] = set()
    for image in images:
        if image.new_scene:
            new_scenes.add(image.topic)
        if limits.setdefault(image.topic, RateLimit(max_rate_hz)).takes(image.stamp_s):
            yield replace(image, new_scene=image.topic in new_scenes)
            new_scenes.discard(image.topic)
