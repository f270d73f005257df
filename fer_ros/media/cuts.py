"""mark_cuts: finds where a film cuts to another scene."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from fer_ros.media.image_stream import StampedImage

_SMALL_WH = (64, 48)
# Widths in pixels of a small image: anything smoother than the first is light, not detail; the
# second is the neighbourhood over which a detail's contrast is measured.
_LIGHT_PX, _CONTRAST_PX = 4.0, 6.0
# Contrast in gray levels that is no more than noise.
_NOISE = 4.0
# Correlation of the details of two successive images below which they show different places.
# People who move keep it above 0.8 at 12 images a second, different photographs are below 0.3.
_LEAST_LIKENESS = 0.35
# The same threshold for the best of many shifts of one image over the other, as by a panning
# camera; the best shift of two different photographs also correlates more.
_LEAST_SHIFTED_LIKENESS = 0.6
_SHIFTED = slice(8, 40), slice(12, 52)

Small = npt.NDArray[np.float32]


def mark_cuts(images: Iterator[StampedImage]) -> Iterator[StampedImage]:
    """Yield the images of a film with ``new_scene`` set in the first one after each cut.

    At a cut the whole image changes from one to the next, while the images before it are alike and
    so are those after it; a camera that swings round changes several images, a flash two. Details
    of reduced images are compared, each relative to the contrast around it, so that a change of
    light or exposure, or of one person, is not a cut. Each image is held back until the next.
    """
    before: Small | None = None
    waiting: tuple[StampedImage, Small] | None = None
    changed_before = changed = False
    for image in images:
        small = _small(image.gray)
        if waiting is not None:
            now, now_small = waiting
            changing = not _alike(now_small, small)
            yield _marked(now, before, now_small, changed and not (changed_before or changing))
            changed_before, changed, before = changed, changing, now_small
        waiting = image, small
    if waiting is not None:
        now, now_small = waiting
        yield _marked(now, before, now_small, changed and not changed_before)


def _marked(
    now: StampedImage, before: Small | None, now_small: Small, suspected: bool
) -> StampedImage:
    if not suspected or before is None or _alike_shifted(before, now_small):
        return now
    return replace(now, new_scene=True)


def _small(gray: npt.NDArray[Any]) -> Small:
    """Return the details of an image, ``(48, 64)``, with mean 0 and length 1."""
    small = cv2.resize(gray, _SMALL_WH, interpolation=cv2.INTER_AREA).astype(np.float32)
    details = small - cv2.GaussianBlur(small, (0, 0), _LIGHT_PX)
    contrast = np.sqrt(cv2.GaussianBlur(details * details, (0, 0), _CONTRAST_PX))
    details /= contrast + _NOISE
    details -= details.mean()
    length = float(np.linalg.norm(details))
    return details / length if length > 0 else details


def _alike(first: Small, second: Small) -> bool:
    return float((first * second).sum()) >= _LEAST_LIKENESS


def _alike_shifted(first: Small, second: Small) -> bool:
    """Return whether the middle of one image matches somewhere in the other."""
    fits = [
        float(cv2.matchTemplate(whole, other[_SHIFTED], cv2.TM_CCOEFF_NORMED).max())
        for whole, other in ((first, second), (second, first))
    ]
    return max(fits) >= _LEAST_SHIFTED_LIKENESS
