"""Appearance: what one face has looked like, and whether another crop shows the same face."""

from collections import deque

import cv2
import numpy as np

from fer_ros.structures import FloatArray, ImageArray

# Side of the neighbourhood, in shares of the crop's, by whose mean and spread a pixel is
# normalised: light and contrast go, and with them most of what all faces share.
_NEIGHBOURHOOD = 0.27
# Gray levels that are added to the spread, so that flat skin does not become noise.
_FLOOR = 4.0

# Looks that are remembered of a face; one more is remembered where it is less like all of these.
_MOST_LOOKS = 6
_NEW_LOOK = 0.8

# Of aligned crops of 1,004 web pictures, 99 % of the pairs of different people correlate less
# than 0.47; of 640 images of clips, 99 % correlate more with what the same person looked like
# before in the clip.
SAME_FACE = 0.47


class Appearance:
    """A few looks of one face, from different times and sides."""

    def __init__(self) -> None:
        self._looks: deque[FloatArray] = deque(maxlen=_MOST_LOOKS)
        self._last: FloatArray | None = None

    def likeness(self, look: FloatArray) -> float:
        """Return the greatest correlation with a look that is remembered.

        Args:
            look: As ``look_of`` returns it.

        Returns:
            In [-1, 1]; 1 where none is remembered.
        """
        remembered = [*self._looks, *([] if self._last is None else [self._last])]
        return max((float(look @ one) for one in remembered), default=1.0)

    def add(self, look: FloatArray, sure: bool) -> None:
        """Take a look as the last one.

        Args:
            look: As ``look_of`` returns it.
            sure: Whether it is certain to be of this face, so that it may be remembered longer.
        """
        if sure and all(float(look @ one) < _NEW_LOOK for one in self._looks):
            self._looks.append(look)
        self._last = look


def look_of(crop: ImageArray) -> FloatArray:
    """Return what can be compared of a crop: without light and contrast of each neighbourhood.

    Args:
        crop: ``(S, S)`` uint8, aligned.

    Returns:
        ``(S * S,)`` float32 of mean 0 and length 1, so that the product of two is their
        correlation; zeros for a uniform crop.
    """
    side = int(_NEIGHBOURHOOD * len(crop)) | 1
    values = crop.astype(np.float32)
    values -= cv2.blur(values, (side, side))
    # Running sums in single precision may end a little below zero beside something bright.
    squares = np.maximum(cv2.blur(values * values, (side, side)), 0)
    look = (values / (np.sqrt(squares) + _FLOOR)).ravel()
    look -= look.mean()
    return np.asarray(look / max(float(np.linalg.norm(look)), 1e-6), np.float32)
