"""Whether a face was already there in the previous image. Works without landmarks, which a turned
head or a hand in front of the face would mislead.
"""

import cv2
import numpy as np

from fer_ros.structures import FaceBox, FloatArray, ImageArray

# All successive images of clips, up to 0.1 s apart, were above this; all pairs of different people
# in one place were below.
SAME_SCENE = 0.47

# Size of the region compared, a face and some of its surroundings, and how far it may have moved;
# both in box widths.
_REGION = 1.3
_REACH = 0.35
# Width of the box in pixels in the reduced images that are compared.
_BOX_PX = 32
_NEIGHBOURHOOD_PX = 9
_FLOOR = 4.0


def continuity(previous: ImageArray, gray: ImageArray, box: FaceBox) -> float:
    """Return how likely it is that a face was near this place in the previous image.

    Args:
        previous: ``(H, W)`` uint8, the previous image.
        gray: ``(H, W)`` uint8, this image.
        box: Where the face is in this image.

    Returns:
        The highest normalised cross-correlation, in [-1, 1], of the face and its surroundings with
        that neighbourhood in the previous image.
    """
    if previous.shape != gray.shape:
        return 0.0
    face = _reduced(gray, box, _REGION)
    neighbourhood = _reduced(previous, box, _REGION + 2 * _REACH)
    return float(cv2.matchTemplate(neighbourhood, face, cv2.TM_CCOEFF_NORMED).max())


def _reduced(gray: ImageArray, box: FaceBox, widths: float) -> FloatArray:
    """Return the surroundings of a box, reduced, with light and contrast removed.

    Args:
        gray: ``(H, W)`` uint8.
        box: Box at the centre of the result.
        widths: Side of the result in box widths.
    """
    side_px, scale = round(_BOX_PX * widths), _BOX_PX / box.width_px
    x, y = box.center_px
    # Of a large image, average only the part needed before sampling it.
    reach = widths * box.width_px
    height, width = gray.shape
    x0, x1 = (int(min(max(edge, 0), width - 1)) for edge in (x - reach, x + reach + 1))
    y0, y1 = (int(min(max(edge, 0), height - 1)) for edge in (y - reach, y + reach + 1))
    part = gray[y0 : y1 + 1, x0 : x1 + 1]
    averaged = max(1, int(1 / scale))
    if averaged > 1:
        part = np.asarray(cv2.blur(part, (averaged, averaged)), np.uint8)
    shift_x, shift_y = side_px / 2 - (x - x0) * scale, side_px / 2 - (y - y0) * scale
    to_region = np.array([[scale, 0, shift_x - 0.5], [0, scale, shift_y - 0.5]])
    region = cv2.warpAffine(
        part, to_region, (side_px, side_px), borderMode=cv2.BORDER_REPLICATE
    ).astype(np.float32)
    size = (_NEIGHBOURHOOD_PX, _NEIGHBOURHOOD_PX)
    region -= cv2.blur(region, size)
    spread = np.sqrt(cv2.blur(region * region, size)) + _FLOOR
    return np.asarray(region / spread, np.float32)
