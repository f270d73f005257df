"""The effects of light, focus, distance and hands on the pixels of an aligned crop.

Each function takes and returns ``(S, S)`` float32 gray levels. They may leave the range 0 to 255
in between; ``to_image`` clips them.
"""

from collections.abc import Callable

import cv2
import numpy as np

from fer_ros.structures import FloatArray, ImageArray

# Takes the pixels, a strength and a source of random numbers.
Disturb = Callable[[FloatArray, float, np.random.Generator], FloatArray]


def to_pixels(crop: ImageArray) -> FloatArray:
    """Return the gray levels of a crop as float32."""
    return crop.astype(np.float32)


def to_image(pixels: FloatArray) -> ImageArray:
    """Return gray levels rounded and clipped to uint8."""
    return np.clip(np.rint(pixels), 0, 255).astype(np.uint8)


def coarse(pixels: FloatArray, share: float) -> FloatArray:
    """Show a face from further away: reduce it to ``share`` of its resolution and enlarge it."""
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


def smeared(pixels: FloatArray, length_px: float, angle_deg: float) -> FloatArray:
    """Blur along a line, as a camera that moves during the exposure."""
    # Odd, so that the kernel is centred on a pixel.
    side = 2 * int(np.ceil(length_px / 2)) + 1
    if side < 3:
        return pixels
    line = np.zeros((side, side), np.float32)
    middle = side // 2
    reach = (
        length_px / 2 * np.array([np.cos(np.radians(angle_deg)), np.sin(np.radians(angle_deg))])
    )
    ends = [np.rint(16 * (middle + sign * reach)).astype(int).tolist() for sign in (-1, 1)]
    cv2.line(line, ends[0], ends[1], 1.0, 1, cv2.LINE_AA, 4)
    return np.asarray(cv2.filter2D(pixels, -1, line / line.sum()), np.float32)


def compressed(pixels: FloatArray, quality: int) -> FloatArray:
    """Compress as JPEG of a quality from 1 to 100, and decompress."""
    _, content = cv2.imencode('.jpg', to_image(pixels), [cv2.IMWRITE_JPEG_QUALITY, quality])
    return to_pixels(np.asarray(cv2.imdecode(content, cv2.IMREAD_GRAYSCALE), np.uint8))


def dimmed(pixels: FloatArray, light: float, rng: np.random.Generator) -> FloatArray:
    """Take the face in low light and brighten the image again.

    This amplifies the camera's noise, 2 gray levels, and its quantisation.

    Args:
        pixels: The face.
        light: Remaining fraction of the light, above 0 to 1.
        rng: Source of the noise.
    """
    dark = to_image(noisy(pixels * np.float32(light), 2.0, rng))
    return to_pixels(dark) / np.float32(light)


def exposed(pixels: FloatArray, log_gamma: float) -> FloatArray:
    """Darken (positive) or brighten (negative) by the gamma exponent exp(``log_gamma``)."""
    return (255 * (np.clip(pixels, 0, 255) / 255) ** np.exp(log_gamma)).astype(np.float32)


def shaded(pixels: FloatArray, strength: float, angle: float) -> FloatArray:
    """Light from one side: the edges become brighter and darker by exp(±``strength``)."""
    ramp = np.linspace(-1, 1, len(pixels), dtype=np.float32)
    light = np.cos(angle) * ramp[None, :] + np.sin(angle) * ramp[:, None]
    return (pixels * np.exp(strength * light)).astype(np.float32)


def noisy(pixels: FloatArray, sigma: float, rng: np.random.Generator) -> FloatArray:
    """Add sensor noise of ``sigma`` gray levels."""
    return pixels + rng.normal(0, sigma, pixels.shape).astype(np.float32)


def covered(
    pixels: FloatArray, yx_px: tuple[int, int], hw_px: tuple[int, int], gray: float
) -> FloatArray:
    """Cover a rectangle with a uniform gray."""
    (y, x), (height, width) = yx_px, hw_px
    result = pixels.copy()
    result[y : y + height, x : x + width] = gray
    return result


def blotted(
    pixels: FloatArray,
    center_yx_px: tuple[float, float],
    axes_px: tuple[float, float],
    angle_deg: float,
    gray: float,
    rng: np.random.Generator,
) -> FloatArray:
    """Cover an ellipse with an uneven gray, like a hand or hair.

    Args:
        pixels: The face.
        center_yx_px: Centre of the ellipse.
        axes_px: Semi-axes of the ellipse.
        angle_deg: Rotation of the first axis.
        gray: Mean gray level; the texture has a standard deviation of 25 levels.
        rng: Source of the random texture.
    """
    size = len(pixels)
    hard = np.zeros((size, size), np.float32)
    box = center_yx_px[::-1], (2 * axes_px[0], 2 * axes_px[1]), angle_deg
    cv2.ellipse(hard, box, 1.0, -1)
    # Its edge is as soft as edges in the picture.
    mask = np.asarray(cv2.blur(hard, (3, 3)), np.float32)
    rough = rng.normal(0, 1, (6, 6)).astype(np.float32)
    surface = gray + 25 * cv2.resize(rough, (size, size), interpolation=cv2.INTER_CUBIC)
    return (pixels + mask * (surface - pixels)).astype(np.float32)
