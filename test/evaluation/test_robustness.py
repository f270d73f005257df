import numpy as np
import pytest

from fer_ros.evaluation.robustness import DISTURBANCES


@pytest.mark.parametrize('crop_px', [48, 64])
def test_resolution_counts_pixels_across_crop_of_any_size(crop_px):
    (resolution,) = (d for d in DISTURBANCES if d.name.startswith('resolution'))
    assert resolution.name == 'resolution (px across the crop)'
    rng = np.random.default_rng(0)
    noise = rng.uniform(0, 255, (crop_px, crop_px)).astype(np.float32)
    coarse = resolution.pixels(noise, 12, rng)
    # At a resolution of 12 pixels, noise is averaged over many pixels.
    assert coarse.std() == pytest.approx(noise.std() * 12 / crop_px, rel=0.35)
    assert coarse.shape == noise.shape
