"""RateLimit: which images of a camera are taken when it makes more than anybody needs."""

from collections.abc import Iterator

from fer_ros.media.image_stream import StampedImage


class RateLimit:
    """Takes images at a rate at most, as evenly as they come."""

    def __init__(self, max_rate_hz: float) -> None:
        """Args:
        max_rate_hz: Images per second of their stamps; 0: all are taken.
        """
        self._period_s = 1 / max_rate_hz if max_rate_hz else 0.0
        self._last_s = float('-inf')
        self._due_s = float('-inf')

    def takes(self, stamp_s: float) -> bool:
        """Return whether an image is taken.

        Args:
            stamp_s: Acquisition time in seconds. After one that goes back, as where a recording
                begins anew, all begins anew.
        """
        if stamp_s < self._last_s:
            self._due_s = float('-inf')
        self._last_s = stamp_s
        # A stamp that is a little early belongs to the image that is due.
        if stamp_s < self._due_s - self._period_s / 100:
            return False
        # Due times stay a period apart, so that 20 of 30 images are taken and not every second
        # one; a pause is not made up for.
        late = stamp_s - self._due_s > self._period_s
        self._due_s = (stamp_s if late else self._due_s) + self._period_s
        return True


def rate_limited(images: Iterator[StampedImage], max_rate_hz: float) -> Iterator[StampedImage]:
    """Yield the images that are taken of each topic.

    Args:
        images: Of any number of topics.
        max_rate_hz: See ``RateLimit``.
    """
    limits: dict[str, RateLimit] = {}
    for image in images:
        if limits.setdefault(image.topic, RateLimit(max_rate_hz)).takes(image.stamp_s):
            yield image
