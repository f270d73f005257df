"""WhiteLevel: which value of 16 bits is white."""

from collections.abc import Callable

import cv2
import numpy as np

from fer_ros.structures import ImageArray

# What converters of cameras have.
_SENSOR_BITS = (8, 10, 12, 14, 16)
# Share of pixels that may be white for no reason.
_BROKEN = 0.0005


class WhiteLevel:
    """Scales the 16-bit images of one topic to 8 bits, all of them alike.

    Messages do not say how many of 16 bits a sensor uses. Where nobody else says it, the images
    do: as many as the brightest of them so far has needed, of the numbers that sensors have, but
    for the few pixels that may be broken. That only grows, so that a dark image after a bright one
    stays dark.

    Attributes:
        value: What is white; 0 where that is not known yet.
    """

    def __init__(self, value: int = 0, on_chosen: Callable[[str], None] | None = None) -> None:
        """Args:
        value: What is white; 0: as above.
        on_chosen: Called with a sentence when the images have shown what is white.
        """
        self.value = value
        self._fixed = value > 0
        self._on_chosen = on_chosen

    def eight_bits(self, pixels: ImageArray) -> ImageArray:
        """Return an image of 16 bits with 8.

        Args:
            pixels: uint16, of any shape.
        """
        if not self._fixed:
            self._widen(pixels)
        return np.asarray(cv2.convertScaleAbs(pixels, alpha=255 / self.value), np.uint8)

    def _widen(self, pixels: ImageArray) -> None:
        if self.value and np.count_nonzero(pixels > self.value) <= _BROKEN * pixels.size:
            return
        brightest = int(np.quantile(pixels, 1 - _BROKEN, method='higher'))
        self.value = next((1 << bits) - 1 for bits in _SENSOR_BITS if brightest < 1 << bits)
        if self._on_chosen is not None:
            self._on_chosen(
                f'images of 16 bits are taken to be white at {self.value}, for their brightest '
                f'pixels so far have {brightest}; the parameter white_level says it for certain'
            )
