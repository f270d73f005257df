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


def smeared(pixels: FloatArray, length_px: float, angle_deg: float) -> FloatArray:
    """Blur along a line, as a camera does that moves while the image is taken."""
    # Odd, with the middle in the pixel itself.
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
    """Compress and open again as JPEG of a quality from 1 to 100."""
    _, content = cv2.imencode('.jpg', to_image(pixels), [cv2.IMWRITE_JPEG_QUALITY, quality])
    return to_pixels(np.asarray(cv2.imdecode(content, cv2.IMREAD_GRAYSCALE), np.uint8))


def dimmed(pixels: FloatArray, light: float, rng: np.random.Generator) -> FloatArray:
    """Take the face in little light and brighten the image again.

    The camera's noise and whole steps of gray are brightened with it.

    Args:
        pixels: The face.
        light: What is left of it, above 0 to 1.
        rng: Source of the noise, 2 gray levels before it is brightened.
    """
    dark = to_image(noisy(pixels * np.float32(light), 2.0, rng))
    return to_pixels(dark) / np.float32(light)


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


def blotted(
    pixels: FloatArray,
    center_yx_px: tuple[float, float],
    axes_px: tuple[float, float],
    angle_deg: float,
    gray: float,
    rng: np.random.Generator,
) -> FloatArray:
    """Hide an ellipse behind something of uneven gray, as a hand or hair is.

    Args:
        pixels: The face.
        center_yx_px: Center of the ellipse.
        axes_px: Half axes.
        angle_deg: By which the first axis is turned.
        gray: Mean gray level; the surface differs from it by 25 levels.
        rng: Source of the random surface.
    """
    size = len(pixels)
    hard = np.zeros((size, size), np.float32)
    box = center_yx_px[::-1], (2 * axes_px[0], 2 * axes_px[1]), angle_deg
    cv2.ellipse(hard, box, 1.0, -1)
    # Its edge is as soft as the picture.
    mask = np.asarray(cv2.blur(hard, (3, 3)), np.float32)
    rough = rng.normal(0, 1, (6, 6)).astype(np.float32)
    surface = gray + 25 * cv2.resize(rough, (size, size), interpolation=cv2.INTER_CUBIC)
    return (pixels + mask * (surface - pixels)).astype(np.float32)
