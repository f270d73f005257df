"""What light, focus, distance and hands do to the pixels of an aligned crop.

Each takes and returns ``(S, S)`` float32 gray levels, which may leave 0 to 255 on the way;
``to_image`` brings them back.
"""

import cv2
import numpy as np

from fer_ros.structures import FloatArray, ImageArray


def to_pixels(crop: ImageArray) -> FloatArray:
    """Return the gray levels of a crop as float32."""
    return crop.astype(np.float32)


def to_image(pixels: FloatArray) -> ImageArray:
    """Return gray levels rounded and cut to uint8."""
    return np.clip(np.rint(pixels), 0, 255).astype(np.uint8)


def coarse(pixels: FloatArray, share: float) -> FloatArray:
    """Show a face further away: reduced to ``share`` of its resolution, and enlarged again."""
    size = len(pixels)
    small = max(4, round(size * share))
    if small >= size:
        return pixels
    reduced = cv2.resize(pixels, (small, small), interpolation=cv2.INTER_AREA)
    return np.asarray(
        cv2.resize(reduced, (size, size), interpolation=cv2.INTER_LINEAR), np.float32
    )


def blurred(pixels: FloatArray, sigma_px: float, amount: float = 1.0) -> FloatArray:
    """Blur with a Gaussian; a negative ``amount`` sharpens (unsharp masking)."""
    if sigma_px <= 0:
        return pixels
    smooth = np.asarray(cv2.GaussianBlur(pixels, (0, 0), sigma_px), np.float32)
    return pixels + np.float32(amount) * (smooth - pixels)


def exposed(pixels: FloatArray, log_gamma: float) -> FloatArray:
    """Darken (positive) or brighten (negative): the power of exp(``log_gamma``) of brightness."""
    return (255 * (np.clip(pixels, 0, 255) / 255) ** np.exp(log_gamma)).astype(np.float32)


def shaded(pixels: FloatArray, strength: float, angle: float) -> FloatArray:
    """Light from one side: at the edges brighter and darker by exp(±``strength``)."""
    ramp = np.linspace(-1, 1, len(pixels), dtype=np.float32)
    light = np.cos(angle) * ramp[None, :] + np.sin(angle) * ramp[:, None]
    return (pixels * np.exp(strength * light)).astype(np.float32)


def noisy(pixels: FloatArray, sigma: float, rng: np.random.Generator) -> FloatArray:
    """Add sensor noise of ``sigma`` gray levels."""
    return pixels + rng.normal(0, sigma, pixels.shape).astype(np.float32)


def covered(
    pixels: FloatArray, yx_px: tuple[int, int], hw_px: tuple[int, int], gray: float
) -> FloatArray:
    """Hide a rectangle behind a uniform gray."""
    (y, x), (height, width) = yx_px, hw_px
    result = pixels.copy()
    result[y : y + height, x : x + width] = gray
    return result
