"""Meaning of the 68 landmarks: their regions, mirror images and mean positions.

The numbering is that of iBUG 300-W (Sagonas et al. 2013), which dlib's shape predictor uses.
"Right" and "left" are the person's: the right eye is seen on the left of the image.
"""

import numpy as np

from fer_ros.structures import FloatArray

# Half-open ranges of indices; every landmark is in exactly one.
REGIONS: dict[str, range] = {
    'jaw': range(17),
    'right_brow': range(17, 22),
    'left_brow': range(22, 27),
    'nose_bridge': range(27, 31),
    'nose_base': range(31, 36),
    'right_eye': range(36, 42),
    'left_eye': range(42, 48),
    'outer_lip': range(48, 60),
    'inner_lip': range(60, 68),
}

# Regions whose landmarks form a ring.
CLOSED_REGIONS = ('right_eye', 'left_eye', 'outer_lip', 'inner_lip')

# MIRRORED[i] is the landmark that landmark i becomes in the mirror image.
MIRRORED: tuple[int, ...] = (
    *range(16, -1, -1),
    *range(26, 16, -1),
    *range(27, 31),
    *range(35, 30, -1),
    *(45, 44, 43, 42, 47, 46),
    *(39, 38, 37, 36, 41, 40),
    *range(54, 47, -1),
    *range(59, 54, -1),
    *range(64, 59, -1),
    *(67, 66, 65),
)

# Mean of the landmarks of 28,000 faces after alignment, made symmetric; x, y in the aligned crop,
# whose edges are -1 and 1. It defines what "aligned" means: a checkpoint is valid for one mean
# shape only.
MEAN_SHAPE_NORM = np.array(
    [
        (-0.869, -0.480),
        (-0.856, -0.251),
        (-0.825, -0.027),
        (-0.781, 0.192),
        (-0.703, 0.400),
        (-0.579, 0.580),
        (-0.415, 0.719),
        (-0.222, 0.815),
        (0.000, 0.839),
        (0.222, 0.815),
        (0.415, 0.719),
        (0.579, 0.580),
        (0.703, 0.400),
        (0.781, 0.192),
        (0.825, -0.027),
        (0.856, -0.251),
        (0.869, -0.480),
        (-0.726, -0.661),
        (-0.611, -0.754),
        (-0.456, -0.779),
        (-0.301, -0.757),
        (-0.152, -0.697),
        (0.152, -0.697),
        (0.301, -0.757),
        (0.456, -0.779),
        (0.611, -0.754),
        (0.726, -0.661),
        (0.000, -0.513),
        (0.000, -0.359),
        (0.000, -0.206),
        (0.000, -0.049),
        (-0.175, 0.046),
        (-0.091, 0.077),
        (0.000, 0.104),
        (0.091, 0.077),
        (0.175, 0.046),
        (-0.554, -0.496),
        (-0.455, -0.551),
        (-0.336, -0.549),
        (-0.234, -0.471),
        (-0.345, -0.450),
        (-0.463, -0.453),
        (0.234, -0.471),
        (0.336, -0.549),
        (0.455, -0.551),
        (0.554, -0.496),
        (0.463, -0.453),
        (0.345, -0.450),
        (-0.332, 0.337),
        (-0.212, 0.278),
        (-0.090, 0.247),
        (0.000, 0.269),
        (0.090, 0.247),
        (0.212, 0.278),
        (0.332, 0.337),
        (0.219, 0.448),
        (0.098, 0.498),
        (0.000, 0.508),
        (-0.098, 0.498),
        (-0.219, 0.448),
        (-0.281, 0.341),
        (-0.091, 0.322),
        (0.000, 0.331),
        (0.091, 0.322),
        (0.281, 0.341),
        (0.092, 0.384),
        (0.000, 0.394),
        (-0.092, 0.384),
    ],
    dtype=np.float32,
)


def mirrored_landmarks(landmarks_norm: FloatArray) -> FloatArray:
    """Return ``(..., 68, 2)`` aligned landmarks of the mirror image, in the same numbering."""
    return landmarks_norm[..., list(MIRRORED), :] * np.array([-1, 1], np.float32)
