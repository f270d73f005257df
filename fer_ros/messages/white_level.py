"""WhiteLevel: finds which 16-bit value is white."""

from collections.abc import Callable

import cv2
import numpy as np

from fer_ros.structures import ImageArray

# Bit depths of camera converters.
_SENSOR_BITS = (8, 10, 12, 14, 16)
# Fraction of pixels that may be falsely white.
_BROKEN = 0.0005


class WhiteLevel:
    """Scales all 16-bit images of one topic to 8 bits in the same way.

    Messages do not state how many of the 16 bits a sensor uses. Unless the value of white is
    given, it is estimated from the images: the smallest common bit depth that holds the brightest
    image so far, except for a few pixels that may be defective. It only increases, so that a dark
    image after a bright one stays dark.

    Attributes:
        value: Value of white; 0 while unknown.
    """

    def __init__(self, value: int = 0, on_chosen: Callable[[str], None] | None = None) -> None:
        """Args:
        value: Value of white; 0: found from the images.
        on_chosen: Called with a sentence when white has been found from the images.
        """
        self.value = value
        self._fixed = value > 0
        self._on_chosen = on_chosen

    def eight_bits(self, pixels: ImageArray) -> ImageArray:
        """Return a 16-bit image as 8 bits.

        Args:
            pixels: uint16 array of any shape.
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
                f'16-bit images are assumed to be white at {self.value}, since their brightest '
                f'pixels so far have {brightest}; set the parameter white_level to be certain'
            )
