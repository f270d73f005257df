"""A plastered wall and camera noise: the background of synthetic images."""

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from fer_ros.structures import ImageArray


def plaster(size_wh: tuple[int, int]) -> ImageArray:
    """Return a bare plastered wall, ``(H, W, 3)`` uint8 BGR."""
    width, height = size_wh
    rng = np.random.default_rng(0)
    plaster = cv2.GaussianBlur(rng.normal(0, 1, (height, width)).astype(np.float32), (0, 0), 2)
    shade = np.linspace(1.05, 0.9, width)[None, :] * np.linspace(1.05, 0.92, height)[:, None]
    tone = (168 * shade + 18 * plaster)[:, :, None] * np.array([0.93, 0.98, 1.0])
    return np.clip(tone, 0, 255).astype(np.uint8)


def with_noise(bgr: npt.NDArray[Any], rng: np.random.Generator) -> ImageArray:
    """Return an image with a little sensor noise, as from any camera."""
    noise = rng.integers(0, 7, bgr.shape, np.uint8)
    return np.asarray(cv2.subtract(cv2.add(bgr, noise), np.full_like(bgr, 3)), np.uint8)
